// StableHash: 64 bits that stand for a text, the same on every machine and in every version.
//
// It goes into files (filters of values, checksums) and into event keys (names of streams), so it
// must never change; the vectors in stable_hash_test.cc hold it still. Not keyed: who chooses texts
// can make hashes collide. What that costs is said where it is used: a filter answers "maybe" more
// often, and a stream whose name collides with another's is refused.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace dn::store {

// Up to 8 bytes.
inline std::uint64_t load_little_endian(const char* at, std::size_t bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, at, bytes);
  if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
  return word;
}

// Words of 8 bytes, the last one overlapping its neighbour; a text shorter than a word is one. The
// loads are of fixed sizes, because most texts are short and a copy of any size is a call.
inline std::uint64_t stable_hash(std::string_view text, std::uint64_t seed = 0) {
  constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15;  // 2^64 divided by the golden ratio
  constexpr std::uint64_t kMix = 0xd6e8feb86659fd93;
  const char* const at = text.data();
  const std::size_t size = text.size();
  std::uint64_t hash = (seed * kMix + size + 1) * kOdd;
  const auto add = [&hash](std::uint64_t word) {
    hash = (hash ^ word) * kOdd;
    hash ^= hash >> 29U;
  };
  if (size >= 8) {
    for (std::size_t i = 0; i + 8 < size; i += 8) add(load_little_endian(at + i, 8));
    add(load_little_endian(at + size - 8, 8));
  } else if (size >= 4) {
    add(load_little_endian(at, 4) | load_little_endian(at + size - 4, 4) << 32U);
  } else if (size > 0) {
    add(load_little_endian(at, 1) | load_little_endian(at + size / 2, 1) << 8U |
        load_little_endian(at + size - 1, 1) << 16U);
  }
  for (int round = 0; round < 2; ++round) {
    hash ^= hash >> 32U;
    hash *= kMix;
  }
  return hash ^ hash >> 32U;
}

}  // namespace dn::store
