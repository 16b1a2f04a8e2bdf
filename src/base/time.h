// Time as an argument: pure code never asks a clock.
//
// Now carries both clocks of one moment. The monotonic one drives every timer; the wall clock only
// stamps log lines and dates see-thru, and may be marked untrusted (not synchronised), in which
// case see-thru counts as expired.
#pragma once

#include <chrono>
#include <cstdint>

namespace dn {

using Duration = std::chrono::nanoseconds;
using MonotonicTime = std::chrono::time_point<std::chrono::steady_clock, Duration>;
using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;
using Date = std::chrono::year_month_day;

struct Now {
  MonotonicTime monotonic;
  WallTime wall;
  bool wall_trusted = true;
  Date today() const { return Date{std::chrono::floor<std::chrono::days>(wall)}; }
};

}  // namespace dn
