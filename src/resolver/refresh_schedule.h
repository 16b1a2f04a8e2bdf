// RefreshSchedule: when each exact name of the policy is looked up again. Pure; time is an
// argument.
//
// A name is due at once when it is new, then before its TTL ends: after 90 % of it, give or take a
// tenth. A name that fails is due again after 1 s, doubled at each failure up to kDnsNegativeTtl
// (no such name, no address) or kFailedRetryMax, with the same jitter, so that names that failed
// together do not come back together. A name is never due more often than once a second, and a
// schedule of N names never asks more than kRefreshesPerSecondMax in the long run: the retention
// keeps addresses far longer than that makes a big set wait.
// The due times are a binary heap of name numbers; each name knows its place in it, so that an
// answer to somebody else's question moves it. Covered by refresh_schedule_test.cc, in simulated
// time.
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "engine/effects.h"
#include "resolver/name_list.h"

namespace dn::resolver {

inline constexpr auto kFailedRetryMax = std::chrono::seconds(60);
inline constexpr std::size_t kRefreshesPerSecondMax = 1000;

// One thread. A name is either in the heap, waiting, or taken, until its outcome is told.
class RefreshSchedule {
 public:
  explicit RefreshSchedule(std::uint32_t seed) : random_(seed) {}

  // The names to keep fresh from now on; sorted. Names that stay keep their due time.
  void replace(NameList names, MonotonicTime now);

  // Takes the name that is due longest; nullopt when none is due. The view lives until replace().
  std::optional<std::string_view> take_due(MonotonicTime now);
  // When the next name that is not taken is due.
  std::optional<MonotonicTime> next_due() const;

  // The outcome of a question about the name, whoever asked it; other names are ignored. `ttl`
  // counts for Answered only.
  void on_outcome(std::string_view name, engine::DnsStatus status, Duration ttl, MonotonicTime now);

  bool contains(std::string_view name) const { return names_.find(name).has_value(); }
  std::size_t size() const { return names_.size(); }
  // Names without any outcome so far.
  std::size_t without_outcome() const { return without_outcome_; }

 private:
  static constexpr std::uint32_t kTaken = UINT32_MAX;
  struct Name {
    MonotonicTime due;
    std::uint32_t place = kTaken;  // in the heap
    std::uint8_t failures = 0;     // in a row
    bool had_outcome = false;
  };

  Duration wait(Name& name, engine::DnsStatus status, Duration ttl);
  Duration jitter(Duration around);
  bool earlier(std::uint32_t a, std::uint32_t b) const;
  void put(std::size_t place, std::uint32_t name);
  void sift_up(std::size_t place);
  void sift_down(std::size_t place);

  NameList names_;
  std::vector<Name> state_;          // beside names_
  std::vector<std::uint32_t> heap_;  // of positions in names_; the earliest due first
  std::size_t without_outcome_ = 0;
  std::minstd_rand random_;
};

}  // namespace dn::resolver
