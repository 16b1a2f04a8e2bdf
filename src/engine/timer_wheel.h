// TimerWheel: one deadline per flow, set and cancelled in constant time without allocation.
//
// Items are indices into the owner's table, which holds a TimerLink for each. Slots of 10 ms; a
// deadline fires at most one slot late, never early. One further away than one turn stays in its
// slot and is looked at again each turn.
// Covered by timer_wheel_test.cc.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/time.h"

namespace dn::engine {

inline constexpr std::uint32_t kNoFlow = ~0U;

struct TimerLink {
  std::uint32_t previous = kNoFlow, next = kNoFlow;
  std::uint32_t slot = kNoFlow;  // kNoFlow: not set
  MonotonicTime due;
};

// `Links` gives the TimerLink of an index: TimerLink& link_of(std::uint32_t).
template <class Links>
class TimerWheel {
 public:
  explicit TimerWheel(Links& links) : links_(links) { heads_.fill(kNoFlow); }

  bool empty() const { return count_ == 0; }

  void set(std::uint32_t index, MonotonicTime due) {
    cancel(index);
    TimerLink& link = links_.link_of(index);
    // Rounded up: when the hand stands at a slot, the deadlines of this turn in it have passed. And
    // never behind the hand: a deadline that has passed fires at its next step.
    const std::int64_t tick = std::max(tick_of(due + kSlotTime - Duration(1)), hand_ + 1);
    link.due = due;
    link.slot = static_cast<std::uint32_t>(tick % kSlots);
    link.previous = kNoFlow;
    link.next = heads_[link.slot];
    if (link.next != kNoFlow) links_.link_of(link.next).previous = index;
    heads_[link.slot] = index;
    ++count_;
  }

  void cancel(std::uint32_t index) {
    TimerLink& link = links_.link_of(index);
    if (link.slot == kNoFlow) return;
    if (link.previous == kNoFlow) {
      heads_[link.slot] = link.next;
    } else {
      links_.link_of(link.previous).next = link.next;
    }
    if (link.next != kNoFlow) links_.link_of(link.next).previous = link.previous;
    link.slot = kNoFlow;
    --count_;
  }

  // Calls fire(index) for every deadline up to `now`, after cancelling it. `fire` may set and
  // cancel any timer.
  template <class Fire>
  void advance(MonotonicTime now, Fire fire) {
    const std::int64_t target = tick_of(now);
    if (hand_ < target - kSlots) hand_ = target - kSlots;
    while (hand_ < target) {
      ++hand_;
      const auto slot = static_cast<std::uint32_t>(hand_ % kSlots);
      std::uint32_t index = heads_[slot];
      while (index != kNoFlow) {
        if (links_.link_of(index).due > now) {
          index = links_.link_of(index).next;
          continue;
        }
        cancel(index);
        fire(index);
        index = heads_[slot];  // the list may have changed
      }
    }
  }

 private:
  static constexpr std::int64_t kSlots = 1024;
  static constexpr Duration kSlotTime = std::chrono::milliseconds(10);
  static std::int64_t tick_of(MonotonicTime time) { return time.time_since_epoch() / kSlotTime; }

  Links& links_;
  std::array<std::uint32_t, kSlots> heads_;
  std::int64_t hand_ = 0;
  std::size_t count_ = 0;
};

}  // namespace dn::engine
