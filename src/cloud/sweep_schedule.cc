#include "cloud/sweep_schedule.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace dn::cloud {
namespace {

constexpr int kDoublingsMax = 16;

}  // namespace

SweepSchedule::SweepSchedule(Random random, MonotonicTime now, Duration used_groups)
    : random_(std::move(random)),
      used_groups_(used_groups),
      counted_at_(now),
      paused_until_(now) {
  for (State& state : states_) state.due = now;
  put_off(Sweep::UsedGroups, used_groups_, now);
}

Duration SweepSchedule::interval_of(Sweep sweep) const {
  switch (sweep) {
    case Sweep::Preferences: return kPreferencesInterval;
    case Sweep::Interfaces: return kInterfacesInterval;
    case Sweep::AllGroups: return kAllGroupsInterval;
    case Sweep::UsedGroups: return used_groups_;
    case Sweep::Lists: break;
  }
  return kListsInterval;
}

Duration SweepSchedule::up_to(Duration most) {
  return Duration(
      static_cast<Duration::rep>(random_() % (static_cast<std::uint64_t>(most.count()) + 1)));
}

void SweepSchedule::put_off(Sweep sweep, Duration interval, MonotonicTime now) {
  state_of(sweep) = {.due = now + interval - up_to(interval / 4), .in_work = false};
}

std::optional<Sweep> SweepSchedule::begin_next(MonotonicTime now) {
  std::optional<Sweep> next;
  for (std::size_t at = 0; at < kSweeps; ++at) {
    const State& state = states_[at];
    if (state.in_work || state.due > now) continue;
    if (!next || state.due < state_of(*next).due) next = static_cast<Sweep>(at);
  }
  if (next) state_of(*next).in_work = true;
  return next;
}

std::optional<MonotonicTime> SweepSchedule::next_due() const {
  std::optional<MonotonicTime> due;
  for (const State& state : states_) {
    if (!state.in_work && (!due || state.due < *due)) due = state.due;
  }
  return due;
}

void SweepSchedule::on_done(Sweep sweep, MonotonicTime now) {
  set_rate(std::min(rate_ + 1, kFullRate), now);
  put_off(sweep, interval_of(sweep) * kFullRate / rate_, now);
}

void SweepSchedule::on_given_up(Sweep sweep, MonotonicTime now) {
  put_off(sweep, interval_of(sweep) * kFullRate / rate_ / 4, now);
}

void SweepSchedule::hurry(Sweep sweep, MonotonicTime due) {
  State& state = state_of(sweep);
  if (!state.in_work) state.due = std::min(state.due, due);
}

// -- calls ----------------------------------------------------------------------------------------

double SweepSchedule::calls_at(MonotonicTime now) const {
  const double seconds = std::chrono::duration<double>(now - counted_at_).count();
  return std::min(kCallBurst, calls_ + std::max(0.0, seconds) * calls_per_second());
}

bool SweepSchedule::take_call(MonotonicTime now) {
  if (now < paused_until_) return false;
  const double calls = calls_at(now);
  if (calls < 1) return false;
  calls_ = calls - 1;
  counted_at_ = now;
  return true;
}

MonotonicTime SweepSchedule::next_call(MonotonicTime now) const {
  const double calls = calls_at(now);
  MonotonicTime next = now;
  if (calls < 1) {
    // Rounded up: at that time the call is really there.
    const double seconds = (1 - calls) / calls_per_second();
    next += Duration(static_cast<Duration::rep>(std::ceil(seconds * 1e9)) + 1);
  }
  return std::max(next, paused_until_);
}

// What has gathered so far did so at the old rate.
void SweepSchedule::set_rate(int rate, MonotonicTime now) {
  calls_ = calls_at(now);
  counted_at_ = now;
  rate_ = rate;
}

void SweepSchedule::on_throttled(MonotonicTime now) {
  set_rate(std::max(rate_ / 2, 1), now);
  on_error(now);
}

void SweepSchedule::on_error(MonotonicTime now) {
  if (now < paused_until_) return;
  const int doublings = std::min(failures_++, kDoublingsMax);
  const Duration most = std::min<Duration>(Duration(kPauseFirst) * (1 << doublings), kPauseMax);
  paused_until_ = now + up_to(most);
}

}  // namespace dn::cloud
