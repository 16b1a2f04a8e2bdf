#include "store/log_store.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include "base/check.h"
#include "records/flow_record.h"
#include "records/json_text.h"
#include "store/line_queue.h"

namespace dn::store {
namespace {

using namespace std::chrono_literals;

constexpr auto kGatherInterval = 100ms;  // from the first line to its write
constexpr auto kRetryInterval = 1s;
constexpr auto kTidyInterval = 10s;  // rotation and retention also happen without traffic
constexpr auto kCompressInterval = 1s;
// A tenth of a packet loop's weight where both want the same CPU.
constexpr int kCompressorNiceness = 10;

}  // namespace

std::string_view to_text(Stream stream) {
  switch (stream) {
    case Stream::Flow: return "flow";
    case Stream::Config: return "config";
    case Stream::Metrics: break;
  }
  return "metrics";
}

// `mutex` guards everything but the settings and the logs, which belong to whoever takes turns
// (the writer thread, or the test), except for compress_one(), which is the compressor's.
struct LogStore::Core {
  struct Lane {
    Lane(const LogStoreSettings& settings, Stream which)
        : stream(which),
          log(settings.directory / to_text(which), settings.segments, *settings.calls),
          queue(which == Stream::Metrics ? std::min(settings.queue_bytes_max, kMetricsQueueBytesMax)
                                         : settings.queue_bytes_max) {}
    const Stream stream;
    SegmentedLog log;
    LineQueue queue;
    StreamStats stats;         // but queued_bytes, which is the queue's
    MonotonicTime retry_at{};  // while stats.failing
    std::string drop_cause;    // of the last drop
  };

  explicit Core(LogStoreSettings given) : settings(std::move(given)) {
    lanes.emplace_back(settings, Stream::Flow);
    if (settings.metrics) lanes.emplace_back(settings, Stream::Metrics);
    lanes.emplace_back(settings, Stream::Config);
  }
  Lane& lane(Stream stream) {
    const auto found = std::ranges::find(lanes, stream, &Lane::stream);
    DN_CHECK(found != lanes.end(), "the wiring writes to the streams that it wanted");
    return *found;
  }
  Lane& config() { return lanes.back(); }

  Result<void> open();
  void close();
  void run();
  void run_compressor();
  void compress_due();
  void turn();
  void write_queued(Lane& lane, const Now& now, bool insist);
  void take_stats(Lane& lane);
  bool summarise_drops(Lane& lane, const Now& now);
  void push_own_line(WallTime now, std::string_view reason);
  bool has_work(MonotonicTime now) const;
  bool must_hurry() const;
  void drop(Lane& lane, std::string_view lines);

  const LogStoreSettings settings;
  mutable std::mutex mutex;
  std::condition_variable wake_writer, wake_compressor, turn_done;
  std::deque<Lane> lanes;  // the config log is the last: it says what the others lost
  bool closing = false;
  bool idle = false;  // the writer waits for the first line
  std::uint64_t flushes_wanted = 0, flushes_done = 0;
  std::atomic<bool> stop_compressing = false;
  std::thread writer, compressor;
};

Result<void> LogStore::Core::open() {
  for (Lane& lane : lanes) {
    if (auto opened = lane.log.open(); !opened) return opened;
    lane.stats.written = lane.log.counters();
  }
  const Now now = settings.clock();
  for (const Lane& lane : lanes) {
    const std::uint64_t torn = lane.log.counters().torn_bytes;
    if (torn == 0) continue;
    push_own_line(now.wall, fmt::format("{} bytes of an unfinished last line were cut off the {} "
                                        "log: the gateway had not ended in order",
                                        torn, to_text(lane.stream)));
  }
  return {};
}

void LogStore::Core::run() {
  std::unique_lock lock(mutex);
  while (!closing) {
    const bool insist = flushes_wanted != flushes_done;
    if (!insist && !has_work(settings.clock().monotonic)) {
      const bool failing =
          std::ranges::any_of(lanes, [](const Lane& lane) { return lane.stats.failing; });
      idle = true;
      wake_writer.wait_for(lock, failing ? kRetryInterval : kTidyInterval);
      idle = false;
    }
    wake_writer.wait_for(lock, kGatherInterval, [this] { return must_hurry(); });
    lock.unlock();
    turn();
    lock.lock();
  }
}

void LogStore::Core::run_compressor() {
  // Fails only where it would have to raise the priority.
  ::setpriority(PRIO_PROCESS, 0, kCompressorNiceness);
  std::unique_lock lock(mutex);
  while (!closing) {
    wake_compressor.wait_for(lock, kCompressInterval);
    lock.unlock();
    compress_due();
    lock.lock();
  }
}

// In turns, so that a flood of flow lines does not keep the config log waiting.
void LogStore::Core::compress_due() {
  for (bool more = true; more;) {
    more = false;
    for (Lane& lane : lanes) {
      more |= lane.log.compress_one(settings.clock(), stop_compressing);
    }
  }
}

bool LogStore::Core::has_work(MonotonicTime now) const {
  return std::ranges::any_of(lanes, [now](const Lane& lane) {
    return lane.queue.pieces() > 0 && (!lane.stats.failing || now >= lane.retry_at);
  });
}

// A full piece is waiting, or somebody is.
bool LogStore::Core::must_hurry() const {
  return closing || flushes_wanted != flushes_done ||
         std::ranges::any_of(lanes, [](const Lane& lane) { return lane.queue.pieces() > 1; });
}

// Writes what is queued at its beginning; more may come in meanwhile and waits for the next turn.
void LogStore::Core::turn() {
  const Now now = settings.clock();
  std::unique_lock lock(mutex);
  const std::uint64_t ticket = flushes_wanted;
  const bool insist = closing || ticket != flushes_done;
  lock.unlock();
  bool more = false;
  for (Lane& lane : lanes) {
    write_queued(lane, now, insist);
    more = summarise_drops(lane, now);
  }
  if (more) write_queued(config(), now, insist);  // what it says of itself
  for (Lane& lane : lanes) lane.log.tidy(now);
  for (Lane& lane : lanes) take_stats(lane);
  lock.lock();
  flushes_done = ticket;
  turn_done.notify_all();
}

// The log's own lock is held by the compressor across system calls: nobody waits for it with
// `mutex` held, or a packet loop would wait for the disk.
void LogStore::Core::take_stats(Lane& lane) {
  SegmentCounters counters = lane.log.counters();
  std::string error = lane.log.last_error();
  const std::scoped_lock lock(mutex);
  lane.stats.written = counters;
  lane.stats.last_error = std::move(error);
}

void LogStore::Core::write_queued(Lane& lane, const Now& now, bool insist) {
  std::unique_lock lock(mutex);
  if (lane.stats.failing && !insist && now.monotonic < lane.retry_at) return;
  for (std::size_t pieces = lane.queue.pieces(); pieces > 0; --pieces) {
    std::optional<std::string> piece = lane.queue.take();
    DN_CHECK(piece.has_value(), "only turns take pieces");
    lock.unlock();
    const std::size_t written = lane.log.append(*piece, now);
    const bool failing = written < piece->size();
    std::string error = failing ? lane.log.last_error() : std::string();
    lock.lock();
    lane.stats.failing = failing;
    lane.queue.give_back(*std::move(piece), written);
    if (!failing) continue;
    lane.stats.last_error = std::move(error);
    lane.retry_at = now.monotonic + kRetryInterval;
    return;
  }
}

// True when a line was queued.
bool LogStore::Core::summarise_drops(Lane& lane, const Now& now) {
  const std::scoped_lock lock(mutex);
  if (lane.stats.failing || config().stats.failing || !lane.queue.summary_due()) return false;
  const LineQueue::Dropped& dropped = lane.queue.dropped();
  push_own_line(now.wall,
                fmt::format("{} {} log lines were dropped between {} and {}: {}", dropped.lines,
                            to_text(lane.stream), records::format_time(dropped.first),
                            records::format_time(dropped.last), lane.drop_cause));
  lane.queue.forget_dropped();
  return true;
}

void LogStore::Core::push_own_line(WallTime now, std::string_view reason) {
  records::ConfigRecord record;
  record.time = now;
  record.cat = "self";
  record.outcome = "warning";
  record.reason = reason;
  std::string line;
  records::append_json_line(line, record, settings.instance);
  if (config().queue.has_room(line.size())) {
    config().queue.push(line);
  } else {
    drop(config(), line);
  }
}

void LogStore::Core::drop(Lane& lane, std::string_view lines) {
  lane.queue.drop(lines, settings.clock().wall);
  lane.stats.dropped_lines += count_lines(lines);
  lane.drop_cause = lane.stats.failing ? lane.stats.last_error : "the disk was too slow";
}

void LogStore::Core::close() {
  std::unique_lock lock(mutex);
  if (closing) return;
  closing = true;
  stop_compressing = true;
  lock.unlock();
  wake_writer.notify_all();
  wake_compressor.notify_all();
  if (compressor.joinable()) compressor.join();
  if (writer.joinable()) writer.join();
  turn();  // the last one, and nobody else takes any
  lock.lock();
  for (Lane& ending : lanes) {
    ending.stats.dropped_lines += ending.queue.drop_all();
    ending.log.close();
    ending.stats.written = ending.log.counters();
  }
}

Result<std::unique_ptr<LogStore>> LogStore::open_without_thread_for_test(
    LogStoreSettings settings) {
  DN_CHECK(settings.clock && settings.calls != nullptr, "the wiring gives a clock and the calls");
  auto core = std::make_unique<Core>(std::move(settings));
  if (auto opened = core->open(); !opened) return tl::unexpected(opened.error());
  return std::unique_ptr<LogStore>(new LogStore(std::move(core)));
}

Result<std::unique_ptr<LogStore>> LogStore::open(LogStoreSettings settings) {
  auto store = open_without_thread_for_test(std::move(settings));
  if (store) {
    Core* core = (*store)->core_.get();
    core->writer = std::thread([core] { core->run(); });
    core->compressor = std::thread([core] { core->run_compressor(); });
  }
  return store;
}

LogStore::LogStore(std::unique_ptr<Core> core) : core_(std::move(core)) {}

LogStore::~LogStore() {
  close();
}

void LogStore::post(Stream stream, std::string_view lines) {
  if (lines.empty()) return;
  DN_CHECK(lines.ends_with('\n'), "blocks hold whole lines");
  std::unique_lock lock(core_->mutex);
  Core::Lane& lane = core_->lane(stream);
  if (core_->closing || !lane.queue.has_room(lines.size())) return core_->drop(lane, lines);
  const std::size_t pieces_before = lane.queue.pieces();
  lane.queue.push(lines);
  const bool piece_full = lane.queue.pieces() > std::max<std::size_t>(pieces_before, 1);
  const bool wake = (core_->idle || piece_full) && !lane.stats.failing;
  lock.unlock();
  if (wake) core_->wake_writer.notify_one();
}

void LogStore::flush() {
  std::unique_lock lock(core_->mutex);
  const std::uint64_t ticket = ++core_->flushes_wanted;
  core_->wake_writer.notify_one();
  core_->turn_done.wait(lock, [&] { return core_->flushes_done >= ticket || core_->closing; });
}

void LogStore::close() {
  core_->close();
}

StreamStats LogStore::stats(Stream stream) const {
  const std::scoped_lock lock(core_->mutex);
  const Core::Lane& lane = core_->lane(stream);
  StreamStats stats = lane.stats;
  stats.queued_bytes = lane.queue.bytes();
  return stats;
}

void LogStore::turn_for_test() {
  core_->turn();
}

void LogStore::compress_for_test() {
  core_->compress_due();
}

}  // namespace dn::store
