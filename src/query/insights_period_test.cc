#include "query/insights_period.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <string>

namespace dn::query::insights {
namespace {

TEST(InsightsPeriod, ReadsEveryUnit) {
  const struct {
    const char* text;
    std::int64_t milliseconds, months;
  } periods[] = {
      {"5ms", 5, 0},
      {"5msec", 5, 0},
      {"1millisecond", 1, 0},
      {"5milliseconds", 5, 0},
      {"30s", 30'000, 0},
      {"30sec", 30'000, 0},
      {"1second", 1000, 0},
      {"30seconds", 30'000, 0},
      {"5m", 300'000, 0},
      {"5min", 300'000, 0},
      {"5Minutes", 300'000, 0},
      {"2h", 7'200'000, 0},
      {"2hr", 7'200'000, 0},
      {"2hours", 7'200'000, 0},
      {"1d", 86'400'000, 0},
      {"3days", 259'200'000, 0},
      {"1w", 604'800'000, 0},
      {"2weeks", 1'209'600'000, 0},
      {"1mo", 0, 1},
      {"1mon", 0, 1},
      {"6months", 0, 6},
      {"1q", 0, 3},
      {"2qtr", 0, 6},
      {"1quarter", 0, 3},
      {"1y", 0, 12},
      {"1yr", 0, 12},
      {"10years", 0, 120},
  };
  for (const auto& [text, milliseconds, months] : periods) {
    const auto period = parse_period(text);
    ASSERT_TRUE(period) << text;
    EXPECT_EQ(period->milliseconds, milliseconds) << text;
    EXPECT_EQ(period->months, months) << text;
  }
}

TEST(InsightsPeriod, TakesTheLargestCountOfItsUnit) {
  EXPECT_EQ(parse_period("300s")->milliseconds, 60'000);
  EXPECT_EQ(parse_period("5000ms")->milliseconds, 1000);
  EXPECT_EQ(parse_period("61m")->milliseconds, 3'600'000);
  EXPECT_EQ(parse_period("25h")->milliseconds, 86'400'000);
  EXPECT_EQ(parse_period("8d")->milliseconds, 8 * 86'400'000LL);
  EXPECT_EQ(parse_period("9000000000y")->months, 12'000'000);
}

TEST(InsightsPeriod, RefusesEverythingElse) {
  for (const char* const text : {"", "m", "5", "0m", "-5m", "1.5m", "5x", "5ss", "5mss", "5hrs",
                                 "5m ", "5 m", "99999999999999999999s"}) {
    EXPECT_FALSE(parse_period(text)) << text;
  }
}

TEST(InsightsPeriod, FloorsAndCeilsToTheCalendar) {
  const double leap = 951'827'696'789;                                 // 2000-02-29 12:34:56.789
  EXPECT_EQ(floor_time(leap, *parse_period("1mo")), 949'363'200'000);  // 2000-02-01
  EXPECT_EQ(ceil_time(leap, *parse_period("1mo")), 951'868'800'000);   // 2000-03-01
  EXPECT_EQ(floor_time(leap, *parse_period("1y")), 946'684'800'000);   // 2000-01-01
  EXPECT_EQ(ceil_time(leap, *parse_period("1y")), 978'307'200'000);    // 2001-01-01
  EXPECT_EQ(floor_time(leap, *parse_period("1w")), 951'696'000'000);   // Monday 2000-02-28
  EXPECT_EQ(floor_time(-1, *parse_period("1d")), -86'400'000);
  EXPECT_EQ(ceil_time(-1, *parse_period("1d")), 0);
  EXPECT_EQ(floor_time(-1, *parse_period("1mo")), -2'678'400'000);  // 1969-12-01
  EXPECT_EQ(ceil_time(86'400'000, *parse_period("1d")), 86'400'000);
  EXPECT_EQ(floor_time(1.5, *parse_period("1ms")), 1);
}

TEST(InsightsPeriod, FarTimesHaveNone) {
  for (const char* const text : {"1ms", "1d", "1w", "1mo", "1000000y"}) {
    for (const double time : {1e300, -1e300, 1e18, -1e18}) {
      EXPECT_FALSE(floor_time(time, *parse_period(text))) << text;
      EXPECT_FALSE(ceil_time(time, *parse_period(text))) << text;
    }
  }
}

TEST(InsightsPeriod, EveryTimeLiesBetweenItsFloorAndItsCeiling) {
  std::mt19937_64 random(2);
  for (const char* const text : {"1ms", "7s", "60m", "1h", "24h", "3d", "2w", "1mo", "5mo", "1q",
                                 "7y", "1000000d", "100000mo"}) {
    const Period period = *parse_period(text);
    for (int i = 0; i < 500; ++i) {
      const double time =
          static_cast<double>(static_cast<std::int64_t>(random() % 4'000'000'000'000ULL)) - 2e12;
      const auto floor = floor_time(time, period), ceil = ceil_time(time, period);
      ASSERT_TRUE(floor) << text;
      EXPECT_LE(*floor, time);
      EXPECT_EQ(floor_time(*floor, period), floor);
      if (!ceil) continue;  // behind the calendar
      EXPECT_GE(*ceil, time);
      if (*ceil != time) {
        EXPECT_EQ(floor_time(*ceil - 1, period), floor) << text;
      }
    }
  }
}

}  // namespace
}  // namespace dn::query::insights
