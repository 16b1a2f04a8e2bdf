#include "store/value_filter.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "store/value_set.h"

namespace dn::store {
namespace {

std::uint64_t ask(const FilterRows& filter, std::size_t blocks, std::uint64_t hash) {
  const std::size_t row_bytes = filter_row_bytes(blocks);
  const std::size_t row = filter_row_of(hash, filter.rows);
  const auto found =
      look_up(std::string_view(filter.bytes).substr(row * row_bytes, row_bytes), hash);
  EXPECT_TRUE(found);
  return found.value_or(0);
}

std::uint64_t hash_of(std::size_t block, std::size_t value) {
  return value_hash(std::to_string(block) + ":" + std::to_string(value));
}

TEST(ValueFilter, FindsEveryValueInItsBlock) {
  for (const std::size_t blocks : {1UL, 2UL, 63UL, 64UL}) {
    std::vector<std::vector<std::uint64_t>> hashes(blocks);
    for (std::size_t block = 0; block < blocks; ++block) {
      for (std::size_t i = 0; i < 100 * block; ++i) hashes[block].push_back(hash_of(block, i));
    }
    const FilterRows filter = make_filter_rows(hashes);
    EXPECT_EQ(filter.bytes.size(), filter.rows * filter_row_bytes(blocks));
    for (std::size_t block = 0; block < blocks; ++block) {
      for (const std::uint64_t hash : hashes[block]) {
        ASSERT_NE(ask(filter, blocks, hash) >> block & 1U, 0U);
      }
    }
    // An empty block holds nothing, whoever asks.
    EXPECT_EQ(ask(filter, blocks, hash_of(0, 1)) & 1U, 0U);
  }
}

TEST(ValueFilter, SaysMaybeWithoutCauseOnceInAHundredAtMost) {
  constexpr std::size_t kValues = 5000, kQuestions = 20'000;
  std::vector<std::vector<std::uint64_t>> hashes(1);
  for (std::size_t i = 0; i < kValues; ++i) hashes[0].push_back(hash_of(0, i));
  const FilterRows filter = make_filter_rows(hashes);
  EXPECT_NEAR(static_cast<double>(filter.rows * kFilterCellBytes * 8), 12.0 * kValues, 520);
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < kQuestions; ++i) {
    wrong += ask(filter, 1, hash_of(1, i)) & 1U;
  }
  EXPECT_LT(wrong, kQuestions / 100);
}

TEST(ValueFilter, KnowsADamagedRow) {
  const std::vector<std::vector<std::uint64_t>> hashes = {{hash_of(0, 1)}};
  const FilterRows filter = make_filter_rows(hashes);
  const std::string_view row = std::string_view(filter.bytes).substr(0, filter_row_bytes(1));
  ASSERT_TRUE(look_up(row, 1));
  for (std::size_t i = 0; i < row.size(); ++i) {
    std::string damaged(row);
    damaged[i] ^= 0x10;
    EXPECT_FALSE(look_up(damaged, 1)) << i;
    EXPECT_FALSE(look_up(row.substr(0, i), 1)) << i;
  }
}

}  // namespace
}  // namespace dn::store
