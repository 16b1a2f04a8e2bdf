#include "query/insights_fields.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <random>
#include <set>
#include <string>
#include <vector>

#include "query/insights_json.h"
#include "query/insights_limits.h"
#include "query/testing/plain_json.h"
#include "records/log_event.h"

namespace dn::query::insights {
namespace {

using testing::PlainFields;
using testing::read_plain_fields;

// The message in memory of its own, so that a sanitizer sees what is read behind it, followed by
// what looks like more of it.
class Padded {
 public:
  explicit Padded(std::string_view message) : size_(message.size()) {
    bytes_.assign(message.begin(), message.end());
    while (bytes_.size() < size_ + records::kMessagePadding)
      bytes_.push_back("}\"]:,"[bytes_.size() % 5]);
  }
  std::string_view view() const { return {bytes_.data(), size_}; }

 private:
  std::vector<char> bytes_;
  std::size_t size_;
};

PlainFields fields_of(const std::string& message) {
  JsonIndex json;
  return all_fields(json, Padded(message).view());
}

// Asked for one by one, and all at once, the fields are those of the whole.
void check_against_plain_reader(const std::string& message, std::mt19937_64& random) {
  const auto plain = read_plain_fields(message);
  const PlainFields want = plain.value_or(PlainFields());
  ASSERT_EQ(fields_of(message), want) << message;
  FieldTable table;
  std::vector<std::string> names = {"nothing", "a.nothing"};
  for (const auto& [name, value] : want) {
    if (random() % 3 != 0) names.push_back(name);
  }
  for (std::uint32_t slot = 0; slot < names.size(); ++slot) {
    if (const auto name = name_in_message(names[slot]); !name.empty()) table.add(name, slot);
  }
  table.seal();
  JsonIndex json;
  NamePath path;
  std::vector<Value> row(names.size());
  const Padded padded(message);
  read_fields(table, json, path, padded.view(), row);
  for (std::size_t slot = 0; slot < names.size(); ++slot) {
    std::string got = "(absent)", expected = "(absent)";
    ShortText room;
    if (!row[slot].is_absent()) got = shown(row[slot], room);
    for (const auto& [name, value] : want) {
      if (name == names[slot] && !name_in_message(name).empty()) expected = value;
    }
    ASSERT_EQ(got, expected) << names[slot] << " in " << message;
  }
}

class MessageMaker {
 public:
  explicit MessageMaker(std::mt19937_64& random) : random_(random) {}

  std::string object(int depth) {
    std::string text = "{" + blanks();
    for (std::size_t i = 0, count = below(5); i < count; ++i) {
      if (i > 0) text += blanks() + ",";
      text += blanks() + string(true) + blanks() + ":" + blanks() + value(depth);
    }
    return text + blanks() + "}";
  }

 private:
  std::size_t below(std::size_t bound) { return random_() % bound; }
  std::string blanks() { return std::string(below(6) == 0 ? below(3) : 0, ' '); }
  std::string string(bool key) {
    static const std::vector<std::string> kKeys = {
        "a", "b", "c", "a.b", "b.0", "@a", "0", "long_key_of_many_bytes", "", "\\u0061", "é"};
    static const std::vector<std::string> kTexts = {
        "x",
        "",
        "text",
        "say \\\"hi\\\"",
        "\\\\",
        "\\n",
        "\\ud83d\\ude00",
        "5",
        "a longer text, of more than sixty-four bytes: it takes two blocks of the reader"};
    const auto& from = key ? kKeys : kTexts;
    return '"' + from[below(from.size())] + '"';
  }
  std::string value(int depth) {
    static const std::vector<std::string> kPlain = {
        "0", "-1", "1.50", "1e3", "1E-2", "true", "false", "null", "12345678901234567890123"};
    const std::size_t kind = below(depth > 0 ? 8 : 6);
    if (kind < 3) return kPlain[below(kPlain.size())];
    if (kind < 6) return string(false);
    if (kind == 6) return object(depth - 1);
    std::string list = "[";
    for (std::size_t i = 0, count = below(4); i < count; ++i) {
      list += (i > 0 ? "," : "") + blanks() + value(depth - 1);
    }
    return list + blanks() + "]";
  }
  std::mt19937_64& random_;
};

TEST(InsightsFields, AgreeWithAPlainReader) {
  std::mt19937_64 random(1);
  MessageMaker maker(random);
  for (int i = 0; i < 4000; ++i) check_against_plain_reader(maker.object(4), random);
}

// A message that is damaged anywhere is read as a whole or not at all.
TEST(InsightsFields, AgreeWithAPlainReaderOnDamagedMessages) {
  std::mt19937_64 random(2);
  MessageMaker maker(random);
  const std::string_view bytes = "{}[]:,\"\\ \n\t0-+.eEtfnu1a\x01\x7f\xc3\xa9\xff/x";
  std::size_t accepted = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string message = maker.object(3);
    for (std::size_t changes = 1 + random() % 2; changes > 0 && !message.empty(); --changes) {
      const std::size_t at = random() % message.size();
      const char byte = bytes[random() % bytes.size()];
      switch (random() % 4) {
        case 0: message[at] = byte; break;
        case 1: message.insert(at, 1, byte); break;
        case 2: message.erase(at, 1 + random() % 3); break;
        default: message.resize(at); break;
      }
    }
    accepted += read_plain_fields(message) ? 1U : 0U;
    check_against_plain_reader(message, random);
  }
  EXPECT_GT(accepted, 1000U);
}

TEST(InsightsFields, EveryTruncationHasNone) {
  const std::string message =
      R"({"time":"2026-11-22T03:15:00.123Z","a":{"b":[1,2,{"c":"d\"e"}]},"t":true,"n":-1.5e3})";
  ASSERT_TRUE(read_plain_fields(message));
  for (std::size_t size = 0; size < message.size(); ++size) {
    EXPECT_EQ(fields_of(message.substr(0, size)), PlainFields()) << size;
  }
  EXPECT_EQ(fields_of(message).size(), 6U);
}

TEST(InsightsFields, EndAtTheirCap) {
  std::string message = "{\"first\":{\"a\":[";
  for (std::size_t i = 0; i < kDiscoveredFieldsMax - 1; ++i) message += fmt::format("{},null,", i);
  message += "null]},\"last\":1,\"behind\":2}";
  const auto fields = fields_of(message);
  ASSERT_EQ(fields.size(), kDiscoveredFieldsMax);
  EXPECT_EQ(fields.front().first, "first.a.0");
  EXPECT_EQ(fields.back().first, "last");

  FieldTable table;
  table.add("last", 0);
  table.add("behind", 1);
  table.add("first.a.1996", 2);
  table.seal();
  JsonIndex json;
  NamePath path;
  std::vector<Value> row(3);
  const Padded padded(message);
  read_fields(table, json, path, padded.view(), row);
  EXPECT_EQ(row[0].text, "1");
  EXPECT_TRUE(row[1].is_absent());
  EXPECT_EQ(row[2].text, "998");
}

TEST(InsightsFields, HaveNamesOfBoundedLength) {
  const std::string longest(kFieldNameBytesMax, 'x'), prefix(kFieldNameBytesMax - 2, 'y');
  const std::string message = "{\"" + longest + "\":1,\"" + longest + "z\":2,\"" + prefix +
                              "\":{\"a\":3,\"bc\":4},\"end\":5}";
  EXPECT_EQ(fields_of(message), (PlainFields{{longest, "1"}, {prefix + ".a", "3"}, {"end", "5"}}));
}

TEST(InsightsFields, EndAtTheirDepth) {
  const auto nested = [](std::size_t depth) {
    std::string message;
    for (std::size_t i = 1; i < depth; ++i) message += "{\"a\":";
    message += "{\"b\":1}";
    return message + std::string(depth - 1, '}');
  };
  EXPECT_EQ(fields_of(nested(kJsonDepthMax)).size(), 1U);
  EXPECT_EQ(fields_of(nested(kJsonDepthMax + 1)).size(), 0U);
  EXPECT_EQ(fields_of(std::string(1'000'000, '{')).size(), 0U);
  EXPECT_EQ(fields_of("{\"a\":" + std::string(1'000'000, '[')).size(), 0U);
}

TEST(InsightsFields, ManyMessagesUseOneReader) {
  FieldTable table;
  table.add("a", 0);
  table.seal();
  JsonIndex json;
  NamePath path;
  for (const std::size_t size : {10UL, 100'000UL, 20UL, 1'048'576UL, 5UL}) {
    const Padded padded("{\"b\\n\":1,\"a\":\"" + std::string(size, 'x') + "\\t\"}");
    std::vector<Value> row(1);
    read_fields(table, json, path, padded.view(), row);
    EXPECT_EQ(row[0].text.size(), size + 1);
  }
}

TEST(InsightsFields, NamesThatShareTheirFirstBytesAreToldApart) {
  FieldTable table;
  const std::vector<std::string> names = {
      "see_thru", "see_thru_gid", "see_thru_gie", "see_thru_gid_",
      "s",        "se",           "see_thr",      "see_thru_exerted"};
  std::string message = "{";
  for (std::uint32_t slot = 0; slot < names.size(); ++slot) {
    table.add(names[slot], slot);
    message += fmt::format("{}\"{}\":{}", slot > 0 ? "," : "", names[slot], slot);
  }
  table.seal();
  message += ",\"see_thru_gidx\":99,\"see_\":99}";
  JsonIndex json;
  NamePath path;
  std::vector<Value> row(names.size());
  const Padded padded(message);
  read_fields(table, json, path, padded.view(), row);
  for (std::size_t slot = 0; slot < names.size(); ++slot) {
    EXPECT_EQ(row[slot].text, std::to_string(slot)) << names[slot];
  }
}

}  // namespace
}  // namespace dn::query::insights
