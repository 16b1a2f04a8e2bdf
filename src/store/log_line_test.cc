#include "store/log_line.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "base/time.h"
#include "records/json_text.h"
#include "records/testing/json_reader.h"

namespace dn::store {
namespace {

constexpr std::int64_t kTime = 1'795'317'300'123;
constexpr std::string_view kTimeText = "2026-11-22T03:15:00.123Z";

std::string line_of(std::string_view message, std::int64_t timestamp = kTime) {
  std::string line;
  append_line(line, timestamp, kTime + 7, message);
  return line;
}

struct Read {
  LineFacts facts;
  std::string message;
};
std::optional<Read> read_back(std::string_view line) {
  EXPECT_TRUE(line.ends_with('\n'));
  line.remove_suffix(1);
  const auto facts = read_line_facts(line);
  if (!facts) return {};
  if (facts->plain) return Read{*facts, std::string(line)};
  std::string scratch;
  const auto message = envelope_message(line, scratch);
  if (!message) return {};
  return Read{*facts, std::string(*message)};
}

TEST(LogTime, ReadsExactlyTheFormThatIsWritten) {
  EXPECT_EQ(parse_log_time(kTimeText), kTime);
  EXPECT_EQ(parse_log_time("1970-01-01T00:00:00.000Z"), 0);
  EXPECT_EQ(parse_log_time("1969-12-31T23:59:59.999Z"), -1);
  EXPECT_EQ(parse_log_time("2024-02-29T00:00:00.000Z"), 1'709'164'800'000);
  std::mt19937_64 random(7);
  std::uniform_int_distribution<std::int64_t> any(-62'167'219'200'000, 253'402'300'799'999);
  for (int i = 0; i < 10'000; ++i) {
    const std::int64_t time = any(random);
    EXPECT_EQ(parse_log_time(records::format_time(WallTime(std::chrono::milliseconds(time)))),
              time);
  }
}

TEST(LogTime, RefusesEverythingElse) {
  for (const std::string_view text :
       {"", "2026-11-22T03:15:00Z", "2026-11-22T03:15:00.1234Z", "2026-11-22 03:15:00.123Z",
        "2026-11-22T03:15:00.123z", "2026-13-22T03:15:00.123Z", "2026-00-22T03:15:00.123Z",
        "2026-02-30T03:15:00.123Z", "2023-02-29T03:15:00.123Z", "2026-11-00T03:15:00.123Z",
        "2026-11-22T24:15:00.123Z", "2026-11-22T03:60:00.123Z", "2026-11-22T03:15:60.123Z",
        "2026-11-22T03:15:00.-23Z", "+026-11-22T03:15:00.123Z", "2026-11-22T03:15:00,123Z",
        "2026/11/22T03:15:00.123Z", "2026-11-22T03.15:00.123Z", "2026-11-22T03:15:00.12xZ"}) {
    EXPECT_FALSE(parse_log_time(text)) << text;
  }
}

TEST(LogLine, StoresAMessagePlainOnlyWhenItBeginsWithItsTimestampAndIsOneLine) {
  const std::string plain = R"({"time":"2026-11-22T03:15:00.123Z","dhost":"a"})";
  EXPECT_EQ(line_of(plain), plain + "\n");
  EXPECT_EQ(line_of(R"({"time":"2026-11-22T03:15:00.123Z"})").find("@message"), std::string::npos);
  const std::vector<std::pair<std::string, std::int64_t>> enveloped = {
      {plain, kTime + 1},
      {plain + "\n", kTime},
      {" " + plain, kTime},
      {R"({"time": "2026-11-22T03:15:00.123Z"})", kTime},
      {R"({"dhost":"a","time":"2026-11-22T03:15:00.123Z"})", kTime},
      {R"({"time":"2026-11-22T03:15:00.123Z)", kTime},
      {R"({"time":"2026-11-22T03:15:00.123Zx")", kTime},
      {R"({"time":"2026-11-22T03:15:00.12Z"})", kTime},
      {"", kTime},
      {"text", kTime},
      {line_of("inner"), kTime},
  };
  for (const auto& [message, timestamp] : enveloped) {
    const std::string line = line_of(message, timestamp);
    EXPECT_TRUE(line.starts_with("{\"@timestamp\":")) << line;
    EXPECT_EQ(std::ranges::count(line, '\n'), 1) << line;
    const auto read = read_back(line);
    ASSERT_TRUE(read) << line;
    EXPECT_EQ(read->message, message);
    EXPECT_EQ(read->facts.timestamp, timestamp);
    EXPECT_EQ(read->facts.ingestion, kTime + 7);
    EXPECT_FALSE(read->facts.plain);
  }
}

TEST(LogLine, SaysThatAPlainLineWasIngestedAtItsTime) {
  const auto read = read_back(line_of(R"({"time":"2026-11-22T03:15:00.123Z","a":1})"));
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->facts.plain);
  EXPECT_EQ(read->facts.timestamp, kTime);
  EXPECT_EQ(read->facts.ingestion, kTime);
}

TEST(LogLine, WritesEnvelopesThatAnyJsonReaderReads) {
  EXPECT_EQ(line_of("say \"hi\"\\\n\t\x01\x7f\xC3\xA9\xE2\x80\xA8\xF0\x9F\x98\x80"),
            "{\"@timestamp\":1795317300123,\"@ingestionTime\":1795317300130,\"@message\":"
            "\"say \\\"hi\\\"\\\\\\n\\t\\u0001\\u007f\xC3\xA9\\u2028\xF0\x9F\x98\x80\"}\n");
  EXPECT_EQ(line_of("\xff", -5),
            "{\"@timestamp\":-5,\"@ingestionTime\":1795317300130,\"@message\":\"\\udcff\"}\n");
}

// Any bytes come back, and what is written is valid JSON in UTF-8.
TEST(LogLine, GivesBackAnyBytes) {
  std::vector<std::string> messages = {std::string("\0", 1),
                                       "\r\n",
                                       "\\",
                                       "\"",
                                       "\\u0041",
                                       "\\udcff",
                                       "\xed\xb3\xbf",
                                       "\xc0\x80",
                                       "\xe2\x82",
                                       "\xf4\x90\x80\x80",
                                       "\xef\xbf\xbd",
                                       "\xc3\xa9\xc3",
                                       "\xe2\x80\xae"
                                       "evil",
                                       "\xed\xa0\x80\xed\xb0\x80"};
  for (int byte = 0; byte < 256; ++byte) messages.emplace_back(1, static_cast<char>(byte));
  std::mt19937 random(11);
  for (int i = 0; i < 5000; ++i) {
    std::string message(random() % 12, '\0');
    for (char& c : message) {
      // Half of them from the bytes that make and break UTF-8 and escapes.
      constexpr std::string_view kHard = "\\\"u0dc8fF\n\xc3\xa9\xe2\x80\xa8\xed\xb2\xf0\x9f";
      c = random() % 2 == 0 ? kHard[random() % kHard.size()] : static_cast<char>(random());
    }
    messages.push_back(message);
  }
  for (const std::string& message : messages) {
    const auto read = read_back(line_of(message));
    ASSERT_TRUE(read);
    ASSERT_EQ(read->message, message);
  }
}

TEST(LogLine, ReadsEveryEscapeOfJson) {
  const std::string head = R"({"@timestamp":1,"@ingestionTime":2,"@message":")";
  const std::vector<std::pair<std::string, std::string>> good = {
      {R"(\/\b\f\n\r\t\"\\)", "/\b\f\n\r\t\"\\"},
      {R"(\u0041\u00e9\u20AC)", "A\xC3\xA9\xE2\x82\xAC"},
      {R"(\ud83d\ude00)", "\xF0\x9F\x98\x80"},
      {R"(\udc80\udcff)", "\x80\xff"},
      {"", ""},
  };
  for (const auto& [escaped, want] : good) {
    const auto read = read_back(head + escaped + "\"}\n");
    ASSERT_TRUE(read) << escaped;
    EXPECT_EQ(read->message, want) << escaped;
  }
  for (const std::string_view bad :
       {R"(\)", R"(\x)", R"(\u12)", R"(\u12g4)", R"(\ud83d)", R"(\ud83dx)", R"(\ud83d\u0041)",
        R"(\udc00)", R"(\udc7f)", R"(\udd00)", R"(a"b)", R"(a\)"}) {
    EXPECT_FALSE(read_back(head + std::string(bad) + "\"}\n")) << bad;
  }
}

TEST(LogLine, PassesOverWhatIsNeitherPlainNorAnEnvelope) {
  for (const std::string_view line :
       {"", "text", "{}", R"({"time":"2026-11-22T03:15:00.123Z)", R"({"time":"now"})",
        R"({"time":1})", R"({"@timestamp":1})",
        R"({"@timestamp":"1","@ingestionTime":2,"@message":"x"})",
        R"({"@timestamp":1, "@ingestionTime":2,"@message":"x"})",
        R"({"@timestamp":01,"@ingestionTime":2,"@message":"x"})",
        R"({"@timestamp":-0,"@ingestionTime":2,"@message":"x"})",
        R"({"@timestamp":99999999999999999999,"@ingestionTime":2,"@message":"x"})",
        R"({"@timestamp":1,"@ingestionTime":2,"@message":"x"} )",
        R"({"@timestamp":1,"@ingestionTime":2,"@message":"x")",
        R"({"@timestamp":1,"@ingestionTime":2,"@message":"})"}) {
    const auto facts = read_line_facts(line);
    EXPECT_FALSE(facts) << line;
  }
}

TEST(LogLine, KeepsAnEnvelopeOfTheLargestMessageWithinTheLineLimit) {
  const std::string line = line_of(std::string(kMessageBytesMax, '\xff'), INT64_MIN);
  EXPECT_LE(line.size(), kLineBytesMax);
}

}  // namespace
}  // namespace dn::store
