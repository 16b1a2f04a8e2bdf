// StreamPrefix: the first bytes of one direction of a TCP connection, put in order.
//
// Offset 0 is the first byte after the SYN. Segments arrive in any order, repeated or overlapping;
// bytes that were seen once are never replaced. A segment that brings other bytes for a place that
// is already known is a conflict: which of the two the receiver keeps depends on its TCP stack
// (measured: Linux keeps the old ones in one case and the new ones in another), so guessing is not
// an option. Memory: one buffer up to the highest offset seen, at most limits::kFlowBytesMax.
// Covered by stream_prefix_test.cc, fuzz/stream_prefix_fuzz.cc.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"

namespace dn::engine {

class StreamPrefix {
 public:
  enum class Insert : std::uint8_t {
    Grew,                // the gap-free prefix is longer now
    Kept,                // nothing new in the prefix: a repetition, or bytes behind a gap
    RetransmitConflict,  // other bytes for a place in the prefix
    OverlapConflict,     // other bytes for a place behind a gap
    TooMuch,             // beyond the byte or gap limit; nothing was kept
  };

  Insert insert(std::size_t offset, ByteSpan bytes);

  // The gap-free bytes from offset 0.
  ByteSpan prefix() const { return {bytes_.data(), prefix_size_}; }
  bool has_gap() const { return !islands_.empty(); }
  std::size_t memory() const { return bytes_.capacity(); }

  // Forgets everything; keeps a small buffer for the next connection.
  void clear();

 private:
  struct Range {
    std::size_t begin, end;
  };
  bool conflicts(Range known, std::size_t offset, ByteSpan bytes) const;
  bool add_island(Range range);

  std::vector<std::uint8_t> bytes_;
  std::size_t prefix_size_ = 0;
  std::vector<Range> islands_;  // behind the prefix, sorted, disjoint, not touching
};

}  // namespace dn::engine
