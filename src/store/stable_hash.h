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

inline std::uint64_t load_little_endian(const char* at, std::size_t bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, at, bytes);
  if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
  return word;
}

inline std::uint64_t stable_hash(std::string_view text, std::uint64_t seed = 0) {
  constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15;  // 2^64 divided by the golden ratio
  constexpr std::uint64_t kMix = 0xd6e8feb86659fd93;
  std::uint64_t hash = (seed * kMix + text.size() + 1) * kOdd;
  const char* at = text.data();
  std::size_t left = text.size();
  for (; left >= 8; at += 8, left -= 8) {
    hash = (hash ^ load_little_endian(at, 8)) * kOdd;
    hash ^= hash >> 29U;
  }
  if (left > 0) hash = (hash ^ load_little_endian(at, left)) * kOdd;
  for (int round = 0; round < 2; ++round) {
    hash ^= hash >> 32U;
    hash *= kMix;
  }
  return hash ^ hash >> 32U;
}

}  // namespace dn::store
