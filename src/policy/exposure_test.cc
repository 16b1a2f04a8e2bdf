#include "policy/exposure.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dn::policy {
namespace {

using ::testing::HasSubstr;

const PublicSuffixes& builtin() {
  static const PublicSuffixes list = PublicSuffixes::parse(builtin_public_suffix_list()).value();
  return list;
}

TEST(Exposure, RejectsPatternsWhoseMatchesAnybodyCouldRegister) {
  const struct {
    const char* pattern;
    const char* suffix;
  } cases[] = {
      {"*.com", "com"},
      {"*.co.uk", "co.uk"},
      {"*.github.io", "github.io"},
      {"*.cloudflare.net", "cloudflare.net"},
      {"*.s3.amazonaws.com", "s3.amazonaws.com"},
      {"*", "*"},
      {"foo*.com", "com"},
      {"*example.com", "com"},
      {"*.*.com", "com"},
      {"a.*.co.uk", "co.uk"},
      {"?.com", "com"},
      {"*.c?m", "*"},
      {"github.c*", "*"},
      {"*.*.github.io", "github.io"},
      {"*.unknown-tld", "unknown-tld"},
      {"*.compute.amazonaws.com", "compute.amazonaws.com"},
      {"*.ck", "ck"},
      {"*.xn--p1ai", "xn--p1ai"},
      // The wildcards of the suffix part reach a listed suffix.
      {"*.s?.amazonaws.com", "s3.amazonaws.com"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(find_exposing_suffix(c.pattern, builtin()), c.suffix) << c.pattern;
    const auto problem =
        find_exposure_problem(c.pattern, WildcardExposure::ProhibitPublicSuffix, builtin());
    EXPECT_EQ(problem, "publicsuffix[.]org list matched with `" + std::string(c.suffix) + "`");
  }
  EXPECT_TRUE(find_exposing_suffix("*.*.amazonaws.com", builtin()));
  EXPECT_TRUE(find_exposing_suffix("*.s3.*.amazonaws.com", builtin()));
}

TEST(Exposure, AcceptsPatternsBelowANameThatSomebodyOwns) {
  for (const char* pattern :
       {"*.github.com", "*.api.github.com", "api-*.example.com", "?.example.co.uk",
        "*.*.example.com", "*.evil.github.io", "s3.*.amazonaws.com", "dynamodb.*.amazonaws.com",
        "*.bucket.s3.amazonaws.com", "*.www.ck"}) {
    EXPECT_FALSE(find_exposing_suffix(pattern, builtin())) << pattern;
  }
}

TEST(Exposure, EachPreferencePermitsLessThanTheNext) {
  const struct {
    const char* pattern;
    WildcardExposure exposure;
    const char* want;  // empty: accepted
  } cases[] = {
      {"?.example.com", WildcardExposure::None, "prohibits wildcards; list the names"},
      {"*.example.com", WildcardExposure::None, "prohibits wildcards; list the names"},
      {"?.example.com", WildcardExposure::ProhibitAsterisk, ""},
      {"*.example.com", WildcardExposure::ProhibitAsterisk,
       "\"prohibit_asterisk\" prohibits \"*\""},
      {"?.com", WildcardExposure::ProhibitAsterisk, "list matched with `com`"},
      {"*.example.com", WildcardExposure::ProhibitPublicSuffix, ""},
      {"*.com", WildcardExposure::ProhibitPublicSuffix, "list matched with `com`"},
      {"*.com", WildcardExposure::Nuclear, ""},
      {"*", WildcardExposure::Nuclear, ""},
  };
  for (const auto& c : cases) {
    const auto problem = find_exposure_problem(c.pattern, c.exposure, builtin());
    EXPECT_EQ(problem.has_value(), *c.want != '\0') << c.pattern;
    EXPECT_THAT(problem.value_or(""), HasSubstr(c.want)) << c.pattern;
  }
}

}  // namespace
}  // namespace dn::policy
