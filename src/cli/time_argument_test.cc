// Table: text → moment, as a beginning and as an end.
#include "cli/time_argument.h"

#include <gtest/gtest.h>

#include <string>

#include "records/json_text.h"

namespace dn::cli {
namespace {

using namespace std::chrono_literals;

constexpr WallTime kNow =
    std::chrono::sys_days{std::chrono::year{2026} / 11 / 22} + 12h + 30min + 250ms;

struct Case {
  std::string_view text, begin, end;
};

TEST(TimeArgument, ReadsDurationsDaysAndTimes) {
  for (const Case& c : {
           Case{"2h", "2026-11-22T10:30:00.250Z", "2026-11-22T10:30:00.250Z"},
           Case{"30m", "2026-11-22T12:00:00.250Z", "2026-11-22T12:00:00.250Z"},
           Case{"45s", "2026-11-22T12:29:15.250Z", "2026-11-22T12:29:15.250Z"},
           Case{"7d", "2026-11-15T12:30:00.250Z", "2026-11-15T12:30:00.250Z"},
           Case{"0s", "2026-11-22T12:30:00.250Z", "2026-11-22T12:30:00.250Z"},
           Case{"2026-11-20", "2026-11-20T00:00:00.000Z", "2026-11-20T23:59:59.999Z"},
           Case{"2024-02-29", "2024-02-29T00:00:00.000Z", "2024-02-29T23:59:59.999Z"},
           Case{"2026-11-22T03:15:00Z", "2026-11-22T03:15:00.000Z", "2026-11-22T03:15:00.000Z"},
           Case{"2026-11-22t03:15:00z", "2026-11-22T03:15:00.000Z", "2026-11-22T03:15:00.000Z"},
           Case{"2026-11-22 03:15Z", "2026-11-22T03:15:00.000Z", "2026-11-22T03:15:00.000Z"},
           Case{"2026-11-22T03:15:00.5Z", "2026-11-22T03:15:00.500Z", "2026-11-22T03:15:00.500Z"},
           Case{"2026-11-22T03:15:00.123999Z", "2026-11-22T03:15:00.123Z",
                "2026-11-22T03:15:00.123Z"},
           Case{"2026-11-22T00:15:00+01:00", "2026-11-21T23:15:00.000Z",
                "2026-11-21T23:15:00.000Z"},
           Case{"2026-11-22T23:15:00-05:30", "2026-11-23T04:45:00.000Z",
                "2026-11-23T04:45:00.000Z"},
           Case{"2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z", "2017-01-01T00:00:00.000Z"},
           Case{"1970-01-01", "1970-01-01T00:00:00.000Z", "1970-01-01T23:59:59.999Z"},
           Case{"9999-12-31", "9999-12-31T00:00:00.000Z", "9999-12-31T23:59:59.999Z"},
       }) {
    const auto argument = TimeArgument::parse(c.text);
    ASSERT_TRUE(argument) << c.text << ": " << argument.error().message;
    EXPECT_EQ(records::format_time(argument->as_begin(kNow)), c.begin) << c.text;
    EXPECT_EQ(records::format_time(argument->as_end(kNow)), c.end) << c.text;
  }
}

TEST(TimeArgument, RefusesEverythingElseAndSaysWhatToWrite) {
  for (const std::string_view text : {"",
                                      " 2h",
                                      "2 h",
                                      "2",
                                      "h",
                                      "-2h",
                                      "2h30m",
                                      "1.5h",
                                      "2y",
                                      "+1h",
                                      "2026-11-31",
                                      "2026-13-01",
                                      "2026-02-29",
                                      "2026-1-1",
                                      "1969-12-31",
                                      "10000-01-01",
                                      "2026-11-22T",
                                      "2026-11-22T3:15:00Z",
                                      "2026-11-22T24:00:00Z",
                                      "2026-11-22T03:60:00Z",
                                      "2026-11-22T03:15:61Z",
                                      "2026-11-22T03:15:00.Z",
                                      "2026-11-22T03:15:00Zx",
                                      "2026-11-22T03:15:00+0100",
                                      "2026-11-22T03:15:00+24:00",
                                      "2026-11-22X03:15:00Z",
                                      "2026-11-22T+3:15:00Z",
                                      "yesterday",
                                      "1763781300",
                                      "\x1b[2J"}) {
    const auto argument = TimeArgument::parse(text);
    ASSERT_FALSE(argument) << text;
    EXPECT_TRUE(argument.error().message.contains("write a duration")) << argument.error().message;
    EXPECT_FALSE(argument.error().message.contains("\x1b"));
  }
  const auto zoneless = TimeArgument::parse("2026-11-22T03:15:00");
  ASSERT_FALSE(zoneless);
  EXPECT_EQ(zoneless.error().message,
            "\"2026-11-22T03:15:00\": a time without its zone; write \"Z\" (UTC) or an offset "
            "(\"+01:00\") behind it");
}

TEST(TimeArgument, EveryPrefixOfATimeIsReadOrRefused) {
  const std::string whole = "2026-11-22T03:15:00.123+01:00";
  std::size_t good = 0;
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    if (TimeArgument::parse(whole.substr(0, size))) ++good;
  }
  EXPECT_EQ(good, 2U);  // the day, and all of it
}

TEST(TimeSpan, HasDefaultsAndRefusesAnEndBeforeItsBeginning) {
  const auto both = resolve_span({}, 1h, kNow);
  ASSERT_TRUE(both);
  EXPECT_EQ(both->from, kNow - 1h);
  EXPECT_EQ(both->to, kNow);
  // A day from its first moment to its last.
  const auto day = *TimeArgument::parse("2026-11-20");
  const auto whole = resolve_span({day, day}, 1h, kNow);
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->to - whole->from, 24h - 1ms);
  // The default stretch ends where --until says.
  const auto before = resolve_span({{}, day}, 1h, kNow);
  ASSERT_TRUE(before);
  EXPECT_EQ(before->to - before->from, std::chrono::milliseconds(1h));
  const auto wrong = resolve_span({*TimeArgument::parse("2027-01-01"), {}}, 1h, kNow);
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().message,
            "--since (2027-01-01T00:00:00.000Z) is later than now (2026-11-22T12:30:00.250Z); "
            "write the earlier one first");
  // Longer ago than times exist.
  EXPECT_EQ(resolve_span({*TimeArgument::parse("99999d"), {}}, 1h, kNow)->from, WallTime{});
}

TEST(TimeSpan, ReadsADayAlone) {
  EXPECT_EQ(parse_day("2026-11-22"), std::chrono::year{2026} / 11 / 22);
  EXPECT_FALSE(parse_day("2026-11-22T03:15:00Z"));
  EXPECT_FALSE(parse_day("2h"));
}

}  // namespace
}  // namespace dn::cli
