// ExactSum: the sum of doubles without rounding, so that the order of adding does not matter.
//
// A run may be cut into any number of parts and merged in any order; plain addition would give
// another last digit each time. Usual numbers are held as one fixed-point number with 64 bits
// behind the point. What does not fit moves to an accumulator that spans the whole range of
// doubles in chunks of 32 bits (the "small superaccumulator" of R. Neal, 2015). Reading rounds
// once. Covered by insights_sum_test.cc.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace dn::query::insights {

class ExactSum {
 public:
  // Finite numbers only.
  void add(double number);
  // The product of two numbers, exactly unless it is larger than a double or smaller than all.
  void add_product(double a, double b);
  void add(const ExactSum& other);

  double value() const;
  // What value() leaves out.
  double remainder() const;
  std::size_t heap_bytes() const { return wide_ ? sizeof(Wide) : 0; }

 private:
  __extension__ using Fixed = __int128;
  // Chunk i counts 2^(32 * i - kLowest); between normalizations it may exceed 32 bits.
  static constexpr int kLowest = 1088;
  struct Wide {
    std::array<std::int64_t, 68> chunks{};
    std::uint32_t additions = 0;
    void add(std::uint64_t magnitude, int exponent, bool negative);
    void normalize();
  };
  static ExactSum::Wide from_fixed(Fixed fixed);
  void widen();

  Fixed fixed_ = 0;
  std::unique_ptr<Wide> wide_;  // in addition to fixed_, which is zero then
};

}  // namespace dn::query::insights
