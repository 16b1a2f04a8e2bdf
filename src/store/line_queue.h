// LineQueue: a bounded queue of log lines, kept as few large pieces.
//
// Blocks of whole lines come in, pieces of up to kPieceBytes come out, so that the writer needs one
// system call for many lines. Emptied pieces come back and are used again: in the steady state
// nothing is allocated. A block beyond the bound is dropped as a whole; its lines are counted and
// the time is noted. Not thread-safe; LogStore guards it. Covered by line_queue_test.cc.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace dn::store {

class LineQueue {
 public:
  static constexpr std::size_t kPieceBytes = 256UL << 10U;

  struct Dropped {
    std::uint64_t lines = 0;
    WallTime first, last;  // valid when lines > 0
  };

  explicit LineQueue(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  bool has_room(std::size_t bytes) const { return bytes <= bytes_max_ - bytes_; }
  // Only with room.
  void push(std::string_view lines);
  void drop(std::string_view lines, WallTime now);
  // Everything queued is lost; returns the number of lines.
  std::uint64_t drop_all();

  // The oldest piece; nothing when empty. It counts as queued until it is given back.
  std::optional<std::string> take();
  // Gives a taken piece back, of which the first `written` bytes need not come again.
  void give_back(std::string piece, std::size_t written);

  std::size_t pieces() const { return pieces_.size(); }
  std::size_t bytes() const { return bytes_; }  // of lines that are not written yet
  // Lines dropped since forget_dropped(). Its summary is due once half of the room is free.
  const Dropped& dropped() const { return dropped_; }
  bool summary_due() const { return dropped_.lines > 0 && bytes_ <= bytes_max_ / 2; }
  void forget_dropped() { dropped_ = {}; }

 private:
  std::size_t bytes_max_;
  std::size_t bytes_ = 0;
  std::deque<std::string> pieces_;
  std::vector<std::string> spare_;
  Dropped dropped_;
};

std::uint64_t count_lines(std::string_view lines);

}  // namespace dn::store
