// SegmentedLog: one append-only log in one directory, cut into segments of whole lines.
//
// Theory of operation
//
// A segment is a file of JSON Lines, `20261122T031500.123Z-000001.jsonl`: the UTC time at which it
// was begun and a number that only grows, also across restarts. The number gives the order; the
// time may step back with the clock. The newest segment is the open one, all others are closed and
// never change again. Other files in the directory are left alone.
//
// Appending writes whole lines with write(2); nothing is buffered here, so that a line which was
// appended survives the end of the process. There is no fsync but at the close of a segment: a
// power cut may lose what the kernel had not written back yet, a crash of the daemon loses nothing.
//
// A failed write (disk full, read-only, I/O error) may leave part of a line. It is cut off at once,
// and lines that were written whole are kept. Where the cut fails too, the segment is given up and
// the next line goes to a fresh one: a torn line can only be the last of a segment, never inside.
// After a crash a torn last line is cut off by open(). A segment deleted by somebody else while it
// was open is noticed at the next append and replaced.
//
// The open segment is closed at a size or an age. Closed segments are deleted, oldest first, while
// the whole log is larger than its cap, and once everything in them is older than its cap; by age
// only while the wall clock is trusted, so that a wrong clock cannot erase an audit trail. The
// newest segment is never deleted (it also keeps the number), and a full disk does not make us
// delete more than the caps say. Compression is left to a later layer. Covered by
// segmented_log_test.cc.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "store/file_calls.h"

namespace dn::store {

struct SegmentLimits {
  std::uint64_t segment_bytes = 64UL << 20U;  // a single longer line still gets its own segment
  std::chrono::seconds segment_age = std::chrono::hours(1);
  std::uint64_t keep_bytes = 10UL << 30U;
  std::chrono::seconds keep_age = std::chrono::days(90);
};

struct SegmentName {
  WallTime begun;
  std::uint64_t number = 0;
};
// Nothing when the name is not one of ours.
std::optional<SegmentName> parse_segment_name(std::string_view text);
std::string format_segment_name(SegmentName name);

struct SegmentCounters {
  std::uint64_t lines = 0;  // written since open()
  std::uint64_t bytes = 0;
  std::uint64_t torn_bytes = 0;        // cut off by open()
  std::uint64_t failures = 0;          // failed system calls
  std::uint64_t segments_deleted = 0;  // by retention
  std::size_t segments = 0;            // on disk now, the open one included
  std::uint64_t disk_bytes = 0;        // of these segments
};

// Used by one thread. Owns the open segment's descriptor and a lock on the directory, so that there
// is one writer. Other processes may read the segments meanwhile.
class SegmentedLog {
 public:
  SegmentedLog(std::filesystem::path directory, SegmentLimits limits, FileCalls& calls);
  ~SegmentedLog();
  SegmentedLog(const SegmentedLog&) = delete;
  SegmentedLog& operator=(const SegmentedLog&) = delete;

  // Creates the directory, lists the segments, repairs the newest one and continues it. Fails when
  // the directory cannot be made or read, or when another process writes there. A newest segment
  // that cannot be opened or repaired is no failure here: append() begins a fresh one.
  Result<void> open();

  // Writes whole lines, each with its '\n'; returns how many bytes of the front were written,
  // always whole lines. Less than all: the disk refuses, last_error() says why, ask again later.
  std::size_t append(std::string_view lines, const Now& now);

  // Closes an aged segment and deletes what retention no longer keeps. Call it now and then.
  void tidy(const Now& now);

  // Closes the open segment with an fsync. A later append() begins a fresh one.
  void close();

  const SegmentCounters& counters() const { return counters_; }
  const std::string& last_error() const { return last_error_; }  // "" when none so far

 private:
  struct Segment {
    SegmentName name;
    std::uint64_t bytes = 0;
  };

  Result<void> lock_directory();
  Result<void> list_segments();
  void continue_newest();
  bool cut_torn_line(Segment& segment);
  bool make_room_for_line(const Now& now);
  bool begin_segment(WallTime now);
  std::string_view fitting_lines(std::string_view lines) const;
  std::size_t write_lines(std::string_view lines);
  void give_up_segment();
  void delete_expired(const Now& now);
  void count(std::string_view what);
  std::string path_of(const Segment& segment) const;

  const std::filesystem::path directory_;
  const SegmentLimits limits_;
  FileCalls& calls_;
  std::deque<Segment> segments_;  // oldest first; the last one is open while file_ >= 0
  int file_ = -1;
  int lock_ = -1;
  SegmentCounters counters_;
  std::string last_error_;
};

}  // namespace dn::store
