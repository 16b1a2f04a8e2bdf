#include "query/filter_pattern.h"

#include <gtest/gtest.h>

#include <thread>

#include "query/testing/pattern_answer.h"
#include "records/testing/flow_lines.h"

namespace dn::query {
namespace {

using testing::answer;
using testing::ErrorCase;
using testing::PaddedText;

TEST(FilterPattern, ChoosesTheKindByTheFirstCharacter) {
  EXPECT_EQ(answer("{ $.a = 1 }", R"({"a":1})"), "yes");
  EXPECT_EQ(answer("[a = 1]", "1"), "yes");
  EXPECT_EQ(answer("a", "a"), "yes");
  EXPECT_EQ(answer("{ $.a = 1 } \n", R"({"a":1})"), "yes");
  // Nothing is cut off at the front: this is a term.
  EXPECT_TRUE(answer(" { $.a = 1 }", R"({"a":1})").starts_with("Invalid character(s) in term '{'"));
}

TEST(FilterPattern, RefusesThePatternAsAWhole) {
  const std::string long_one(1025, 'x');
  const std::string many_bytes(4097, '\x80');
  const ErrorCase rows[] = {
      {long_one.c_str(), 1025,
       "1 validation error detected: Value at 'filterPattern' failed to satisfy constraint: "
       "Member must have length less than or equal to 1024"},
      {many_bytes.c_str(), 4097,
       "1 validation error detected: Value at 'filterPattern' failed to satisfy constraint: "
       "Member must have length less than or equal to 1024"},
      {"{ $.a = 1", 9, "If a filter pattern starts with '{' it must end with '}'"},
      {"{ $.a = 1 } x ", 13, "If a filter pattern starts with '{' it must end with '}'"},
      {"{", 1, "If a filter pattern starts with '{' it must end with '}'"},
      {"[a, b", 5, "If a filter pattern starts with '[' it must end with ']'"},
      {"[]ERROR", 7, "If a filter pattern starts with '[' it must end with ']'"},
  };
  for (const auto& [pattern, offset, message] : rows) {
    const auto compiled = FilterPattern::compile(pattern);
    ASSERT_FALSE(compiled.has_value()) << pattern;
    EXPECT_EQ(compiled.error().message, message) << pattern;
    EXPECT_EQ(compiled.error().offset, offset) << pattern;
  }
}

TEST(FilterPattern, CountsCharactersAndNotBytes) {
  EXPECT_EQ(answer(std::string(1024, 'x'), std::string(1024, 'x')), "yes");
  std::string accents = "\"";
  for (int i = 0; i < 1022; ++i) accents += "\xc3\xa9";
  EXPECT_EQ(answer(accents + "\"", accents.substr(1)), "yes");
  EXPECT_NE(answer(accents + "\xc3\xa9\"", "x"), "no");
}

TEST(FilterPattern, AnswersForTheEmptyMessage) {
  EXPECT_EQ(answer("", ""), "yes");
  EXPECT_EQ(answer("a", ""), "no");
  EXPECT_EQ(answer("-a", ""), "yes");
  EXPECT_EQ(answer("?a", ""), "no");
  EXPECT_EQ(answer("%^$%", ""), "yes");
  EXPECT_EQ(answer("[a]", ""), "no");
  EXPECT_EQ(answer("{ $.a NOT EXISTS }", ""), "no");
}

TEST(FilterPattern, EverythingHasNoRequiredValues) {
  const auto everything = FilterPattern::compile("").value();
  EXPECT_TRUE(everything.matches_everything());
  EXPECT_TRUE(everything.required_values().empty());
  EXPECT_FALSE(FilterPattern::compile("{ $.a = x }")->matches_everything());
}

TEST(FilterMatcher, FindsTheNextMatchingLine) {
  const PaddedText block("{\"a\":1}\n{\"a\":2}\nnot json\n\n{\"b\":0,\"a\":1}\n");
  const std::string_view lines = block.view();
  FilterMatcher ones(FilterPattern::compile("{ $.a = 1 }").value());
  EXPECT_EQ(ones.next_match(lines, 0), "{\"a\":1}");
  EXPECT_EQ(ones.next_match(lines, 1), "{\"b\":0,\"a\":1}");  // from the first whole line on
  EXPECT_EQ(ones.next_match(lines, 8), "{\"b\":0,\"a\":1}");
  EXPECT_EQ(ones.next_match(lines, lines.size()), std::nullopt);
  EXPECT_EQ(ones.next_match({}, 0), std::nullopt);
  FilterMatcher all(FilterPattern::compile("").value());
  EXPECT_EQ(all.next_match(lines, 0), "{\"a\":1}");
  EXPECT_EQ(all.next_match(lines, 25), "");
  FilterMatcher terms(FilterPattern::compile("json").value());
  EXPECT_EQ(terms.next_match(lines, 0), "not json");
}

TEST(FilterMatcher, MovesAndSharesAPatternBetweenThreads) {
  const auto pattern = FilterPattern::compile("{ $.proto = %^t.s$% && $.dpt = 443 }").value();
  const PaddedText block(records::testing::make_flow_lines({.lines = 2000}));
  const auto count = [&](FilterMatcher matcher) {
    std::size_t found = 0;
    for (std::size_t at = 0; const auto line = matcher.next_match(block.view(), at); ++found) {
      at = static_cast<std::size_t>(line->data() - block.view().data()) + line->size() + 1;
    }
    return found;
  };
  std::size_t other = 0;
  std::thread thread([&] { other = count(FilterMatcher(pattern)); });
  const std::size_t own = count(FilterMatcher(pattern));
  thread.join();
  EXPECT_EQ(own, other);
  EXPECT_GT(own, 500U);
}

TEST(FilterPattern, CompilesOrRefusesAnyBytes) {
  records::testing::SeededNumbers numbers(17);
  static constexpr std::string_view kParts[] = {
      "{",   "}",  "[",     "]",           "(", ")",    "$.",   "a",   "*",     "%",    "\"", "\\",
      "&&",  "||", "=",     "!=",          "<", ">=",   " ",    "1",   "-",     "?",    ".",  ",",
      "...", "IS", " NULL", " NOT EXISTS", "'", "\xff", "{2,}", "%a%", "\"b\"", "$[0]", "$.*"};
  const PaddedText message(R"({"a":1,"b":[true,null]})");
  std::size_t compiled_count = 0;
  for (int round = 0; round < 60000; ++round) {
    std::string pattern = numbers.below(3) == 0 ? "{" : numbers.below(2) == 0 ? "[" : "";
    const char closing = pattern == "{" ? '}' : pattern == "[" ? ']' : ' ';
    for (std::size_t i = numbers.below(12); i > 0; --i) {
      if (numbers.below(20) == 0) {
        pattern += static_cast<char>(numbers.below(256));
      } else {
        pattern += kParts[numbers.below(std::size(kParts))];
      }
    }
    pattern += closing;
    const auto compiled = FilterPattern::compile(pattern);
    if (!compiled) {
      EXPECT_FALSE(compiled.error().message.empty());
      EXPECT_LE(compiled.error().offset, pattern.size()) << pattern;
      continue;
    }
    ++compiled_count;
    FilterMatcher matcher(*compiled);
    matcher.matches(message.view());
    matcher.extracted_values(message.view());
  }
  EXPECT_GT(compiled_count, 1000U);
}

}  // namespace
}  // namespace dn::query
