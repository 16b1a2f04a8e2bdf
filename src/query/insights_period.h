// Period: the lengths of time that bin, datefloor and dateceil round to.
//
// A count that is too large for its unit is taken for the largest that is not: 1000 ms, 60 s, 60 m,
// 24 h; so bin(300s) is a minute, as at the service whose language this is. Weeks begin on Monday;
// months, quarters and years are those of the calendar, all in UTC. Covered by
// insights_period_test.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace dn::query::insights {

struct Period {
  std::int64_t milliseconds = 0;  // 0: counted in months
  std::int64_t months = 0;
  std::int64_t origin = 0;  // a multiple lies here, milliseconds since 1970
};

// "5m", "300s", "2weeks"; nothing when it is no period of at least one unit.
std::optional<Period> parse_period(std::string_view text);

// The latest multiple of the period that is not behind `milliseconds`, and the earliest not before.
// Far outside of the calendar's four-digit years: nothing.
std::optional<double> floor_time(double milliseconds, const Period& period);
std::optional<double> ceil_time(double milliseconds, const Period& period);

}  // namespace dn::query::insights
