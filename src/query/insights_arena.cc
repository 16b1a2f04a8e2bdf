#include "query/insights_arena.h"

#include <algorithm>

namespace dn::query::insights {

bool TextArena::add_block(std::size_t bytes) {
  const std::size_t size = std::max(bytes, kBlock);
  if (size > budget_ - std::min(bytes_, budget_)) {
    exhausted_ = true;
    return false;
  }
  // Zeroed: the JSON reader looks at the padding, and reads of unwritten memory are not told apart
  // from mistakes by the checkers.
  blocks_.push_back(std::make_unique<char[]>(size));
  if (blocks_.size() == 1) first_size_ = size;
  at_ = blocks_.back().get();
  room_ = size;
  bytes_ += size;
  return true;
}

void TextArena::clear() {
  exhausted_ = false;
  if (blocks_.empty()) return;
  blocks_.resize(1);
  if (first_size_ > kBlock) {  // one event with a huge text must not hold its memory for ever
    blocks_.clear();
    at_ = nullptr;
    room_ = bytes_ = 0;
    return;
  }
  at_ = blocks_.front().get();
  room_ = bytes_ = first_size_;
}

}  // namespace dn::query::insights
