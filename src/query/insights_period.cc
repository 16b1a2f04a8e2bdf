#include "query/insights_period.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>

#include "base/ascii.h"
#include "query/insights_lexer.h"
#include "query/insights_limits.h"

namespace dn::query::insights {
namespace {

struct Unit {
  std::array<std::string_view, 3> names;  // the last may take an s
  std::int64_t milliseconds, months, most;
};
constexpr std::int64_t kSecond = 1000, kDay = 86'400'000;
constexpr std::array kUnits = {
    Unit{{"ms", "msec", "millisecond"}, 1, 0, 1000},
    Unit{{"s", "sec", "second"}, kSecond, 0, 60},
    Unit{{"m", "min", "minute"}, 60 * kSecond, 0, 60},
    Unit{{"h", "hr", "hour"}, 3600 * kSecond, 0, 24},
    Unit{{"d", "d", "day"}, kDay, 0, kPeriodCountMax},
    Unit{{"w", "w", "week"}, 7 * kDay, 0, kPeriodCountMax},
    Unit{{"mo", "mon", "month"}, 0, 1, kPeriodCountMax},
    Unit{{"q", "qtr", "quarter"}, 0, 3, kPeriodCountMax},
    Unit{{"y", "yr", "year"}, 0, 12, kPeriodCountMax},
};
constexpr std::int64_t kMonday = -3 * kDay;  // 1970-01-01 was a Thursday
constexpr double kFar = 1e15;                // milliseconds; the year 33658

const Unit* find_unit(std::string_view name) {
  for (const Unit& unit : kUnits) {
    for (const std::string_view known : unit.names) {
      if (equal_ignoring_case(name, known)) return &unit;
    }
    const std::string_view longest = unit.names.back();
    if (name.size() == longest.size() + 1 && (name.back() == 's' || name.back() == 'S') &&
        equal_ignoring_case(name.substr(0, longest.size()), longest)) {
      return &unit;
    }
  }
  return nullptr;
}

std::int64_t floor_multiple(std::int64_t value, std::int64_t step) {
  const std::int64_t rest = value % step;
  return value - rest - (rest < 0 ? step : 0);
}

std::int64_t month_start(std::int64_t month) {  // months since January 1970
  const std::int64_t year = 1970 + floor_multiple(month, 12) / 12;
  const auto in_year = static_cast<unsigned>(month - floor_multiple(month, 12)) + 1;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(year)),
                                         std::chrono::month(in_year), std::chrono::day(1)};
  return std::chrono::sys_days(date).time_since_epoch().count() * kDay;
}

std::int64_t month_of(std::int64_t milliseconds) {
  const std::chrono::sys_days day{std::chrono::days(floor_multiple(milliseconds, kDay) / kDay)};
  const std::chrono::year_month_day date(day);
  return (static_cast<int>(date.year()) - 1970) * 12LL + static_cast<unsigned>(date.month()) - 1;
}

}  // namespace

std::optional<Period> parse_period(std::string_view text) {
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || count < 1) return std::nullopt;
  const auto digits = static_cast<std::size_t>(end - text.data());
  const Unit* const unit = find_unit(text.substr(digits));
  if (unit == nullptr) return std::nullopt;
  count = std::min(count, unit->most);
  const bool weeks = unit->milliseconds == 7 * kDay;
  return Period{count * unit->milliseconds, count * unit->months, weeks ? kMonday : 0};
}

std::optional<double> floor_time(double milliseconds, const Period& period) {
  if (!(std::fabs(milliseconds) < kFar)) return std::nullopt;
  const auto time = static_cast<std::int64_t>(std::floor(milliseconds));
  if (period.milliseconds > 0) {
    const std::int64_t since = floor_multiple(time - period.origin, period.milliseconds);
    return static_cast<double>(since + period.origin);
  }
  constexpr std::int64_t kCalendarMonths = 12LL * 30'000;  // std::chrono::year ends at 32767
  const std::int64_t month = floor_multiple(month_of(time), period.months);
  if (std::abs(month) > kCalendarMonths) return std::nullopt;
  return static_cast<double>(month_start(month));
}

std::optional<double> ceil_time(double milliseconds, const Period& period) {
  const auto floor = floor_time(milliseconds, period);
  if (!floor || *floor == milliseconds) return floor;
  if (period.milliseconds > 0) return *floor + static_cast<double>(period.milliseconds);
  const std::int64_t month = month_of(static_cast<std::int64_t>(*floor)) + period.months;
  constexpr std::int64_t kCalendarMonths = 12LL * 30'000;
  if (std::abs(month) > kCalendarMonths) return std::nullopt;
  return static_cast<double>(month_start(month));
}

}  // namespace dn::query::insights
