// SegmentedLog: one append-only log in one directory, cut into segments of whole lines.
//
// Theory of operation
//
// A segment is a file of JSON Lines, `20261122T031500.123Z-000001.jsonl`: the UTC time at which it
// was begun and a number that only grows, also across restarts. The number gives the order; the
// time may step back with the clock. The newest segment is the open one, all others are closed and
// their lines never change again. Other files in the directory are left alone.
//
// Appending writes whole lines with write(2); nothing is buffered here, so that a line which was
// appended survives the end of the process. There is no fsync but at the close of a segment: a
// power cut may lose what the kernel had not written back yet, a crash of the daemon loses nothing.
//
// A failed write (disk full, read-only, I/O error) may leave part of a line. It is cut off at once,
// and lines that were written whole are kept. Where the cut fails too, the segment is given up and
// the next line goes to a fresh one: a torn line can only be the last of a segment, never inside.
// After a crash a torn last line is cut off by open(). A segment deleted by somebody else while it
// was open is noticed at the next append and replaced. append_all() keeps all of its lines in one
// segment or takes them back; where it had to, that segment is given up, so that a segment shrinks
// at most once and never grows again after it.
//
// A closed segment is compressed into `<name>.jsonl.zst` (segment_index.h) by compress_one(), which
// another thread than the appending one may call: nothing is locked while it reads, compresses and
// syncs, so appending waits at most for a rename. It waits for `compress_after`, for those who
// follow the raw files, unless kRawSegmentsMax closed ones wait already; what open() finds and
// nobody adds to has waited. It writes to
// `.….zst.partial`, syncs, renames, syncs the directory and only then unlinks the raw file.
// Whoever holds the raw file open reads on. After a crash open() removes partial files, and raw
// ones whose compressed form is complete. A disk too full to compress leaves the raw segment;
// nothing is tried again before kCompressRetry. A compressed file that is not whole or not ours is
// reported, never counted, deleted or overwritten, and its number is not used again.
//
// The open segment is closed at a size or an age. Closed segments are deleted, oldest first, while
// the whole log is larger on disk than its cap, and once everything in them is older than its cap;
// by age only while the wall clock is trusted, so that a wrong clock cannot erase an audit trail.
// The newest segment is never deleted (it also keeps the number), and a full disk does not make us
// delete more than the caps say. Covered by segmented_log_test.cc and compression_test.cc.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "store/file_calls.h"
#include "store/segment_name.h"

namespace dn::store {

struct SegmentLimits {
  std::uint64_t segment_bytes = 64UL << 20U;  // a single longer line still gets its own segment
  std::chrono::seconds segment_age = std::chrono::hours(1);
  std::uint64_t keep_bytes = 10UL << 30U;
  std::chrono::seconds keep_age = std::chrono::days(90);
  std::chrono::seconds compress_after = std::chrono::minutes(10);  // from the close
};

// Closed segments that wait for compress_after; beyond, the oldest is compressed at once.
inline constexpr std::size_t kRawSegmentsMax = 4;
inline constexpr auto kCompressRetry = std::chrono::minutes(1);

struct SegmentCounters {
  std::uint64_t lines = 0;  // written since open()
  std::uint64_t bytes = 0;
  std::uint64_t torn_bytes = 0;         // cut off by open()
  std::uint64_t failures = 0;           // failed system calls
  std::uint64_t segments_deleted = 0;   // by retention
  std::size_t segments = 0;             // on disk now, the open one included
  std::uint64_t disk_bytes = 0;         // of these segments
  std::size_t segments_compressed = 0;  // of them
};

// Used by one thread, but for compress_one(), which any thread may call. Owns the open
// segment's descriptor and a lock on the directory, so that there is one writer. Other processes
// may read the segments meanwhile.
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

  // open() failed for that reason.
  bool taken_by_another() const { return taken_by_another_; }

  // Writes whole lines, each with its '\n'; returns how many bytes of the front were written,
  // always whole lines. Less than all: the disk refuses, last_error() says why, ask again later.
  std::size_t append(std::string_view lines, const Now& now);

  // All lines, in one segment, or nothing and false.
  bool append_all(std::string_view lines, const Now& now);

  // Closes an aged segment and deletes what retention no longer keeps. Call it now and then.
  void tidy(const Now& now);

  // Compresses the oldest segment that is due; false when none is, or another thread is at it.
  // Gives up when `stop` is set.
  bool compress_one(const Now& now, const std::atomic<bool>& stop);

  // Deletes a closed segment that is not the newest; false when it is, or is not there.
  bool remove(std::uint64_t number);

  // Closes the open segment with an fsync. A later append() begins a fresh one.
  void close();

  SegmentCounters counters() const;
  std::string last_error() const;  // "" when none so far

 private:
  struct Segment {
    SegmentName name;
    std::uint64_t bytes = 0;  // on disk
    bool compressed = false;
    bool unfit = false;                             // cannot be compressed
    std::optional<MonotonicTime> closed_seen = {};  // found by open(): long ago
  };

  Result<void> lock_directory();
  Result<void> list_segments();
  void take_in(SegmentName name, bool raw, bool compressed);
  bool take_in_compressed(SegmentName name);
  void continue_newest();
  bool cut_torn_line(Segment& segment);
  bool make_room_for_line(const Now& now);
  bool begin_segment(WallTime now);
  std::string_view fitting_lines(std::string_view lines) const;
  std::size_t write_lines(std::string_view lines);
  void close_segment();
  void give_up_segment();
  bool delete_segment(std::deque<Segment>::iterator segment);
  void delete_expired(const Now& now);
  std::optional<SegmentName> next_to_compress(const Now& now);
  bool compress(SegmentName name, const Now& now, const std::atomic<bool>& stop);
  void replace_by_compressed(SegmentName name, std::uint64_t bytes, const Now& now);
  Segment* find(SegmentName name);
  void count(std::string_view what);
  void report(std::string problem);
  std::string path_of(SegmentName name, SegmentForm form) const;

  const std::filesystem::path directory_;
  const SegmentLimits limits_;
  FileCalls& calls_;
  bool taken_by_another_ = false;
  mutable std::mutex mutex_;      // guards what follows
  std::deque<Segment> segments_;  // oldest first; the last one is open while file_ >= 0
  std::uint64_t next_number_ = 1;
  MonotonicTime compress_retry_at_{};
  bool compressing_ = false;
  int file_ = -1;
  int lock_ = -1;
  SegmentCounters counters_;
  std::string last_error_;
};

}  // namespace dn::store
