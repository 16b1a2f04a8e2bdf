#include "policy/pattern.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>

namespace dn::policy {
namespace {

// The definition, word for word; exponential.
bool matches_naively(std::string_view pattern, std::string_view name) {
  if (pattern.empty()) return name.empty();
  if (pattern.front() == '*') {
    if (matches_naively(pattern.substr(1), name)) return true;
    return !name.empty() && name.front() != '.' && matches_naively(pattern, name.substr(1));
  }
  if (name.empty()) return false;
  const bool same = pattern.front() == '?' ? name.front() != '.' : pattern.front() == name.front();
  return same && matches_naively(pattern.substr(1), name.substr(1));
}

TEST(Pattern, MatchesPerCharacterAndNeverADot) {
  const struct {
    const char* pattern;
    const char* name;
    bool want;
  } cases[] = {
      {"*.github.com", "api.github.com", true},
      {"*.github.com", "github.com", false},
      {"*.github.com", "a.b.github.com", false},
      {"*.github.com", "api.github.com.evil.net", false},
      {"api-*.example.com", "api-.example.com", true},
      {"api-*.example.com", "api-eu.example.com", true},
      {"api-*.example.com", "xapi-eu.example.com", false},
      {"*-api.example.com", "eu-api.example.com", true},
      {"a?.example.com", "ab.example.com", true},
      {"a?.example.com", "a.example.com", false},
      {"a?.example.com", "abc.example.com", false},
      {"a*b*c.x.com", "abc.x.com", true},
      {"a*b*c.x.com", "axxbxbxc.x.com", true},
      {"a*b*c.x.com", "acb.x.com", false},
      {"*?.x.com", "a.x.com", true},
      {"?*?.x.com", "a.x.com", false},
      {"*.*.com", "a.b.com", true},
      {"*", "com", true},
      {"*", "a.com", false},
      {"exact.com", "exact.com", true},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(matches_pattern(c.pattern, c.name), c.want) << c.pattern << " " << c.name;
    EXPECT_EQ(matches_naively(c.pattern, c.name), c.want) << c.pattern << " " << c.name;
  }
}

TEST(Pattern, AgreesWithTheNaiveMatcher) {
  std::mt19937 random(20261122);
  const auto text = [&](std::string_view letters, std::size_t bytes_max) {
    std::string made;
    const std::size_t size = 1 + random() % bytes_max;
    for (std::size_t i = 0; i < size; ++i) made += letters[random() % letters.size()];
    return made;
  };
  std::size_t matches = 0;
  for (int i = 0; i < 200'000; ++i) {
    const std::string pattern = text("ab.*?", 8);
    const std::string name = text("aab.", 8);
    // Empty labels exist in neither.
    if (("." + pattern + ".").find("..") != std::string::npos) continue;
    if (("." + name + ".").find("..") != std::string::npos) continue;
    const bool want = matches_naively(pattern, name);
    matches += want ? 1 : 0;
    ASSERT_EQ(matches_pattern(pattern, name), want) << pattern << " " << name;
  }
  EXPECT_GT(matches, 1000U);
}

TEST(Pattern, StaysLinearWhereBacktrackingExplodes) {
  // A label of 63 characters, 31 asterisks: a backtracking matcher needs 10^17 steps.
  std::string pattern;
  for (int i = 0; i < 31; ++i) pattern += "*a";
  const std::string name(62, 'a');
  EXPECT_FALSE(matches_pattern(pattern + "b.x.com", name + "c.x.com"));
  EXPECT_TRUE(matches_pattern(pattern + ".x.com", name + ".x.com"));
}

TEST(Pattern, TakesLabelsOfTheGreatestLength) {
  const std::string label(63, 'a');
  EXPECT_TRUE(matches_pattern(std::string(63, '?') + ".com", label + ".com"));
  EXPECT_TRUE(matches_pattern("*" + label + "*.com", label + ".com"));
  EXPECT_FALSE(matches_pattern(std::string(62, '?') + ".com", label + ".com"));
  EXPECT_FALSE(matches_pattern(std::string(64, '?') + ".com", label + ".com"));
  EXPECT_TRUE(is_satisfiable_label("*" + std::string(63, '?')));
  EXPECT_FALSE(is_satisfiable_label(std::string(64, '?')));
}

TEST(Pattern, CutsBehindTheLastWildcardLabel) {
  const struct {
    const char* pattern;
    const char* head;
    const char* tail;
  } cases[] = {{"*.github.com", "*", "github.com"},
               {"a.*.co.uk", "a.*", "co.uk"},
               {"foo*bar.*x.com", "foo*bar.*x", "com"},
               {"*.c?m", "*.c?m", ""},
               {"*", "*", ""},
               {"a.com", "", "a.com"}};
  for (const auto& c : cases) {
    EXPECT_EQ(cut_behind_wildcards(c.pattern).head, c.head) << c.pattern;
    EXPECT_EQ(cut_behind_wildcards(c.pattern).tail, c.tail) << c.pattern;
  }
}

}  // namespace
}  // namespace dn::policy
