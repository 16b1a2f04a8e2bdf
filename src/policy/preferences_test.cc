#include "policy/preferences.h"

#include <gtest/gtest.h>

namespace dn::policy {
namespace {

TEST(Preferences, ReadsEveryValueAndWritesItBack) {
  for (const char* text : {"none", "prohibit_asterisk", "prohibit_public_suffix", "nuclear"}) {
    const auto value = parse_wildcard_exposure(text);
    ASSERT_TRUE(value) << text;
    EXPECT_EQ(to_text(*value), text);
  }
  for (const char* text : {"full", "only_disallowed", "none"}) {
    const auto value = parse_flow_log_verbosity(text);
    ASSERT_TRUE(value) << text;
    EXPECT_EQ(to_text(*value), text);
  }
  for (const char* text : {"ignore", "allow"}) {
    const auto value = parse_x509_crls(text);
    ASSERT_TRUE(value) << text;
    EXPECT_EQ(to_text(*value), text);
  }
}

TEST(Preferences, AnErrorNamesTheAllowedValues) {
  EXPECT_EQ(parse_wildcard_exposure("Nuclear").error().message,
            "\"Nuclear\": not a value of wildcard_exposure; write one of \"none\", "
            "\"prohibit_asterisk\", \"prohibit_public_suffix\", \"nuclear\"");
  EXPECT_EQ(parse_flow_log_verbosity("").error().message,
            "\"\": not a value of flow_log_verbosity; write one of \"full\", \"only_disallowed\", "
            "\"none\"");
  EXPECT_EQ(parse_x509_crls("yes").error().message,
            "\"yes\": not a value of x509_crls; write one of \"ignore\", \"allow\"");
}

TEST(ThruDate, AcceptsPaddedAndUnpaddedDates) {
  const struct {
    const char* text;
    const char* iso;
  } cases[] = {{"2026-12-24", "2026-12-24"}, {"2022-1-1", "2022-01-01"},
               {"2022-01-1", "2022-01-01"},  {"2024-2-29", "2024-02-29"},
               {"9999-12-31", "9999-12-31"}, {"0001-1-1", "0001-01-01"}};
  for (const auto& c : cases) {
    const auto date = parse_thru_date(c.text);
    ASSERT_TRUE(date) << c.text;
    EXPECT_EQ(format_date(*date), c.iso);
  }
}

TEST(ThruDate, RejectsWhatIsNotADate) {
  for (const char* text : {"", "2026", "2026-12", "2026-12-", "26-12-24", "02026-1-1", "2026/12/24",
                           "2026-12-24 ", " 2026-12-24", "2026-12-024", "2026--1-1", "+026-1-1",
                           "2026-1-1T00:00", "24-12-2026", "tomorrow", "2026-12-24,2027-1-1"}) {
    const auto date = parse_thru_date(text);
    ASSERT_FALSE(date) << text;
    EXPECT_NE(date.error().message.find("write it as YYYY-mm-dd"), std::string::npos) << text;
  }
}

TEST(ThruDate, RejectsDaysThatNoCalendarHas) {
  for (const char* text : {"2026-2-29", "2026-02-30", "2026-13-01", "2026-0-1", "2026-1-0",
                           "2026-4-31", "2100-2-29"}) {
    const auto date = parse_thru_date(text);
    ASSERT_FALSE(date) << text;
    EXPECT_NE(date.error().message.find("the calendar has no such day"), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace dn::policy
