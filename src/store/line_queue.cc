#include "store/line_queue.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace dn::store {
namespace {

constexpr std::size_t kSparePiecesMax = 4;

}  // namespace

std::uint64_t count_lines(std::string_view lines) {
  return static_cast<std::uint64_t>(std::ranges::count(lines, '\n'));
}

void LineQueue::push(std::string_view lines) {
  DN_CHECK(has_room(lines.size()), "the caller asked for room");
  if (pieces_.empty() || pieces_.back().size() + lines.size() > kPieceBytes) {
    if (spare_.empty()) {
      pieces_.emplace_back().reserve(kPieceBytes);
    } else {
      pieces_.push_back(std::move(spare_.back()));
      spare_.pop_back();
    }
  }
  pieces_.back().append(lines);
  bytes_ += lines.size();
}

void LineQueue::drop(std::string_view lines, WallTime now) {
  const std::uint64_t count = count_lines(lines);
  if (count == 0) return;
  if (dropped_.lines == 0) dropped_.first = now;
  dropped_.last = now;
  dropped_.lines += count;
}

std::uint64_t LineQueue::drop_all() {
  std::uint64_t lines = 0;
  for (const std::string& piece : pieces_) lines += count_lines(piece);
  pieces_.clear();
  bytes_ = 0;
  return lines;
}

std::optional<std::string> LineQueue::take() {
  if (pieces_.empty()) return {};
  std::optional<std::string> piece(std::move(pieces_.front()));
  pieces_.pop_front();
  return piece;
}

void LineQueue::give_back(std::string piece, std::size_t written) {
  DN_CHECK(written <= piece.size() && written <= bytes_, "a piece comes back once");
  bytes_ -= written;
  if (written < piece.size()) {
    piece.erase(0, written);
    pieces_.push_front(std::move(piece));
  } else if (spare_.size() < kSparePiecesMax && piece.capacity() <= 2 * kPieceBytes) {
    piece.clear();
    spare_.push_back(std::move(piece));
  }
}

}  // namespace dn::store
