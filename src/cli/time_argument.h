// TimeArgument: a moment as people write it behind --since and --until.
//
//   2h 30m 90s 7d             that long ago
//   2026-11-22                a day, UTC: its first moment behind --since, its last behind --until
//   2026-11-22T03:15:00.5Z    RFC 3339, with Z or an offset; a blank may stand for the T, and the
//                             seconds may be missing
//
// Nothing else is guessed. Years 1970 to 9999. Covered by time_argument_test.cc.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace dn::cli {

class TimeArgument {
 public:
  // The error says what to write instead.
  static Result<TimeArgument> parse(std::string_view text);

  WallTime as_begin(WallTime now) const;
  WallTime as_end(WallTime now) const;  // the last millisecond that counts

 private:
  enum class Kind : std::uint8_t { Ago, Moment, Day };
  Kind kind_ = Kind::Ago;
  std::chrono::seconds ago_{};
  WallTime moment_;
};

// A date alone, "2026-11-22".
std::optional<Date> parse_day(std::string_view text);

// What --since and --until say together.
struct TimeSpan {
  std::optional<TimeArgument> since, until;
};
struct ResolvedSpan {
  WallTime from, to;  // both included
};
// Without `since` the span begins `ago` before now; without `until` it ends now. An error when it
// ends before it begins.
Result<ResolvedSpan> resolve_span(const TimeSpan& span, std::chrono::seconds ago, WallTime now);

}  // namespace dn::cli
