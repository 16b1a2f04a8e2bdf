#include "store/stable_hash.h"

#include <gtest/gtest.h>

#include <bit>
#include <set>
#include <string>

namespace dn::store {
namespace {

// Written into files and event keys: these numbers may never change.
TEST(StableHash, NeverChanges) {
  const struct {
    std::string_view text;
    std::uint64_t want;
  } cases[] = {
      {"", 0x4e17cf67001b3979ULL},
      {"a", 0xa7fbdd3399e16b35ULL},
      {"allowed", 0xee4be176e342f4f7ULL},
      {"12345678", 0x753b751af53f1910ULL},
      {"api.example.com", 0x7bb3ecea9b96faa1ULL},
  };
  for (const auto& c : cases) EXPECT_EQ(stable_hash(c.text), c.want) << c.text;
  EXPECT_EQ(stable_hash("flow", stable_hash("DiscrimiNAT")), 0x4113b812f0511a4fULL);
}

TEST(StableHash, DependsOnEveryByteTheLengthAndTheSeed) {
  for (std::size_t length = 0; length < 40; ++length) {
    const std::string text(length, 'x');
    std::set<std::uint64_t> hashes = {stable_hash(text), stable_hash(text, 1),
                                      stable_hash(text + '\0'), stable_hash(text + 'x')};
    for (std::size_t i = 0; i < length; ++i) {
      std::string other = text;
      other[i] = 'y';
      hashes.insert(stable_hash(other));
    }
    EXPECT_EQ(hashes.size(), 4 + length);
  }
}

// The filter takes its row from the upper half and its bits from the lower one.
TEST(StableHash, SpreadsBothHalvesEvenly) {
  constexpr int kTexts = 64'000, kCells = 64;
  int high[kCells] = {}, low[kCells] = {};
  for (int i = 0; i < kTexts; ++i) {
    const std::uint64_t hash = stable_hash("10.0.0." + std::to_string(i));
    ++high[hash >> 58U];
    ++low[hash & 63U];
  }
  for (int cell = 0; cell < kCells; ++cell) {
    EXPECT_NEAR(high[cell], kTexts / kCells, 200);
    EXPECT_NEAR(low[cell], kTexts / kCells, 200);
  }
}

}  // namespace
}  // namespace dn::store
