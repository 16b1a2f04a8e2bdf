#include "query/insights_percentile.h"

#include <algorithm>
#include <cmath>

namespace dn::query::insights {
namespace {

constexpr double kGrowth = 1.01;
// Behind every logarithm: doubles end at 2^-1074 and 2^1024, which is 107,000 buckets.
constexpr std::int32_t kOffset = 1 << 20;

}  // namespace

void Percentile::add(double number) {
  ++total_;
  if (counted_) {
    ++buckets_[bucket_of(number)];
    return;
  }
  numbers_.push_back(number);
  if (numbers_.size() > exact_max_) count_from_now();
}

void Percentile::merge(const Percentile& other) {
  if (other.counted_ && !counted_) count_from_now();
  for (const auto& [bucket, count] : other.buckets_) {
    buckets_[bucket] += count;
    total_ += count;
  }
  for (const double number : other.numbers_) add(number);
}

void Percentile::count_from_now() {
  counted_ = true;
  for (const double number : numbers_) ++buckets_[bucket_of(number)];
  numbers_ = {};
}

std::int32_t Percentile::bucket_of(double number) {
  if (number == 0) return 0;
  const double logarithm = std::ceil(std::log(std::fabs(number)) / std::log(kGrowth));
  const std::int32_t bucket = kOffset + static_cast<std::int32_t>(logarithm);
  return number < 0 ? -bucket : bucket;
}

double Percentile::middle_of(std::int32_t bucket) {
  if (bucket == 0) return 0;
  const double upper = std::pow(kGrowth, std::abs(bucket) - kOffset);
  const double middle = upper * 2 / (1 + kGrowth);
  return bucket < 0 ? -middle : middle;
}

std::optional<double> Percentile::at(double percent) const {
  if (total_ == 0) return std::nullopt;
  const double place = std::ceil(percent / 100 * static_cast<double>(total_));
  const auto rank = static_cast<std::uint64_t>(std::clamp(place, 1., static_cast<double>(total_)));
  if (!counted_) {
    std::vector<double> sorted = numbers_;
    std::ranges::sort(sorted);
    return sorted[rank - 1];
  }
  std::uint64_t passed = 0;
  for (const auto& [bucket, count] : buckets_) {
    passed += count;
    if (passed >= rank) return middle_of(bucket);
  }
  return std::nullopt;
}

std::size_t Percentile::bytes() const {
  constexpr std::size_t kNode = 64;  // of the tree, with its allocation
  return numbers_.capacity() * sizeof(double) + buckets_.size() * kNode;
}

}  // namespace dn::query::insights
