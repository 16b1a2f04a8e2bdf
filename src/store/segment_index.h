// SegmentIndex: what a compressed segment says about itself at its end.
//
// A compressed segment `<name>.jsonl.zst` is a sequence of zstd frames:
//
//   data frame      one block: whole lines, about 1 MiB of them, or one longer line
//   …               after at most 64 of them
//   skippable frame the filter rows of these blocks (value_filter.h)
//   …
//   skippable frame the index: a table of blocks, a table of groups, a footer of 40 bytes
//
// Decompressors pass skippable frames over (RFC 8878, 3.1.2), so `zstdcat` prints the lines. All
// numbers are little endian. The footer ends the file:
//
//   u64 where the index frame begins   u64 bytes of all lines   u32 blocks   u32 version, 1
//   u64 checksum: stable_hash of the frame up to here           8 bytes "dn-index"
//
// Block: u64 offset of its first line among all lines, u64 where its frame begins, i64 first and
// last timestamp, i64 last ingestion time, u32 bytes, u32 bytes of the frame, u32 lines, u32 flags
// (1: every line is plain, 2: the filter speaks for it). A block without a single event has first >
// last. Group, one for each 64 blocks: u64 where row 0 begins, u32 rows, u32 zero.
//
// A reader believes nothing: sizes are bounded, blocks must follow each other without gap, and
// every place must lie in the file in front of the index. What does not fit is a foreign or damaged
// file. Covered by segment_index_test.cc and segment_fuzz.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/log_line.h"
#include "store/value_filter.h"

namespace dn::store {

// A block ends in front of the line that would make it larger; a longer line is a block of its own.
inline constexpr std::size_t kBlockBytes = 1UL << 20U;
inline constexpr std::size_t kBlockBytesMax = kLineBytesMax;
inline constexpr std::size_t kIndexBlocksMax = 1UL << 21U;  // 1 TiB of lines at the least
inline constexpr std::size_t kIndexFooterBytes = 40;

struct BlockFacts {
  std::uint64_t offset = 0;  // of its first line in the uncompressed segment
  std::uint32_t bytes = 0;   // uncompressed
  std::uint32_t lines = 0;
  bool plain = true;  // every line is plain
  // Of all events; without any, first > last.
  std::int64_t first = INT64_MAX, last = INT64_MIN, last_ingestion = INT64_MIN;
};

struct CompressedBlock {
  BlockFacts facts;
  std::uint64_t frame_at = 0;
  std::uint32_t frame_bytes = 0;
  bool filtered = false;  // the filter holds all its values
};

struct FilterGroup {
  std::uint64_t rows_at = 0;
  std::uint32_t rows = 0;
};

struct SegmentIndex {
  std::vector<CompressedBlock> blocks;
  std::vector<FilterGroup> groups;  // of kBlocksPerGroup blocks each, the last one of the rest
  std::uint64_t bytes = 0;          // of all lines
};

// The header of a skippable frame that holds so many bytes.
std::string format_skippable_header(std::size_t bytes);

// The index frame with its footer, for a file in which it begins at `at`.
std::string format_index(const SegmentIndex& index, std::uint64_t at);

// Where the index frame begins, from the last kIndexFooterBytes of a file of `file_bytes`.
Result<std::uint64_t> parse_index_footer(std::string_view footer, std::uint64_t file_bytes);

// `frame` is everything from there to the end of the file.
Result<SegmentIndex> parse_index(std::string_view frame, std::uint64_t at);

}  // namespace dn::store
