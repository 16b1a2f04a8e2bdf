// Documents in; preferences, warnings and errors out.
#include "cloud/preferences_document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dn::cloud {
namespace {

using policy::FlowLogVerbosity;
using policy::Preferences;
using policy::WildcardExposure;
using policy::X509Crls;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

void expect_defaults(const Preferences& preferences) {
  EXPECT_EQ(preferences.wildcard_exposure, WildcardExposure::ProhibitPublicSuffix);
  EXPECT_EQ(preferences.flow_log_verbosity, FlowLogVerbosity::Full);
  EXPECT_EQ(preferences.see_thru, std::nullopt);
  EXPECT_EQ(preferences.x509_crls, X509Crls::Ignore);
}

TEST(PreferencesDocument, ReadsEveryKey) {
  const auto read = parse_preferences(R"( {"%default": {"wildcard_exposure": "nuclear",
      "flow_log_verbosity": "only_disallowed", "see_thru": "2026-12-24", "x509_crls": "allow"}} )");
  ASSERT_TRUE(read);
  EXPECT_THAT(read->warnings, IsEmpty());
  EXPECT_EQ(read->preferences.wildcard_exposure, WildcardExposure::Nuclear);
  EXPECT_EQ(read->preferences.flow_log_verbosity, FlowLogVerbosity::OnlyDisallowed);
  EXPECT_EQ(read->preferences.see_thru, std::chrono::year(2026) / std::chrono::December / 24);
  EXPECT_EQ(read->preferences.x509_crls, X509Crls::Allow);
}

TEST(PreferencesDocument, GivesMissingKeysTheirDefaultAndIgnoresOthers) {
  for (const std::string_view text :
       {R"({"%default": {}})", R"({"%default": {"see_thru": null, "new_key": [1, {"a": 2}]}})",
        R"({"%default": {"wildcard_exposure": "prohibit_public_suffix"}, "sg-1": 7})"}) {
    const auto read = parse_preferences(text);
    ASSERT_TRUE(read) << text;
    EXPECT_THAT(read->warnings, IsEmpty()) << text;
    expect_defaults(read->preferences);
  }
}

TEST(PreferencesDocument, WarnsOfAWrongValueAndUsesItsDefault) {
  const auto read = parse_preferences(R"({"%default": {"wildcard_exposure": "all",
      "flow_log_verbosity": null, "see_thru": "2026-02-30", "x509_crls": true}})");
  ASSERT_TRUE(read);
  expect_defaults(read->preferences);
  EXPECT_THAT(read->warnings,
              ElementsAre(AllOf(HasSubstr("wildcard_exposure"), HasSubstr("\"nuclear\"")),
                          HasSubstr("flow_log_verbosity is not a text"),
                          HasSubstr("x509_crls is not a text"),
                          AllOf(HasSubstr("see_thru"), HasSubstr("no such day"))));
}

TEST(PreferencesDocument, OneWrongValueCostsNoOther) {
  const auto read =
      parse_preferences(R"({"%default": {"see_thru": 20261224, "x509_crls": "allow"}})");
  ASSERT_TRUE(read);
  EXPECT_THAT(read->warnings, ElementsAre(HasSubstr("see_thru is not a text")));
  EXPECT_EQ(read->preferences.x509_crls, X509Crls::Allow);
}

TEST(PreferencesDocument, WarnsWithoutTheDefaultKey) {
  const auto read = parse_preferences(R"({"wildcard_exposure": "nuclear"})");
  ASSERT_TRUE(read);
  EXPECT_THAT(read->warnings, ElementsAre(HasSubstr("no \"%default\"")));
  expect_defaults(read->preferences);
}

TEST(PreferencesDocument, RefusesWhatItCannotRead) {
  struct Case {
    std::string text;
    std::string_view want;
  };
  for (const Case& test :
       {Case{"", "not JSON"}, Case{"{\"%default\": {", "not JSON"}, Case{"{} x", "not JSON"},
        Case{"[]", "not a JSON object"}, Case{"{\"%default\": null}", "is not a JSON object"},
        Case{std::string(1000, '['), "not JSON"}, Case{"\xff", "not JSON"},
        Case{std::string(kPreferencesBytesMax + 1, ' '), "at most 65536"}}) {
    const auto read = parse_preferences(test.text);
    ASSERT_FALSE(read) << test.text.substr(0, 40);
    EXPECT_THAT(read.error().message, HasSubstr(test.want));
  }
}

TEST(PreferencesDocument, RefusesEveryTruncation) {
  const std::string_view text = R"({"%default": {"see_thru": "2026-12-24", "x509_crls": "allow"}})";
  for (std::size_t size = 0; size < text.size(); ++size) {
    EXPECT_FALSE(parse_preferences(text.substr(0, size))) << size;
  }
}

}  // namespace
}  // namespace dn::cloud
