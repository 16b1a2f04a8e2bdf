#include "policy/public_suffixes.h"

#include <gtest/gtest.h>
#include <libpsl.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>

namespace dn::policy {
namespace {

const PublicSuffixes& builtin() {
  static const PublicSuffixes list = PublicSuffixes::parse(builtin_public_suffix_list()).value();
  return list;
}

TEST(PublicSuffixes, TheBuiltInListKnowsBothSections) {
  for (const char* name :
       {"com", "co.uk", "github.io", "cloudflare.net", "s3.amazonaws.com", "cloudfront.net",
        "githubusercontent.com", "s3.eu-west-1.amazonaws.com", "lambda-url.eu-west-1.on.aws",
        "blob.core.windows.net", "xn--fiqs8s", "xn--p1ai", "appspot.com", "herokuapp.com"}) {
    EXPECT_TRUE(builtin().is_public_suffix(name)) << name;
  }
  for (const char* name : {"github.com", "example.co.uk", "api.github.com", "amazonaws.com",
                           "evil.github.io", "windows.net", "google.com", "b.s3.amazonaws.com"}) {
    EXPECT_FALSE(builtin().is_public_suffix(name)) << name;
  }
}

TEST(PublicSuffixes, UnknownTopLevelLabelsCount) {
  EXPECT_TRUE(builtin().is_public_suffix("not-a-tld"));
  EXPECT_FALSE(builtin().is_public_suffix("corp.not-a-tld"));
  EXPECT_TRUE(builtin().is_public_suffix(""));
}

TEST(PublicSuffixes, WildcardRulesAndExceptions) {
  EXPECT_TRUE(builtin().is_public_suffix("ck"));
  EXPECT_TRUE(builtin().is_public_suffix("anything.ck"));
  EXPECT_FALSE(builtin().is_public_suffix("www.ck"));
  EXPECT_FALSE(builtin().is_public_suffix("a.anything.ck"));
  EXPECT_TRUE(builtin().is_public_suffix("x.compute.amazonaws.com"));
  EXPECT_TRUE(builtin().is_public_suffix("compute.amazonaws.com")) << "the base of a wildcard rule";
}

TEST(PublicSuffixes, FindsASuffixThatAPatternReaches) {
  const struct {
    const char* pattern;
    bool found;
  } cases[] = {{"s3.*.amazonaws.com", true},
               {"*.amazonaws.com", true},
               {"s?.amazonaws.com", true},
               {"*.compute.amazonaws.com", true},
               {"e*.compute.amazonaws.com", true},
               {"*.github.com", false},
               {"dynamodb.*.github.com", false},

               {"*.example.com", false},
               {"*", false},
               {"*.c?m", false}};
  for (const auto& c : cases) {
    EXPECT_EQ(builtin().find_covered_suffix(c.pattern).has_value(), c.found) << c.pattern;
  }
  EXPECT_EQ(builtin().find_covered_suffix("s?.amazonaws.com"), "s3.amazonaws.com");
}

TEST(PublicSuffixes, ReadsAListWithCommentsAndULabels) {
  const auto list = PublicSuffixes::parse(
      "// ===BEGIN ICANN DOMAINS===\r\nde\n\nmünchen.de trailing words\n*.platform.example\n"
      "!www.platform.example");
  ASSERT_TRUE(list);
  EXPECT_TRUE(list->is_public_suffix("xn--mnchen-3ya.de"));
  EXPECT_TRUE(list->is_public_suffix("a.platform.example"));
  EXPECT_TRUE(list->is_public_suffix("platform.example"));
  EXPECT_FALSE(list->is_public_suffix("www.platform.example"));
  EXPECT_FALSE(list->is_public_suffix("berlin.de"));
}

// An independent reader of the same list.
TEST(PublicSuffixes, AgreesWithLibpslOnEveryRuleAndBelowIt) {
  std::string text(builtin_public_suffix_list());
  FILE* file = fmemopen(text.data(), text.size(), "r");
  ASSERT_NE(file, nullptr);
  const std::unique_ptr<psl_ctx_t, decltype(&psl_free)> oracle(psl_load_fp(file), &psl_free);
  fclose(file);
  ASSERT_GT(psl_suffix_count(oracle.get()), 10'000);
  std::size_t compared = 0;
  for (std::size_t at = 0, end = 0; at < text.size(); at = end + 1) {
    end = std::min(text.find('\n', at), text.size());
    std::string rule = text.substr(at, end - at);
    if (rule.empty() || rule.starts_with("//")) continue;
    if (rule.starts_with("*.")) {
      rule = "any." + rule.substr(2);
    } else if (rule.starts_with('!')) {
      rule.erase(0, 1);
    }
    for (const std::string& name : {rule, "a." + rule, "a.b." + rule}) {
      const bool want = psl_is_public_suffix(oracle.get(), name.c_str()) != 0;
      ASSERT_EQ(builtin().is_public_suffix(name), want) << name;
      ++compared;
    }
  }
  EXPECT_GT(compared, 30'000U);
}

TEST(PublicSuffixes, AWildcardRuleHoldsBesideThePlainRuleOfItsBase) {
  std::string text = "ck\n*.ck\n";
  for (char c = 'a'; c <= 'z'; ++c) text += std::string("z") + c + "\n" + c + ".ck\n";
  const auto list = PublicSuffixes::parse(text);
  ASSERT_TRUE(list);
  EXPECT_TRUE(list->is_public_suffix("anything.ck"));
}

TEST(PublicSuffixes, RefusesAListWithoutRules) {
  for (const char* text : {"", "\n\n", "// only a comment\n"}) {
    const auto list = PublicSuffixes::parse(text);
    ASSERT_FALSE(list) << text;
    EXPECT_NE(list.error().message.find("holds no rule"), std::string::npos);
  }
}

}  // namespace
}  // namespace dn::policy
