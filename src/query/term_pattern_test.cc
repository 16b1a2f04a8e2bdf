#include "query/term_pattern.h"

#include <gtest/gtest.h>

#include "query/testing/pattern_answer.h"

namespace dn::query {
namespace {

using testing::answer;
using testing::AnswerCase;
using testing::ErrorCase;

TEST(TermPattern, SearchesTheMessageAsText) {
  constexpr AnswerCase kRows[] = {
      {"", "anything", "yes"},
      {"  ", "anything", "yes"},
      {"\" \"", "one", "yes"},
      {"\" \"", "", "yes"},
      {"refused", "connection refused", "yes"},
      {"refused", "connection Refused", "no"},
      {"fuse", "connection refused", "yes"},  // a substring, not a word
      {"refused connection", "connection refused", "yes"},
      {"refused reset", "connection refused", "no"},
      {"a\tb\nc", "cba", "yes"},
      {" refused ", "connection refused", "yes"},
      {"dns_failed", "reason=dns_failed", "yes"},
      {"refused or reset", "refused, reset", "no"},  // `or` is a word like any other
      {"refused or reset", "refused or reset", "yes"},
      {"-reset", "connection refused", "yes"},
      {"-reset", "connection reset", "no"},
      {"refused -reset", "connection refused", "yes"},
      {"refused -reset", "refused, then reset", "no"},
      {"-allowed", "disallowed", "no"},  // the trap
      {"?tls ?ssh", "over ssh", "yes"},
      {"?tls ?ssh", "over http", "no"},
      {"?tls ?ssh over", "over http", "yes"},  // beside another term they mean nothing
      {"?tls ?ssh over", "via ssh", "no"},
      {"?tls -ssh", "over http", "yes"},
      {"?tls -ssh", "over ssh", "no"},
      {"?tls", "over tls", "yes"},
      {"?tls ?\" \"", "over http", "yes"},
      {"\"two words\"", "these two words", "yes"},
      {"\"two words\"", "words two", "no"},
      {"-\"two words\"", "these two words", "no"},
      {"?\"two words\" ?x", "these two words", "yes"},
      {"\"[error]\"", "an [error]", "yes"},
      {R"("\"proto\":\"tls\"")", R"({"proto":"tls"})", "yes"},
      {R"("a\\b")", R"(a\b)", "yes"},
      {R"("a\b")", R"(a\b)", "yes"},
      {"\"-\"", "a-b", "yes"},
      {"\"first\nsecond\"", "first\nsecond", "yes"},
      {"second", "first\nsecond", "yes"},
      {"%^(%", "x", "Invalid character(s) in term '(': not allowed in a regular expression"},
      {"%4[0-9]{2}%", "status 404", "yes"},
      {"%4[0-9]{2}%", "status 200", "no"},
      {"-%4[0-9]{2}%", "status 404", "no"},
      {"?%^a% ?%b$%", "xb", "yes"},
      {"%two words% x", "two words x", "yes"},
      {"%a% %b% %c%", "abc", "yes"},  // the quota is one of JSON and delimited patterns
      {"%a$%", "a\n", "no"},
  };
  for (const auto& [pattern, message, want] : kRows) {
    EXPECT_EQ(answer(pattern, message), want) << pattern << "   " << message;
  }
}

TEST(TermPattern, SearchesAnyBytes) {
  using namespace std::string_view_literals;
  EXPECT_EQ(answer("b",
                   "\0\xff"
                   "b"sv),
            "yes");
  EXPECT_EQ(answer("\"\xff\"", "a\xff"), "yes");
  EXPECT_EQ(answer("\"caf\xc3\xa9\"", "un caf\xc3\xa9"), "yes");
  EXPECT_EQ(answer("needle", std::string(1 << 20, 'n') + "needle"), "yes");
}

TEST(TermPattern, RefusesWithTheTokenAndItsPlace) {
  constexpr const char* kQuote = ": put terms with other characters than A-Z a-z 0-9 _ in quotes";
  constexpr ErrorCase kRows[] = {
      {"\"\"", 0, "'\"\"'"},
      {"a \"\" b", 2, "'\"\"'"},
      {"spawned (reason", 8, "'('"},
      {"\"event\": \"x\"", 7, "':'"},
      {"a,b", 1, "','"},
      {"a-b", 1, "'-'"},
      {"a.b", 1, "'.'"},
      {"*", 0, "'*'"},
      {"a\\b", 1, "'\\'"},
      {"`a`", 0, "'`'"},
      {"a]", 1, "']'"},
      {" {$.a IS TRUE} ", 1, "'{$.'"},
      {"--a", 1, "'-'"},
      {"?-a", 1, "'-'"},
      {"\xe2\x80\x9cx\xe2\x80\x9d", 0, "'\xe2\x80\x9c'"},
      {"\"a\"b", 3, "'b'"},
      {"a\"b\"", 1, "'\"'"},
      {"%a%b", 3, "'b'"},
      {"- a", 0, "'-': a term must follow at once"},
      {"a ?", 2, "'?': a term must follow at once"},
      {"\"open", 0, "'\"open': the closing quote is missing"},
      {"%open", 0, "'%open': the closing % of the regular expression is missing"},
      {"%%", 1, "'%%': the regular expression is empty"},
      {"%a!%", 2, "'!': not allowed in a regular expression"},
  };
  for (const auto& [pattern, offset, message] : kRows) {
    const auto compiled = FilterPattern::compile(pattern);
    ASSERT_FALSE(compiled.has_value()) << pattern;
    const std::string want = std::string("Invalid character(s) in term ") + message;
    const bool quoted = std::string_view(message).find(": ") == std::string_view::npos &&
                        std::string_view(message) != "'\"\"'";
    EXPECT_EQ(compiled.error().message, quoted ? want + kQuote : want) << pattern;
    EXPECT_EQ(compiled.error().offset, offset) << pattern;
  }
}

TEST(TermPattern, KnowsWhenItMatchesEverything) {
  for (const char* pattern : {"", "   ", "\" \"", "\"  \"", "?a ?\" \""}) {
    EXPECT_TRUE(FilterPattern::compile(pattern)->matches_everything()) << pattern;
  }
  for (const char* pattern : {"a", "-a", "?a", "\" a\"", "%a*%", "-\" \""}) {
    EXPECT_FALSE(FilterPattern::compile(pattern)->matches_everything()) << pattern;
  }
}

}  // namespace
}  // namespace dn::query
