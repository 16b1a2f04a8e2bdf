#include "query/insights_sum.h"

#include <cmath>

namespace dn::query::insights {
namespace {

__extension__ using Unsigned128 = unsigned __int128;

constexpr int kFractionBits = 64;  // of the fixed-point form
constexpr int kMantissaBits = 53;
constexpr std::uint32_t kAdditionsMax = 1U << 29U;  // each changes a chunk by less than 2^33

}  // namespace

void ExactSum::add(double number) {
  if (number == 0) return;
  int exponent = 0;
  const double fraction = std::frexp(std::fabs(number), &exponent);
  auto magnitude = static_cast<std::uint64_t>(std::ldexp(fraction, kMantissaBits));
  exponent -= kMantissaBits;
  while ((magnitude & 1U) == 0) {
    magnitude >>= 1U;
    ++exponent;
  }
  const bool negative = number < 0;
  constexpr int kShiftMax = 126 - kMantissaBits;
  const int shift = exponent + kFractionBits;
  if (!wide_ && shift >= 0 && shift <= kShiftMax) {
    const Fixed part = static_cast<Fixed>(magnitude) << shift;
    Fixed sum = 0;
    const bool overflow = negative ? __builtin_sub_overflow(fixed_, part, &sum)
                                   : __builtin_add_overflow(fixed_, part, &sum);
    if (!overflow) {
      fixed_ = sum;
      return;
    }
  }
  widen();
  wide_->add(magnitude, exponent, negative);
}

void ExactSum::add_product(double a, double b) {
  const double product = a * b;
  if (!std::isfinite(product)) return;
  add(product);
  add(std::fma(a, b, -product));
}

void ExactSum::add(const ExactSum& other) {
  Fixed sum = 0;
  if (!wide_ && !other.wide_ && !__builtin_add_overflow(fixed_, other.fixed_, &sum)) {
    fixed_ = sum;
    return;
  }
  widen();
  Wide added = other.wide_ ? *other.wide_ : from_fixed(other.fixed_);
  added.normalize();
  wide_->normalize();
  for (std::size_t i = 0; i < added.chunks.size(); ++i) wide_->chunks[i] += added.chunks[i];
  wide_->additions = 1;
}

ExactSum::Wide ExactSum::from_fixed(Fixed fixed) {
  Wide wide;
  const bool negative = fixed < 0;
  const Unsigned128 magnitude =
      negative ? -static_cast<Unsigned128>(fixed) : static_cast<Unsigned128>(fixed);
  wide.add(static_cast<std::uint64_t>(magnitude), -kFractionBits, negative);
  wide.add(static_cast<std::uint64_t>(magnitude >> 64U), 64 - kFractionBits, negative);
  return wide;
}

void ExactSum::widen() {
  if (wide_) return;
  wide_ = std::make_unique<Wide>(from_fixed(fixed_));
  fixed_ = 0;
}

void ExactSum::Wide::add(std::uint64_t magnitude, int exponent, bool negative) {
  const auto position = static_cast<unsigned>(exponent + kLowest);
  Unsigned128 bits = static_cast<Unsigned128>(magnitude) << position % 32;
  for (std::size_t chunk = position / 32; bits != 0; ++chunk, bits >>= 32U) {
    const auto part = static_cast<std::int64_t>(bits & 0xffffffffU);
    chunks[chunk] += negative ? -part : part;
  }
  if (++additions == kAdditionsMax) normalize();
}

// Every chunk but the last to 0..2^32-1; the last one carries the sign.
void ExactSum::Wide::normalize() {
  std::int64_t carry = 0;
  for (std::size_t i = 0; i + 1 < chunks.size(); ++i) {
    const std::int64_t sum = chunks[i] + carry;
    carry = sum >> 32;
    chunks[i] = sum & 0xffffffff;
  }
  chunks.back() += carry;
  additions = 0;
}

double ExactSum::value() const {
  if (!wide_) return std::ldexp(static_cast<double>(fixed_), -kFractionBits);
  Wide sum = *wide_;
  sum.normalize();
  const bool negative = sum.chunks.back() < 0;
  if (negative) {
    for (std::int64_t& chunk : sum.chunks) chunk = -chunk;
    sum.normalize();
  }
  std::size_t top = sum.chunks.size() - 1;
  while (top > 2 && sum.chunks[top] == 0) --top;
  Unsigned128 bits = 0;
  for (std::size_t i = top; i + 3 > top; --i) {
    bits = bits << 32U | static_cast<std::uint32_t>(sum.chunks[i]);
    if (i == 0) break;
  }
  bool rest = false;
  for (std::size_t i = 0; i + 2 < top; ++i) rest |= sum.chunks[i] != 0;
  if (rest) bits |= 1U;  // only decides a tie: there are at least 65 bits
  const int exponent = static_cast<int>(top - 2) * 32 - kLowest;
  const double value = std::ldexp(static_cast<double>(bits), exponent);
  return negative ? -value : value;
}

double ExactSum::remainder() const {
  const double rounded = value();
  if (!std::isfinite(rounded)) return 0;
  ExactSum rest;
  rest.add(*this);
  rest.add(-rounded);
  return rest.value();
}

}  // namespace dn::query::insights
