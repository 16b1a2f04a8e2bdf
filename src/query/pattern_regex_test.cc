#include "query/pattern_regex.h"

#include <gtest/gtest.h>

namespace dn::query {
namespace {

std::string answer(std::string_view body, std::string_view text) {
  std::size_t steps = kRegexStepsMax;
  const auto regex = PatternRegex::compile(body, 0, steps);
  if (!regex) return "error";
  return regex->matches(text) ? "yes" : "no";
}

TEST(PatternRegex, SearchesAsTheDialectSays) {
  const struct {
    const char *body, *text, *want;
  } rows[] = {
      {"bc", "abcd", "yes"},
      {"BC", "abcd", "no"},
      {"^bc", "abcd", "no"},
      {"^ab", "abcd", "yes"},
      {"cd$", "abcd", "yes"},
      {"ab$", "abcd", "no"},
      {"^b", "a\nb", "no"},  // the text, not its lines
      {"a.c", "abc", "yes"},
      {"^.$", "é", "yes"},  // one character, however many bytes
      {"^[^x]$", "é", "yes"},
      {"a|ey", "grey", "yes"},
      {"^a|ey", "grey", "yes"},
      {"colou?r", "color", "yes"},
      {"^a+$", "", "no"},
      {"^a*$", "", "yes"},
      {"^a{2}$", "aa", "yes"},
      {"^a{2}$", "aaa", "no"},
      {"^a{2,}$", "aaaa", "yes"},
      {"^a{2,}$", "a", "no"},
      {"^a{2,3}$", "aaaa", "no"},
      {"^a{,2}$", "", "yes"},
      {"^a{,2}$", "aa", "yes"},
      {"^a{,2}$", "aaa", "no"},
      {"^a{,2}$", "a{,2}", "no"},
      {"^\\d\\D\\w\\W$", "1x_-", "yes"},
      {"\\d", "٣", "no"},
      {"\\w", "é", "no"},
      {"^\\s\\s\\s$", "\t \n", "yes"},
      {"\\s", "\r", "no"},
      {"\\s", "\f", "no"},
      {"^\\S$", "\r", "yes"},
      {"^[\\s]$", " ", "yes"},
      {"^[\\s]$", "\r", "no"},
      {"^[^\\s]$", "\r", "yes"},
      {"^[\\S]$", "\r", "yes"},
      {"^[\\S]$", "\n", "no"},
      {"^[^\\S]$", "\n", "yes"},
      {"^[\\d\\-x]$", "-", "yes"},
      {"^[a-c]$", "b", "yes"},
      {"^[^a-c]$", "b", "no"},
      {"^[]x]$", "]", "yes"},
      {"^[^]x]$", "]", "no"},
      {"^[[:alpha:]]$", "b", "no"},  // a class of [ : a l p h, then a bracket
      {"^[[:alpha:]]$", "a]", "yes"},
      {"^[.*$]$", "*", "yes"},
      {"a]", "a]", "yes"},
      {"\\x28ab\\x29", "(ab)", "yes"},
      {"^\\xe9$", "é", "yes"},
      {"\\[\\]\\{\\}\\^\\$\\?\\|\\\\\\*\\+\\.", "[]{}^$?|\\*+.", "yes"},
      {"\\:\\_\\#\\=\\@\\/\\;\\,\\-\\ ", ":_#=@/;,- ", "yes"},
      {"a_1: #=@/;,-", "a_1: #=@/;,-", "yes"},
      {"two words", "two words", "yes"},
      {"x|", "anything", "yes"},
      {".", "\n", "no"},
      {"\xc3", "x", "error"},  // nothing but ASCII
  };
  for (const auto& row : rows) EXPECT_EQ(answer(row.body, row.text), row.want) << row.body;
}

TEST(PatternRegex, SurvivesTextThatIsNotUtf8) {
  EXPECT_EQ(answer("b",
                   "\xff\xc3"
                   "b"),
            "yes");
  EXPECT_EQ(answer("^.b",
                   "\xff"
                   "b"),
            "no");  // no character there
  EXPECT_EQ(answer("b", std::string_view("\0b", 2)), "yes");
}

TEST(PatternRegex, RefusesWhatTheDialectLacks) {
  const struct {
    const char* body;
    std::size_t offset;
  } rows[] = {
      {"(a|b)", 0},    {"ab\\(", 2},
      {"a!", 1},       {"a'b", 1},
      {"a\"b", 1},     {"a<b", 1},
      {"a>b", 1},      {"a~", 1},
      {"a&b", 1},      {"caf\xc3\xa9", 3},
      {"a\tb", 1},     {"\\1", 0},
      {"x\\b", 1},     {"\\Q", 0},
      {"\\pN", 0},     {"\\A", 0},
      {"\\x1", 0},     {"\\xg0", 0},
      {"ab\\", 2},     {"[a", 0},
      {"a[]", 1},      {"a{", 1},
      {"a{}", 1},      {"a{,}", 1},
      {"a{x}", 1},     {"a{1", 1},
      {"a{1,2", 1},    {"a{1 }", 1},
      {"a}", 1},       {"a{1001}", 1},
      {"a{,1001}", 1}, {"a{99999999999999999999}", 1},
      {"*a", 0},       {"a{2,1}", 0},
      {"a**", 0},      {"a{9}{9}", 0},
      {"[b-a]", 0},    {"a{1000}b{1000}", 0},
      {".{300}", 0},
  };
  for (const auto& row : rows) {
    std::size_t steps = kRegexStepsMax;
    const auto regex = PatternRegex::compile(row.body, 7, steps);
    ASSERT_FALSE(regex.has_value()) << row.body;
    EXPECT_EQ(regex.error().offset, 7 + row.offset) << row.body << " " << regex.error().message;
    EXPECT_TRUE(regex.error().message.starts_with("Invalid character(s) in term '"))
        << regex.error().message;
  }
}

TEST(PatternRegex, CountsTheStepsOfAllExpressions) {
  std::size_t steps = kRegexStepsMax;
  ASSERT_TRUE(PatternRegex::compile("a{400}", 0, steps));
  ASSERT_TRUE(PatternRegex::compile("b{400}", 0, steps));
  EXPECT_FALSE(PatternRegex::compile("c{400}", 0, steps));
  EXPECT_TRUE(PatternRegex::compile("c{40}", 0, steps));
}

}  // namespace
}  // namespace dn::query
