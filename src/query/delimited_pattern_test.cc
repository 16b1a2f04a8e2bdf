#include "query/delimited_pattern.h"

#include <gtest/gtest.h>

#include "query/testing/pattern_answer.h"

namespace dn::query {
namespace {

using testing::answer;
using testing::AnswerCase;
using testing::ErrorCase;
using testing::PaddedText;

constexpr const char* kRequest =
    R"(10.0.1.9 - alice [22/Nov/2026:03:15:00 +0000] "GET /a/b.html HTTP/1.1" 404 1534)";

TEST(DelimitedPattern, TakesAMessageApartAtBlanks) {
  constexpr AnswerCase kRows[] = {
      {"[]", kRequest, "yes"},
      {"[]", "", "yes"},
      {"[ ]  ", "a", "yes"},
      {"[...]", "", "yes"},
      {"[ip, dash, user, time, request, status, bytes]", kRequest, "yes"},
      {"[ip, dash, user, time, request, status, bytes, more]", kRequest, "no"},
      {"[ip, dash, user, time, request = \"GET /a/b.html HTTP/1.1\", status, bytes]", kRequest,
       "yes"},
      {"[ip, dash, user, time = *2026*, request, status, bytes]", kRequest, "yes"},
      {"[ip, dash, user, time = 22/*, request, status, bytes]", kRequest,
       "Invalid character(s) in term '/*,': expected a comma or the closing ]"},
      {"[ip, , , , , status = 404, ]", kRequest, "yes"},
      {"[..., status = 404, bytes]", kRequest, "yes"},
      {"[..., status = 404]", kRequest, "no"},
      {"[ip, ..., status = 404, bytes]", kRequest, "yes"},
      {"[ip = 10.0.1.9, ...]", kRequest, "yes"},
      {"[a, b, c, d, e, f, g, ...]", kRequest, "yes"},
      {"[a, b, c, d, e, f, g, h, ...]", kRequest, "no"},
      {"[a, b, c, ..., d, e, f, g]", kRequest, "yes"},
      {"[level = WARN, rest]", "WARN disk is nearly full", "yes"},
      {"[level = WARN, rest = *nearly*]", "WARN disk is nearly full", "yes"},
      {"[level = WARN, rest]", "WARN", "no"},
      {"[level = WARN]", "WARN disk", "no"},
      {"[level = WARN]", " WARN ", "yes"},
      {"[level]", "  ", "no"},
      {"[a, b]", "one", "no"},
      {"[a, b]", "one two three", "yes"},
      {"[a, b = \"two three\"]", "one   two three  ", "yes"},
      {"[a, b = \"two three\"]", "one \"two three\"", "yes"},
      {"[a, b = x, c]", "\"one\"x two", "yes"},
      {"[a, b]", "\"open quote", "no"},
      {"[a = \"open quote\", ...]", "\"open quote", "yes"},
      {"[a = \"in [brackets\", ...]", "[in [brackets] x", "yes"},
      {"[a = \"\", b]", "\"\" x", "yes"},
  };
  for (const auto& [pattern, message, want] : kRows) {
    EXPECT_EQ(answer(pattern, message), want) << pattern << "   " << message;
  }
}

TEST(DelimitedPattern, AsksTheFields) {
  constexpr AnswerCase kRows[] = {
      {"[..., status = 4*, bytes]", kRequest, "yes"},
      {"[..., status = %^4..$%, bytes]", kRequest, "yes"},
      {"[..., status != 404, bytes]", kRequest, "no"},
      {"[..., bytes > 1000]", kRequest, "yes"},
      {"[..., bytes > 2000]", kRequest, "no"},
      {"[..., bytes = 1534.0]", kRequest, "yes"},
      {"[..., bytes = \"1534.0\"]", kRequest, "no"},
      {"[ip > 5, ...]", kRequest, "no"},
      {"[ip != 5, ...]", kRequest, "yes"},
      {"[..., status = 404 || status = 410, bytes]", kRequest, "yes"},
      {"[..., status >= 400 && status < 500, bytes]", kRequest, "yes"},
      {"[..., (status = 1 || status > 400) && status != 405, bytes]", kRequest, "yes"},
      {"[w1 = WARN || W1 = ERROR, w2]", "ERROR x", "yes"},
  };
  for (const auto& [pattern, message, want] : kRows) {
    EXPECT_EQ(answer(pattern, message), want) << pattern << "   " << message;
  }
}

TEST(DelimitedPattern, RefusesWithTheTokenAndItsPlace) {
  constexpr ErrorCase kRows[] = {
      {"[a, ..., b, ..., c]", 12, "'...': ... may stand once"},
      {"[...message]", 1, "'...message': ... stands alone"},
      {"[a = ]", 5, "']': the value to compare a with is missing"},
      {"[a = 1 ||]", 9, "']': expected the name of a field"},
      {"[1a]", 1, "'1a': the name of a field begins with a letter"},
      {"[a, b-c]", 5, "'-': expected =, !=, <, <=, > or >="},
      {"[w1=ERROR && w2=x, w3]", 13, "'w2': every condition of this field must name it, w1"},
      {"[a, b, A]", 7, "'A': two fields have this name"},
      {"[a > x]", 5, "'x': <, <=, > and >= need a number without quotes"},
      {"[(a), b]", 3, "'),': expected =, !=, <, <=, > or >="},
      {"[(a = 1, b]", 7, "',': a closing parenthesis is missing"},
      {"[a b]", 3, "'b': expected =, !=, <, <=, > or >="},
      {"[a] ]", 4, "']': nothing may follow the closing ]"},
      {"[a = %x% || a = %y% || a = %z%]", 27,
       "'%z%': more than 2 regular expressions in one "
       "pattern"},
  };
  for (const auto& [pattern, offset, message] : kRows) {
    const auto compiled = FilterPattern::compile(pattern);
    ASSERT_FALSE(compiled.has_value()) << pattern;
    EXPECT_EQ(compiled.error().message, std::string("Invalid character(s) in term ") + message)
        << pattern;
    EXPECT_EQ(compiled.error().offset, offset) << pattern;
  }
}

using Values = std::vector<std::pair<std::string, std::string>>;

Values extracted(std::string_view pattern, std::string_view message) {
  FilterMatcher matcher(FilterPattern::compile(pattern).value());
  return matcher.extracted_values(PaddedText(message).view());
}

TEST(DelimitedPattern, ExtractsFieldsByNameOrPlace) {
  EXPECT_EQ(extracted("[level, , rest]", "WARN 7 disk is full"),
            (Values{{"$level", "WARN"}, {"$2", "7"}, {"$rest", "disk is full"}}));
  EXPECT_EQ(extracted("[level = WARN, ..., last]", "WARN a [b c] d"),
            (Values{{"$level", "WARN"}, {"$2", "a"}, {"$3", "b c"}, {"$last", "d"}}));
  EXPECT_EQ(extracted("[]", "a b"), (Values{{"$1", "a"}, {"$2", "b"}}));
  EXPECT_EQ(extracted("[level = WARN, rest]", "INFO x"), Values{});
  EXPECT_EQ(extracted("{ $.a = 1 }", R"({"a":1})"), Values{});
  EXPECT_EQ(extracted("a", "a"), Values{});
}

TEST(DelimitedPattern, KnowsWhenItMatchesEverything) {
  EXPECT_TRUE(FilterPattern::compile("[]")->matches_everything());
  EXPECT_TRUE(FilterPattern::compile("[...]")->matches_everything());
  EXPECT_FALSE(FilterPattern::compile("[a]")->matches_everything());
  EXPECT_FALSE(FilterPattern::compile("[..., ]")->matches_everything());
}

}  // namespace
}  // namespace dn::query
