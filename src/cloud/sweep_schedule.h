// SweepSchedule: when to ask the cloud for what, and how fast.
//
// Every kind of sweep has an interval, shortened by a chance of up to a quarter so that a fleet
// does not ask in step. At most one call is made at a time, and calls keep a budget:
// kCallsPerSecond with bursts of kCallBurst. EC2 gives an account 20 calls a second of each
// Describe action per region (EC2 developer guide, "Request throttling"), shared with all that its
// owner runs; one gateway takes a tenth of that at most, beside the two look-ups a second of
// unknown_clients.h, and its sweeps at their intervals far less.
//
// A throttled gateway halves its rate, down to an eighth: budget and intervals. Each finished sweep
// gives an eighth back. After any failed call the next one waits a random time up to a limit that
// begins at kPauseFirst and doubles up to kPauseMax ("full jitter"); a good answer begins anew. A
// look-up for somebody who waits is made in a pause too; that it fails makes the pause no longer.
// Pure: time is an argument, chance a function. One thread. Covered by sweep_schedule_test.cc.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>

#include "base/time.h"

namespace dn::cloud {

enum class Sweep : std::uint8_t {
  Preferences,  // the document, a call or two
  Interfaces,   // all of them, by pages
  AllGroups,    // all of them, by pages
  UsedGroups,   // by their ids: rules are what people edit while they watch
  Lists,        // every external list
};
inline constexpr std::size_t kSweeps = 5;

inline constexpr auto kInterfacesInterval = std::chrono::seconds(60);
inline constexpr auto kUsedGroupsInterval = std::chrono::seconds(20);  // where none is given
inline constexpr auto kAllGroupsInterval = std::chrono::minutes(5);
inline constexpr auto kPreferencesInterval = std::chrono::minutes(5);
inline constexpr auto kListsInterval = std::chrono::minutes(5);
inline constexpr double kCallsPerSecond = 2;
inline constexpr double kCallBurst = 20;
inline constexpr auto kPauseFirst = std::chrono::milliseconds(500);
inline constexpr auto kPauseMax = std::chrono::seconds(30);

class SweepSchedule {
 public:
  using Random = std::function<std::uint64_t()>;  // any 64 bits, equally likely

  // All but UsedGroups, which AllGroups covers at first, are due at `now`.
  SweepSchedule(Random random, MonotonicTime now, Duration used_groups = kUsedGroupsInterval);

  // The sweep that has been due for longest; in work until one of the next two is called for it.
  std::optional<Sweep> begin_next(MonotonicTime now);
  void on_done(Sweep sweep, MonotonicTime now);
  // It cannot go on (a token expired, access denied): due again after a quarter of its interval.
  void on_given_up(Sweep sweep, MonotonicTime now);
  // Due then at the latest, unless it is in work: something new is to be read.
  void hurry(Sweep sweep, MonotonicTime due);

  // Takes one call from the budget; false when it has to wait until next_call().
  bool take_call(MonotonicTime now);
  MonotonicTime next_call(MonotonicTime now) const;
  // The outcome of a call.
  void on_answer() { failures_ = 0; }
  void on_throttled(MonotonicTime now);
  void on_error(MonotonicTime now);

  // When begin_next() has something; nothing when all are in work.
  std::optional<MonotonicTime> next_due() const;
  // 1 to kFullRate: the share of the full rate, in eighths.
  int rate() const { return rate_; }
  static constexpr int kFullRate = 8;

 private:
  struct State {
    MonotonicTime due;
    bool in_work = false;
  };
  State& state_of(Sweep sweep) { return states_[static_cast<std::size_t>(sweep)]; }
  Duration interval_of(Sweep sweep) const;
  void put_off(Sweep sweep, Duration interval, MonotonicTime now);
  Duration up_to(Duration most);
  double calls_per_second() const { return kCallsPerSecond * rate_ / kFullRate; }
  double calls_at(MonotonicTime now) const;
  void set_rate(int rate, MonotonicTime now);

  Random random_;
  Duration used_groups_;
  std::array<State, kSweeps> states_;
  int rate_ = kFullRate;
  int failures_ = 0;  // since the last good answer
  double calls_ = kCallBurst;
  MonotonicTime counted_at_;
  MonotonicTime paused_until_;
};

}  // namespace dn::cloud
