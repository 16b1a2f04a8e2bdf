#include "policy/pattern_set.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "policy/pattern.h"

namespace dn::policy {
namespace {

class Patterns {
 public:
  explicit Patterns(const std::vector<std::string>& patterns) {
    std::vector<PatternSet::Row> rows;
    for (const std::string& pattern : patterns) {
      rows.push_back({.text = arena_.add(pattern), .value = 0});
    }
    set_ = PatternSet::build(arena_, std::move(rows));
  }

  // In the order of the visits.
  std::vector<std::string> match(std::string_view name) const {
    std::vector<std::string> found;
    set_.match(arena_, name, [&](const PatternSet::Row& row) {
      found.emplace_back(arena_.at(row.text));
      return false;
    });
    return found;
  }

  std::string match_first(std::string_view name) const {
    std::string found;
    set_.match(arena_, name, [&](const PatternSet::Row& row) {
      found = arena_.at(row.text);
      return true;
    });
    return found;
  }

 private:
  TextArena arena_;
  PatternSet set_;
};

TEST(PatternSet, FindsNothingWhenEmpty) {
  EXPECT_TRUE(Patterns({}).match("a.com").empty());
}

TEST(PatternSet, VisitsLongerLiteralTailsAndLiteralsFirst) {
  const Patterns patterns({"*", "*.*.*", "*.*.com", "*.example.com", "a*.example.com",
                           "api-*.example.com", "*-eu.example.com", "*.b.example.com", "?.com"});
  EXPECT_EQ(patterns.match("api-eu.example.com"),
            (std::vector<std::string>{"api-*.example.com", "*-eu.example.com", "a*.example.com",
                                      "*.example.com", "*.*.com", "*.*.*"}));
  EXPECT_EQ(patterns.match_first("api-eu.example.com"), "api-*.example.com");
  EXPECT_EQ(patterns.match("x.com"), std::vector<std::string>{"?.com"});
  EXPECT_EQ(patterns.match("com"), std::vector<std::string>{"*"});
  EXPECT_TRUE(patterns.match("a.b.c.example.com").empty());
}

TEST(PatternSet, TakesNamesOfTheGreatestLength) {
  std::string deep = "a";
  while (deep.size() + 2 <= 253) deep += ".a";
  const Patterns patterns({"*" + deep.substr(1), deep.substr(0, deep.size() - 1) + "?"});
  EXPECT_EQ(patterns.match(deep).size(), 2U);
  EXPECT_TRUE(patterns.match(std::string(253, 'a')).empty());
}

TEST(PatternSet, AgreesWithAScanOverAllPatterns) {
  std::mt19937 random(42);
  const auto label = [&](std::string_view letters) {
    std::string made;
    const std::size_t size = 1 + random() % 4;
    for (std::size_t i = 0; i < size; ++i) made += letters[random() % letters.size()];
    return made;
  };
  const auto name = [&](std::string_view first, std::string_view others) {
    std::string made = label(first);
    for (std::size_t labels = random() % 4; labels > 0; --labels) {
      made += "." + label(random() % 3 == 0 ? first : others);
    }
    return made;
  };
  std::size_t matches = 0;
  for (int round = 0; round < 200; ++round) {
    std::set<std::string> patterns;
    for (std::size_t i = random() % 60; i > 0; --i) {
      std::string pattern = name("ab*?", "ab");
      if (!has_wildcard(pattern)) pattern += ".*";
      patterns.insert(pattern);
    }
    const Patterns set({patterns.begin(), patterns.end()});
    for (int i = 0; i < 200; ++i) {
      const std::string text = name("ab", "ab");
      std::vector<std::string> want;
      for (const std::string& pattern : patterns) {
        if (matches_pattern(pattern, text)) want.push_back(pattern);
      }
      std::vector<std::string> found = set.match(text);
      std::sort(found.begin(), found.end());
      ASSERT_EQ(found, want) << text;
      matches += want.size();
    }
  }
  EXPECT_GT(matches, 10'000U);
}

}  // namespace
}  // namespace dn::policy
