#include "query/insights_distinct.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace dn::query::insights {
namespace {

constexpr unsigned kRegisterBits = 14;
constexpr std::size_t kRegisters = 1UL << kRegisterBits;

}  // namespace

void DistinctCount::add(std::string_view text) {
  if (!registers_.empty()) {
    register_text(text);
    return;
  }
  texts_.find_or_add(text);
  if (texts_.size() > exact_max_) estimate_from_now();
}

void DistinctCount::merge(const DistinctCount& other) {
  if (!other.registers_.empty() && registers_.empty()) estimate_from_now();
  for (std::size_t i = 0; i < other.registers_.size(); ++i) {
    registers_[i] = std::max(registers_[i], other.registers_[i]);
  }
  for (std::uint32_t i = 0; i < other.texts_.size(); ++i) add(other.texts_.text(i));
}

void DistinctCount::estimate_from_now() {
  registers_.assign(kRegisters, 0);
  for (std::uint32_t i = 0; i < texts_.size(); ++i) register_text(texts_.text(i));
  texts_ = KeyTable(0);  // gives its memory back; nothing is added any more
}

void DistinctCount::register_text(std::string_view text) {
  const std::uint64_t hash = hash_of(text, 0);  // the same in every run
  const std::uint64_t rest = hash << kRegisterBits | 1ULL << (kRegisterBits - 1);
  const auto rank = static_cast<std::uint8_t>(std::countl_zero(rest) + 1);
  std::uint8_t& cell = registers_[hash >> (64 - kRegisterBits)];
  cell = std::max(cell, rank);
}

double DistinctCount::count() const {
  if (registers_.empty()) return static_cast<double>(texts_.size());
  constexpr double kM = kRegisters;
  double sum = 0;
  std::size_t zeros = 0;
  for (const std::uint8_t rank : registers_) {
    sum += std::ldexp(1, -static_cast<int>(rank));
    zeros += rank == 0 ? 1U : 0U;
  }
  const double estimate = 0.7213 / (1 + 1.079 / kM) * kM * kM / sum;
  if (estimate <= 2.5 * kM && zeros > 0) {
    return std::round(kM * std::log(kM / static_cast<double>(zeros)));
  }
  return std::round(estimate);
}

}  // namespace dn::query::insights
