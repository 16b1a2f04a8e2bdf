#include "store/value_set.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

namespace dn::store {
namespace {

// Values of the message that may be looked up, and whether the set claims to be complete.
struct Seen {
  std::set<std::uint64_t> hashes;
  bool complete = true;
};
Seen see(std::string_view message) {
  ValueSet values;
  values.add_message(message);
  return {{values.hashes().begin(), values.hashes().end()}, values.complete()};
}
std::set<std::uint64_t> hashes_of(const std::vector<std::string_view>& texts) {
  std::set<std::uint64_t> hashes;
  for (const std::string_view text : texts) hashes.insert(value_hash(text));
  return hashes;
}

TEST(ValueSet, HoldsEveryStringValueAndNoName) {
  const struct {
    std::string_view message;
    std::vector<std::string_view> want;
  } cases[] = {
      {R"({"a":"x","b":1,"c":"y"})", {"x", "y"}},
      {R"({"a":{"b":{"c":"deep"}},"d":["one",["two"],{"e":"three"}]})",
       {"deep", "one", "two", "three"}},
      {" \t\r\n{ \"a\" : \"x\" , \"b\"\n:\"y\" }", {"x", "y"}},
      {R"(["x","y"])", {"x", "y"}},
      {R"("x")", {"x"}},
      {"\xEF\xBB\xBF{\"a\":\"x\"}", {"x"}},
      {R"({"a":"","b":" "})", {"", " "}},
      {R"({"a":"x","a":"y"})", {"x", "y"}},
      {R"({"a":"{\"b\":\"c\"}"})", {R"({"b":"c"})"}},
      {R"({"a":"tab\tnew\nline\u0041\u00e9\ud83d\ude00\/"})",
       {"tab\tnew\nlineA\xC3\xA9\xF0\x9F\x98\x80/"}},
      {R"({"a":"ends with a backslash\\","b":"x"})", {"ends with a backslash\\", "x"}},
      {R"({"time":"2026-11-22T03:15:00.123Z","a":"x"})", {"x"}},
      {R"({"a":"2026-11-22T03:15:00Z"})", {"2026-11-22T03:15:00Z"}},
      {R"({"a":1,"b":true,"c":null})", {}},
      {R"(no json: {"a":"x"})", {}},
      {"", {}},
      {"   ", {}},
      {R"({"a":"unfinished)", {}},
      {R"({"a":"unfinished\)", {}},
  };
  for (const auto& c : cases) {
    const Seen seen = see(c.message);
    EXPECT_EQ(seen.hashes, hashes_of(c.want)) << c.message;
    EXPECT_TRUE(seen.complete) << c.message;
  }
}

TEST(ValueSet, SaysThatItIsIncompleteWhereReadersMayDiffer) {
  for (const std::string_view message :
       {R"({"a":"\ud800"})", R"({"a":"\udc80"})", R"({"a":"\x"})", R"({"a":"\u12"})"}) {
    EXPECT_FALSE(see(message).complete) << message;
  }
}

TEST(ValueSet, LeavesLongTextsAndTimesOutOnBothSides) {
  const std::string longest(kIndexedValueBytesMax, 'x'), longer(kIndexedValueBytesMax + 1, 'x');
  EXPECT_TRUE(may_be_indexed(longest));
  EXPECT_FALSE(may_be_indexed(longer));
  EXPECT_FALSE(may_be_indexed("2026-11-22T03:15:00.123Z"));
  EXPECT_TRUE(may_be_indexed("2026-11-22T03:15:00.123+"));
  EXPECT_EQ(see("{\"a\":\"" + longest + "\"}").hashes, hashes_of({longest}));
  EXPECT_TRUE(see("{\"a\":\"" + longer + "\"}").hashes.empty());
  std::string escaped;
  for (std::size_t i = 0; i < kIndexedValueBytesMax; ++i) escaped += "\\u0078";
  EXPECT_EQ(see("{\"a\":\"" + escaped + "\"}").hashes, hashes_of({longest}));
  EXPECT_TRUE(see("{\"a\":\"" + escaped + "x\"}").hashes.empty());
  EXPECT_TRUE(see("{\"a\":\"" + escaped + "x\"}").complete);
}

TEST(ValueSet, CountsAValueOnceAndStopsAtItsLimit) {
  ValueSet values;
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 10'000; ++i) values.add_message("[\"" + std::to_string(i) + "\"]");
  }
  EXPECT_EQ(values.hashes().size(), 10'000U);
  EXPECT_TRUE(values.complete());
  for (std::size_t i = 0; i <= kValuesPerBlockMax; ++i) {
    values.add_message("[\"" + std::to_string(i) + "\"]");
  }
  EXPECT_EQ(values.hashes().size(), kValuesPerBlockMax);
  EXPECT_FALSE(values.complete());
  values.clear();
  EXPECT_TRUE(values.complete());
  EXPECT_TRUE(values.hashes().empty());
  values.add_message(R"(["1"])");
  EXPECT_EQ(values.hashes().size(), 1U);
}

}  // namespace
}  // namespace dn::store
