#include "engine/stream_prefix.h"

#include <algorithm>
#include <cstring>

#include "base/limits.h"

namespace dn::engine {

bool StreamPrefix::conflicts(Range known, std::size_t offset, ByteSpan bytes) const {
  const std::size_t begin = std::max(known.begin, offset);
  const std::size_t end = std::min(known.end, offset + bytes.size());
  if (begin >= end) return false;
  return std::memcmp(bytes_.data() + begin, bytes.data() + (begin - offset), end - begin) != 0;
}

// Merges the range into the sorted list; false when the list would grow beyond its limit.
bool StreamPrefix::add_island(Range range) {
  auto first = std::find_if(islands_.begin(), islands_.end(),
                            [&](const Range& island) { return island.end >= range.begin; });
  auto last = first;
  while (last != islands_.end() && last->begin <= range.end) {
    range.begin = std::min(range.begin, last->begin);
    range.end = std::max(range.end, last->end);
    ++last;
  }
  if (first == last) {
    if (islands_.size() >= limits::kFlowGapsMax) return false;
    islands_.insert(first, range);
    return true;
  }
  *first = range;
  islands_.erase(first + 1, last);
  return true;
}

StreamPrefix::Insert StreamPrefix::insert(std::size_t offset, ByteSpan bytes) {
  if (bytes.empty()) return Insert::Kept;
  const std::size_t end = offset + bytes.size();
  if (offset > limits::kFlowBytesMax || end > limits::kFlowBytesMax) return Insert::TooMuch;
  if (conflicts({0, prefix_size_}, offset, bytes)) return Insert::RetransmitConflict;
  for (const Range& island : islands_) {
    if (conflicts(island, offset, bytes)) return Insert::OverlapConflict;
  }
  if (end <= prefix_size_) return Insert::Kept;
  const bool behind_gap = offset > prefix_size_;
  if (behind_gap && !add_island({offset, end})) return Insert::TooMuch;
  if (offset == bytes_.size()) {
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  } else {
    if (bytes_.size() < end) bytes_.resize(end);
    std::memcpy(bytes_.data() + offset, bytes.data(), bytes.size());
  }
  if (behind_gap) return Insert::Kept;
  prefix_size_ = end;
  auto island = islands_.begin();
  for (; island != islands_.end() && island->begin <= prefix_size_; ++island) {
    prefix_size_ = std::max(prefix_size_, island->end);
  }
  islands_.erase(islands_.begin(), island);
  return Insert::Grew;
}

void StreamPrefix::clear() {
  constexpr std::size_t kKeep = 4096;
  // Not `= {}`: that would empty the vector and keep its memory.
  if (bytes_.capacity() > kKeep) bytes_ = std::vector<std::uint8_t>();
  bytes_.clear();
  islands_.clear();
  prefix_size_ = 0;
}

}  // namespace dn::engine
