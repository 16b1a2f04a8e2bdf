// LineBlocks: where the blocks of a segment begin and end, and what is in them.
//
// A block is the longest run of whole lines of at most kBlockBytes, or one longer line. The rule
// looks only forward from the segment's beginning, so the open segment, its reader in another
// process and the compressed file all cut at the same places. Covered by line_blocks_test.cc.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "store/segment_index.h"
#include "store/value_set.h"

namespace dn::store {

// Bytes of the first block of `bytes`; 0 when more bytes are needed to tell. At the end of a
// segment the block ends with the last whole line, and 0 means that there is no line left.
std::size_t first_block_bytes(std::string_view bytes, bool at_end);

// Counts one more line (with its '\n') in. The values of its message go into `values`, unless null.
class BlockScanner {
 public:
  void add_line(BlockFacts& facts, std::string_view line, ValueSet* values);

 private:
  std::string scratch_;
};

// The blocks of a raw segment that may still grow: add() takes what was appended and is told apart
// only by whole lines. A line longer than kBlockBytesMax belongs to no block.
class GrowingBlocks {
 public:
  // `bytes` begins at read_to(). Takes the whole lines at its front.
  void add(std::string_view bytes);
  // The bytes from read_to() on hold no line end within kBlockBytesMax: go on behind them.
  void pass_over(std::size_t bytes);

  std::uint64_t read_to() const { return read_to_; }
  const std::vector<BlockFacts>& blocks() const { return blocks_; }

 private:
  std::vector<BlockFacts> blocks_;
  std::uint64_t read_to_ = 0;
  bool passing_over_ = false;  // inside a line that is too long
  BlockScanner scanner_;
};

}  // namespace dn::store
