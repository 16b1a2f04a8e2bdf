// ValueFilter: Bloom filters of the string values of up to 64 blocks, laid out for the disk.
//
// Each block has a split-block Bloom filter: cells of 512 bits, a value sets eight bits of the one
// cell that its hash chooses, about twelve bits of filter per value, so one look-up in two hundred
// or so says "maybe" without cause. The filters of a group of blocks have the same number of cells
// and are stored transposed, in rows: cell 0 of each block, a checksum, cell 1 of each block, … A
// look-up of one value in all blocks of a group reads one row, about 4 KiB, and nothing else. So a
// selective query over a large store costs one small read per value and 64 MiB of lines, also with
// cold caches. (Blocks of one log hold much the same values, so a crowded cell is crowded in all of
// them; wide cells keep such rows rare.)
//
// The checksum per row keeps a damaged filter from hiding events: a row that does not verify says
// "maybe" for every block. Somebody who chooses values can fill single rows and make the filter
// useless for what falls there; that costs time, never an event. Covered by value_filter_test.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dn::store {

inline constexpr std::size_t kBlocksPerGroup = 64;
inline constexpr std::size_t kFilterCellBytes = 64;
inline constexpr std::size_t kFilterBitsPerValue = 12;
inline constexpr std::size_t kFilterRowsMax = 8192;  // room for kValuesPerBlockMax values

// Of a group of `blocks` filters.
constexpr std::size_t filter_row_bytes(std::size_t blocks) {
  return blocks * kFilterCellBytes + sizeof(std::uint64_t);
}
constexpr std::size_t filter_row_of(std::uint64_t hash, std::size_t rows) {
  return ((hash >> 32U) * rows) >> 32U;
}

// The rows of one group; each element holds the hashes of one block's values.
struct FilterRows {
  std::size_t rows = 0;
  std::string bytes;
};
FilterRows make_filter_rows(std::span<const std::vector<std::uint64_t>> blocks);

// One bit per block of the group, the first block's lowest: whether it may hold the value. Nothing
// when the row is damaged.
std::optional<std::uint64_t> look_up(std::string_view row, std::uint64_t hash);

}  // namespace dn::store
