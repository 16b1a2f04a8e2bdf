#include "store/value_filter.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/check.h"
#include "store/stable_hash.h"

namespace dn::store {
namespace {

// Odd multipliers that choose one bit in each of a cell's eight words.
constexpr std::array<std::uint32_t, 8> kSalts = {0xf9b439fdU, 0xd1d93081U, 0xc142c8ebU,
                                                 0x7ceaaf31U, 0xe05f1119U, 0x627655dbU,
                                                 0xeb13dfafU, 0xddfb369bU};

std::array<std::uint64_t, 8> bits_of(std::uint64_t hash) {
  std::array<std::uint64_t, 8> bits{};
  const auto low = static_cast<std::uint32_t>(hash);
  for (std::size_t i = 0; i < bits.size(); ++i) bits[i] = 1UL << ((low * kSalts[i]) >> 26U);
  return bits;
}

void store_little_endian(char* at, std::uint64_t value) {
  for (std::size_t i = 0; i < sizeof(value); ++i) at[i] = static_cast<char>(value >> (8 * i));
}

void set_bits(char* cell, std::uint64_t hash) {
  const auto bits = bits_of(hash);
  for (std::size_t word = 0; word < bits.size(); ++word) {
    char* const at = cell + 8 * word;
    store_little_endian(at, load_little_endian(at, 8) | bits[word]);
  }
}

}  // namespace

FilterRows make_filter_rows(std::span<const std::vector<std::uint64_t>> blocks) {
  DN_CHECK(!blocks.empty() && blocks.size() <= kBlocksPerGroup, "the writer fills groups");
  std::size_t most = 0;
  for (const auto& hashes : blocks) most = std::max(most, hashes.size());
  constexpr std::size_t kCellBits = 8 * kFilterCellBytes;
  FilterRows filter;
  filter.rows = std::max<std::size_t>(1, (most * kFilterBitsPerValue + kCellBits - 1) / kCellBits);
  DN_CHECK(filter.rows <= kFilterRowsMax, "a block has at most kValuesPerBlockMax values");
  const std::size_t row_bytes = filter_row_bytes(blocks.size());
  filter.bytes.resize(filter.rows * row_bytes);
  for (std::size_t block = 0; block < blocks.size(); ++block) {
    for (const std::uint64_t hash : blocks[block]) {
      const std::size_t row = filter_row_of(hash, filter.rows);
      set_bits(filter.bytes.data() + row * row_bytes + block * kFilterCellBytes, hash);
    }
  }
  for (std::size_t row = 0; row < filter.rows; ++row) {
    char* const at = filter.bytes.data() + row * row_bytes;
    const std::size_t cells = row_bytes - sizeof(std::uint64_t);
    store_little_endian(at + cells, stable_hash({at, cells}));
  }
  return filter;
}

std::optional<std::uint64_t> look_up(std::string_view row, std::uint64_t hash) {
  if (row.size() < sizeof(std::uint64_t)) return {};
  const std::size_t cells = row.size() - sizeof(std::uint64_t);
  const std::size_t blocks = cells / kFilterCellBytes;
  if (blocks > kBlocksPerGroup || cells % kFilterCellBytes != 0 ||
      load_little_endian(row.data() + cells, sizeof(std::uint64_t)) !=
          stable_hash(row.substr(0, cells))) {
    return {};
  }
  const auto bits = bits_of(hash);
  std::uint64_t found = 0;
  for (std::size_t block = 0; block < blocks; ++block) {
    const char* const cell = row.data() + block * kFilterCellBytes;
    std::uint64_t missing = 0;
    for (std::size_t word = 0; word < bits.size(); ++word) {
      missing |= bits[word] & ~load_little_endian(cell + 8 * word, 8);
    }
    if (missing == 0) found |= 1UL << block;
  }
  return found;
}

}  // namespace dn::store
