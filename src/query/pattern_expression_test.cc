#include "query/pattern_expression.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "records/testing/flow_lines.h"

namespace dn::query {
namespace {

using records::testing::SeededNumbers;

// Conditions are single letters; the number of `b` is 1.
PatternResult<PatternExpression> parse(std::string_view text) {
  PatternCursor cursor(text);
  auto expression =
      PatternExpression::parse(cursor, [](PatternCursor& at) -> PatternResult<std::uint16_t> {
        const std::string_view name = at.take_while([](char c) { return c >= 'a' && c <= 'z'; });
        if (name.size() != 1) return at.invalid_here();
        return static_cast<std::uint16_t>(name[0] - 'a');
      });
  if (expression && !cursor.at_end()) return cursor.invalid_here();
  return expression;
}

bool evaluate(std::string_view text, std::string_view true_names) {
  std::vector<std::uint8_t> holds(26), stack;
  for (const char c : true_names) holds[static_cast<std::size_t>(c - 'a')] = 1;
  return parse(text).value().evaluate(holds, stack);
}

TEST(PatternExpression, BindsAndMoreTightlyThanOr) {
  EXPECT_TRUE(evaluate("a", "a"));
  EXPECT_FALSE(evaluate("a", ""));
  EXPECT_TRUE(evaluate("a||b&&c", "a"));
  EXPECT_FALSE(evaluate("(a||b)&&c", "a"));
  EXPECT_TRUE(evaluate("b&&c||a", "a"));
  EXPECT_FALSE(evaluate("c&&(b||a)", "a"));
  EXPECT_TRUE(evaluate(" ( ( a ) ) ", "a"));
  EXPECT_TRUE(evaluate("a&&b||c&&d", "cd"));
  EXPECT_FALSE(evaluate("a&&(b||c)&&d", "acx"));
  EXPECT_TRUE(evaluate("a && ( b || ( c && d ) )", "acd"));
}

TEST(PatternExpression, RefusesWhatIsUnfinished) {
  const struct {
    const char* text;
    std::size_t offset;
  } rows[] = {
      {"", 0},     {"()", 1},    {"(a", 2},      {"a)", 1},      {"a&&", 3},
      {"||a", 0},  {"a&b", 1},   {"a b", 2},     {"a|| ||b", 4}, {"(a)b", 3},
      {"((a)", 4}, {"a&&&b", 3}, {"a && ()", 6},
  };
  for (const auto& row : rows) {
    const auto expression = parse(row.text);
    ASSERT_FALSE(expression.has_value()) << row.text;
    EXPECT_EQ(expression.error().offset, row.offset) << row.text;
  }
}

TEST(PatternExpression, TakesAnyDepthOfParentheses) {
  const std::string open(2000, '('), close(2000, ')');
  EXPECT_TRUE(evaluate(open + "a" + close, "a"));
  EXPECT_FALSE(parse(open).has_value());
  EXPECT_FALSE(parse(open + "a" + close + ")").has_value());
}

// A random expression over eight letters, as text.
std::string random_text(SeededNumbers& numbers, int depth) {
  if (depth == 0 || numbers.below(3) == 0) {
    return std::string(1, static_cast<char>('a' + numbers.below(8)));
  }
  std::string text = "(" + random_text(numbers, depth - 1) + ")";
  for (std::size_t i = numbers.below(3); i > 0; --i) {
    text += numbers.below(2) == 0 ? "&&" : "||";
    text += random_text(numbers, depth - 1);
  }
  return text;
}

TEST(PatternExpression, ItsClausesHoldWheneverItHolds) {
  SeededNumbers numbers(21);
  std::size_t clauses_seen = 0;
  for (int round = 0; round < 3000; ++round) {
    const auto expression = parse(random_text(numbers, 4)).value();
    const std::size_t usable = numbers.below(256);
    const auto clauses = expression.clauses(
        [&](std::uint16_t condition) { return (usable >> condition & 1U) != 0; });
    clauses_seen += clauses.size();
    std::vector<std::uint8_t> stack;
    for (std::size_t values = 0; values < 256; ++values) {
      std::vector<std::uint8_t> holds(8);
      for (std::size_t i = 0; i < 8; ++i) holds[i] = values >> i & 1U;
      if (!expression.evaluate(holds, stack)) continue;
      for (const auto& clause : clauses) {
        EXPECT_TRUE(std::ranges::any_of(clause, [&](auto i) { return holds[i] != 0; }));
      }
    }
    for (const auto& clause : clauses) {
      EXPECT_LE(clause.size(), kClauseAtomsMax);
      for (const auto condition : clause) EXPECT_TRUE((usable >> condition & 1U) != 0);
    }
    EXPECT_LE(clauses.size(), kClausesMax);
  }
  EXPECT_GT(clauses_seen, 1000U);
}

TEST(PatternExpression, NamesTheClausesOfPlainPatterns) {
  const auto all = [](std::uint16_t) { return true; };
  using Clauses = std::vector<PatternExpression::Clause>;
  EXPECT_EQ(parse("a&&b")->clauses(all), (Clauses{{0}, {1}}));
  EXPECT_EQ(parse("a||b")->clauses(all), (Clauses{{0, 1}}));
  EXPECT_EQ(parse("a&&b||c")->clauses(all), (Clauses{{0, 2}, {1, 2}}));
  const auto not_b = [](std::uint16_t condition) { return condition != 1; };
  EXPECT_EQ(parse("a&&b||c")->clauses(not_b), (Clauses{{0, 2}}));
  EXPECT_EQ(parse("a||b")->clauses(not_b), (Clauses{}));
  std::string many = "a";
  for (int i = 0; i < 40; ++i) many += i % 2 == 0 ? "||b" : "&&c";
  EXPECT_LE(parse(many)->clauses(all).size(), kClausesMax);
}

}  // namespace
}  // namespace dn::query
