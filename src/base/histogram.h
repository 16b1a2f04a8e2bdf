// Histogram: how long something took, counted in fixed buckets, with the sum of all.
//
// Bounds are ascending and inclusive, as Prometheus wants them (a bucket "le" counts what is less
// than or equal); one more place counts what is above the last. Counts are not cumulative: whoever
// shows them adds up. No allocation, so a packet loop may count. Covered by histogram_test.cc.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>

#include "base/check.h"
#include "base/time.h"

namespace dn {

// From the first bytes of a client to the hand-over, and held for a look-up: network and DNS.
inline constexpr std::array<Duration, 16> kHandshakeBounds = [] {
  using namespace std::chrono_literals;
  return std::array<Duration, 16>{100us, 250us, 500us, 1ms,   2500us, 5ms, 10ms,   25ms,
                                  50ms,  100ms, 250ms, 500ms, 1s,     2s,  5000ms, 10s};
}();
// What the packet loop adds to a packet: computing.
inline constexpr std::array<Duration, 14> kAddedBounds = [] {
  using namespace std::chrono_literals;
  return std::array<Duration, 14>{5us, 10us,   25us, 50us, 100us, 250us, 500us,
                                  1ms, 2500us, 5ms,  10ms, 25ms,  50ms,  100ms};
}();

class Histogram {
 public:
  static constexpr std::size_t kBoundsMax = 16;

  // `bounds` are ascending and outlive the histogram: one of the tables above.
  explicit constexpr Histogram(std::span<const Duration> bounds) : bounds_(bounds) {
    DN_CHECK(bounds.size() <= kBoundsMax, "the tables are made to fit");
  }

  void add(Duration took, std::uint64_t times = 1) {
    const auto place = std::ranges::lower_bound(bounds_, took) - bounds_.begin();
    counts_[static_cast<std::size_t>(place)] += times;
    sum_ += took * static_cast<std::int64_t>(times);
  }

  // Of histograms with the same bounds.
  void merge(const Histogram& other) {
    DN_CHECK(bounds_.data() == other.bounds_.data(), "buckets of different widths do not add up");
    for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
    sum_ += other.sum_;
  }

  std::span<const Duration> bounds() const { return bounds_; }
  // One place more than there are bounds.
  std::span<const std::uint64_t> counts() const {
    return std::span(counts_).first(bounds_.size() + 1);
  }
  std::uint64_t count() const {
    return std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0});
  }
  Duration sum() const { return sum_; }

 private:
  std::span<const Duration> bounds_;
  std::array<std::uint64_t, kBoundsMax + 1> counts_{};
  Duration sum_{};
};

// For people and for Prometheus, who count seconds.
inline double seconds_of(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace dn
