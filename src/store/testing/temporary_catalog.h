// For tests: a writable catalogue in a directory that goes away with the test.
//
// The clock stands at kStart until advance(). small_segments() makes segments that close after a
// few lines and are compressed at once, so that a handful of events already has every form.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/time.h"
#include "store/log_catalog.h"
#include "store/testing/fake_disk.h"

namespace dn::store::testing {

// 2026-11-22T03:15:00Z
inline constexpr WallTime kCatalogStart{std::chrono::milliseconds(1'795'317'300'000)};

class TestClock {
 public:
  Now now() const {
    const std::chrono::milliseconds since{milliseconds_.load()};
    return {MonotonicTime{since}, kCatalogStart + since, trusted};
  }
  void advance(std::chrono::milliseconds by) { milliseconds_ += by.count(); }
  bool trusted = true;

 private:
  std::atomic<std::int64_t> milliseconds_ = 0;
};

inline SegmentLimits small_segments() {
  SegmentLimits limits;
  limits.segment_bytes = 400;
  limits.compress_after = std::chrono::seconds(0);
  return limits;
}

// An event as a test compares it; the message is a copy.
struct KeptEvent {
  records::EventKey key;
  std::int64_t ingestion_time = 0;
  std::string message;
  friend bool operator==(const KeptEvent&, const KeptEvent&) = default;
};

// All events of these blocks, in the blocks' order.
inline std::vector<KeptEvent> load_all(const LogCatalog& catalog,
                                       const std::vector<BlockInfo>& blocks) {
  std::vector<KeptEvent> events;
  LoadedBlock loaded;
  for (const BlockInfo& block : blocks) {
    const auto done = catalog.load(block, loaded);
    DN_CHECK(done.has_value(), "a test loads blocks that exist");
    for (std::size_t at = 0; auto event = loaded.next_event(at);) {
      events.push_back({event->key, event->ingestion_time, std::string(event->message)});
    }
  }
  return events;
}

class TemporaryCatalog {
 public:
  explicit TemporaryCatalog(SegmentLimits limits = {}, bool own_streams_taken = false) {
    reopen(limits, own_streams_taken);
  }

  // Over the same directory; the previous catalogue is closed first.
  void reopen(SegmentLimits limits = {}, bool own_streams_taken = false) {
    catalog_.reset();
    CatalogSettings chosen = settings();
    chosen.own_streams_taken = own_streams_taken;
    chosen.segments = limits;
    reopen(std::move(chosen));
  }
  void reopen(CatalogSettings chosen) {
    catalog_.reset();
    auto opened = LogCatalog::open(std::move(chosen));
    DN_CHECK(opened.has_value(), "a catalogue of a fresh directory opens");
    catalog_ = *std::move(opened);
  }
  // Writable, over this directory, clock and disk: to be changed.
  CatalogSettings settings() {
    CatalogSettings made;
    made.directory = root_.path();
    made.writable = true;
    made.clock = [this] { return clock.now(); };
    made.calls = &disk;
    return made;
  }

  LogCatalog& operator*() const { return *catalog_; }
  LogCatalog* operator->() const { return catalog_.get(); }
  const std::filesystem::path& path() const { return root_.path(); }

  // Makes group and stream when they are missing. Milliseconds since kCatalogStart.
  void add(std::string_view group, std::string_view stream, std::int64_t at,
           std::string_view message) {
    (void)catalog_->create_group(group);
    (void)catalog_->create_stream(group, stream);
    const NewEvent event{kCatalogStart.time_since_epoch().count() + at, message};
    const auto put =
        catalog_->put(group, stream, {&event, 1}, clock.now().wall.time_since_epoch().count());
    DN_CHECK(put.has_value(), "the disk of a test takes what it gets");
  }

  // By time; of all streams of the group when none is named.
  std::vector<KeptEvent> events(std::string_view group, std::vector<std::string> streams = {},
                                TimeRange range = {},
                                const records::RequiredValues& required = {}) const {
    const auto blocks = catalog_->blocks(group, streams, range, required);
    DN_CHECK(blocks.has_value(), "the test asks for what is there");
    auto events = load_all(*catalog_, *blocks);
    std::ranges::sort(events, {}, &KeptEvent::key);
    return events;
  }

  TestClock clock;
  FailingDisk disk;

 private:
  TemporaryDirectory root_;
  std::unique_ptr<LogCatalog> catalog_;
};

}  // namespace dn::store::testing
