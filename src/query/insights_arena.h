// TextArena: memory for texts that live as long as one event, or as one result.
//
// Bump allocation from blocks that are kept for the next event, so that the steady state allocates
// nothing. Every text is followed by kMessagePadding readable bytes, as the JSON reader wants it.
// It has a budget; once that is spent, allocations fail until the arena is cleared, and the run
// that owns it fails. Covered by insights_keys_test.cc.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "records/log_event.h"

namespace dn::query::insights {

class TextArena {
 public:
  explicit TextArena(std::size_t budget) : budget_(budget) {}

  // Null when the budget does not allow it.
  char* allocate(std::size_t bytes) {
    const std::size_t size = bytes + records::kMessagePadding;
    if (size > room_ && !add_block(size)) return nullptr;
    char* const result = at_;
    at_ += size;
    room_ -= size;
    return result;
  }
  // "" when the budget does not allow it.
  std::string_view copy(std::string_view text) {
    char* const room = allocate(text.size());
    if (room == nullptr || text.empty()) return std::string_view(room, room);
    std::memcpy(room, text.data(), text.size());
    return {room, text.size()};
  }

  bool exhausted() const { return exhausted_; }
  std::size_t bytes_for_test() const { return bytes_; }

  // Forgets all texts; keeps one block.
  void clear();

 private:
  static constexpr std::size_t kBlock = 16384;
  bool add_block(std::size_t bytes);

  std::size_t budget_, bytes_ = 0, room_ = 0;
  char* at_ = nullptr;
  bool exhausted_ = false;
  std::vector<std::unique_ptr<char[]>> blocks_;
  std::size_t first_size_ = 0;
};

}  // namespace dn::query::insights
