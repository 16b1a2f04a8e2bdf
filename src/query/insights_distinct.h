// DistinctCount: how many different texts there were.
//
// Exact up to kDistinctExactMax. Beyond, the texts are given up for a HyperLogLog of 2^14 registers
// (Flajolet et al., 2007), which is never undone: the estimate has a standard error of 0.8 %. Both
// forms depend on the set of texts alone, not on the order in which they came or were merged.
// Covered by insights_aggregate_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "query/insights_keys.h"
#include "query/insights_limits.h"

namespace dn::query::insights {

class DistinctCount {
 public:
  explicit DistinctCount(std::uint64_t seed, std::size_t exact_max = kDistinctExactMax)
      : exact_max_(exact_max),
        texts_(seed) {}

  void add(std::string_view text);
  void merge(const DistinctCount& other);
  double count() const;
  std::size_t bytes() const { return texts_.bytes() + registers_.size(); }

 private:
  void estimate_from_now();
  void register_text(std::string_view text);

  std::size_t exact_max_;
  KeyTable texts_;
  std::vector<std::uint8_t> registers_;  // empty while exact
};

}  // namespace dn::query::insights
