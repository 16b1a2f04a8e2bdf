// Percentile: the value below which a share of numbers lies.
//
// The p-th percentile of n numbers is the one at place ceil(p / 100 * n) of their order ("nearest
// rank"), so one of them. Exact up to kPercentileExactMax numbers; beyond, they are only counted in
// buckets whose bounds grow by 1 %, and the middle of the bucket is the answer, within 0.5 %
// (DDSketch, 2019). Both forms depend on the numbers alone, not on their order. Covered by
// insights_aggregate_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "query/insights_limits.h"

namespace dn::query::insights {

class Percentile {
 public:
  explicit Percentile(std::size_t exact_max = kPercentileExactMax) : exact_max_(exact_max) {}

  void add(double number);
  void merge(const Percentile& other);
  std::optional<double> at(double percent) const;
  std::size_t bytes() const;

 private:
  // Sign and logarithm of a number, in its order.
  static std::int32_t bucket_of(double number);
  static double middle_of(std::int32_t bucket);
  void count_from_now();

  std::size_t exact_max_;
  std::uint64_t total_ = 0;
  std::vector<double> numbers_;
  std::map<std::int32_t, std::uint64_t> buckets_;
  bool counted_ = false;
};

}  // namespace dn::query::insights
