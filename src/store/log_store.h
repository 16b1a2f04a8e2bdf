// LogStore: takes finished log lines from the packet loops and gets them to disk.
//
// Theory of operation
//
// Two streams, `flow/` and `config/`, and a third where it is wanted, `metrics/`: each a
// SegmentedLog with a queue of its own, so that a flood of flow lines never costs an audit line. Of
// a stream that is not wanted nothing is made.
//
// Producers hand over blocks of whole lines; post() copies them under a mutex that is never held
// across a system call, so a packet loop never waits for the disk. One writer thread takes the
// queued lines as large pieces. It lets them gather for a tenth of a second, or until a piece is
// full: a line is on disk well within a second, and a packet loop under load does not wake the
// writer for each batch, which cost more than formatting the lines.
//
// When the disk refuses (full, read-only, gone) the lines stay in the queue and the writer asks
// again every second. When the queue is full, whether from a slow disk or a refusing one, further
// blocks are dropped as a whole and their lines counted. Once there is room again one `self`
// `warning` on the config stream says how many lines were lost, between which times, and why.
// Decisions never depend on the log. close() writes what is queued if the disk takes it.
//
// Closed segments are compressed by a thread of its own with a low priority: under full load the
// packet loops and the writer have the CPU, and a step of compression (read, filter, zstd, write: a
// few milliseconds per MiB) never stands between a line and the disk. close() interrupts it.
//
// The clock is an argument: it stamps the store's own lines, dates segments and paces the retries.
// Covered by log_store_test.cc; the files themselves by segmented_log_test.cc.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/limits.h"
#include "base/result.h"
#include "base/time.h"
#include "store/file_calls.h"
#include "store/segmented_log.h"

namespace dn::store {

enum class Stream : std::uint8_t { Flow, Config, Metrics };
std::string_view to_text(Stream stream);  // "flow", …: also the name of the directory

// Of Stream::Metrics, whose lines are a few KB a minute.
inline constexpr std::size_t kMetricsQueueBytesMax = 1UL << 20U;

struct LogStoreSettings {
  std::filesystem::path directory;                              // state_dir
  std::string instance;                                         // for the store's own lines
  bool metrics = false;                                         // whether there is Stream::Metrics
  SegmentLimits segments;                                       // of each stream
  std::size_t queue_bytes_max = limits::kLogQueueBytesMax / 2;  // of each, but see above
  std::function<Now()> clock;                                   // called by any thread
  FileCalls* calls = &real_file_calls();                        // not owned
};

struct StreamStats {
  SegmentCounters written;
  std::uint64_t dropped_lines = 0;
  std::size_t queued_bytes = 0;
  bool failing = false;    // the last attempt to write failed; lines are waiting
  std::string last_error;  // "" when there was none yet; stays after recovery
};

// post(), flush(), stats() may be called by any thread. The destructor closes.
class LogStore {
 public:
  // Fails when a directory cannot be made or read, or another process writes there. A disk that
  // takes no lines yet is no failure.
  static Result<std::unique_ptr<LogStore>> open(LogStoreSettings settings);
  // Without the writer thread: turns are taken by turn_for_test().
  static Result<std::unique_ptr<LogStore>> open_without_thread_for_test(LogStoreSettings settings);
  ~LogStore();

  // Queues whole lines, each with its '\n'. Never waits for the disk; drops and counts when full.
  // Here and in stats(): of a stream that there is.
  void post(Stream stream, std::string_view lines);

  // Returns when every line posted before was written, or the disk has refused it once more.
  void flush();

  // Writes what is queued, counts what cannot be written as dropped, ends the thread. Later posts
  // are dropped and counted.
  void close();

  StreamStats stats(Stream stream) const;

  void turn_for_test();
  void compress_for_test();

 private:
  struct Core;
  explicit LogStore(std::unique_ptr<Core> core);
  std::unique_ptr<Core> core_;
};

}  // namespace dn::store
