// Byte blocks: a few bytes compared at once, the step of every scan over log text.
//
// Sse2Block is what every x86-64 has; WordBlock is plain C++ for any other little-endian machine,
// compiled and tested everywhere. A mask has one bit for each byte that compares equal, the first
// byte's lowest, kBitsPerByte apart. Loads are unaligned and take kBytes bytes whether or not the
// text goes on: that is what kMessagePadding is for.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace dn::query {

static_assert(std::endian::native == std::endian::little, "the first byte must be the lowest");

struct WordBlock {
  static constexpr std::size_t kBytes = 8;
  static constexpr std::size_t kBitsPerByte = 8;
  static constexpr std::uint64_t kEach = 0x0101010101010101U;
  static constexpr std::uint64_t kLow = 0x7f7f7f7f7f7f7f7fU;

  static WordBlock load(const char* at) {
    WordBlock block;
    std::memcpy(&block.bytes, at, kBytes);
    return block;
  }
  std::uint64_t equals(char c) const {
    const std::uint64_t rest = bytes ^ kEach * static_cast<unsigned char>(c);
    return ~(((rest & kLow) + kLow) | rest | kLow);  // exact: no carry leaves its byte
  }
  // Bytes that end or interrupt a JSON string: quotes, backslashes and those below 0x20.
  std::uint64_t string_stops() const {
    const std::uint64_t upper = bytes & kEach * 0xe0U;
    const std::uint64_t controls = ~(((upper & kLow) + kLow) | upper | kLow);
    return equals('"') | equals('\\') | controls;
  }

  std::uint64_t bytes = 0;
};

#if defined(__SSE2__)
struct Sse2Block {
  static constexpr std::size_t kBytes = 16;
  static constexpr std::size_t kBitsPerByte = 1;

  static Sse2Block load(const char* at) {
    return {_mm_loadu_si128(reinterpret_cast<const __m128i*>(at))};
  }
  std::uint64_t equals(char c) const { return mask(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(c))); }
  std::uint64_t string_stops() const {
    const __m128i most = _mm_set1_epi8(0x1f);
    const __m128i controls = _mm_cmpeq_epi8(_mm_max_epu8(bytes, most), most);
    const __m128i quotes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
    const __m128i escapes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
    return mask(_mm_or_si128(controls, _mm_or_si128(quotes, escapes)));
  }

  static std::uint64_t mask(__m128i equal) {
    return static_cast<std::uint64_t>(static_cast<unsigned>(_mm_movemask_epi8(equal)));
  }

  __m128i bytes;
};
using ByteBlock = Sse2Block;
#else
using ByteBlock = WordBlock;
#endif

// The byte of the lowest bit of a mask that is not 0.
template <class Block>
std::size_t first_byte(std::uint64_t mask) {
  return static_cast<std::size_t>(std::countr_zero(mask)) / Block::kBitsPerByte;
}

}  // namespace dn::query
