// ImportWriter: puts imported events into a store, each at most once.
//
// Events are gathered into batches, sorted by time and written stream by stream. Before a batch is
// written, the store's own events of its times are read: an event is there already when its stream,
// time and message are. Equal events are counted, so a log that has the same line twice in one
// millisecond keeps both, and a second import of it adds none; events with the same id (eventId)
// count once. That holds however the input is cut into files, with one exception: equal events that
// stand in different batches of one import count once; a batch therefore ends only where the time
// changes, unless kBatchEventsMax is reached. Covered by import_writer_test.cc.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/import_reader.h"
#include "store/log_catalog.h"

namespace dn::cli {

struct ImportCounts {
  std::uint64_t stored = 0, present = 0;
  std::optional<std::int64_t> first, last;  // of the events that were stored or present
};

class ImportWriter {
 public:
  // A batch is written at these sizes; its memory is a few times as much.
  static constexpr std::size_t kBatchBytes = 16UL << 20U;
  static constexpr std::size_t kBatchEvents = 100'000;
  static constexpr std::size_t kBatchEventsMax = 2 * kBatchEvents;

  // `stream`: for every event; empty: its own, else "flow". The catalogue outlives this.
  ImportWriter(store::LogCatalog& catalog, std::string group, std::string stream,
               std::function<std::int64_t()> now_ms);

  Result<void> add(ImportedEvent event);
  Result<void> flush();
  const std::map<std::string, ImportCounts>& counts() const { return counts_; }  // by stream

 private:
  using Events = std::span<const ImportedEvent* const>;  // of one stream, by time
  Result<void> write_stream(const std::string& stream, Events events);
  Result<std::vector<store::NewEvent>> find_new(const std::string& stream, Events events);
  Result<void> put(const std::string& stream, std::span<const store::NewEvent> events);
  Result<void> make_stream(const std::string& stream);

  store::LogCatalog& catalog_;
  std::string group_, stream_;
  std::function<std::int64_t()> now_ms_;
  std::vector<ImportedEvent> batch_;
  std::size_t batch_bytes_ = 0;
  std::map<std::string, ImportCounts> counts_;
  std::uint64_t put_bytes_ = 0;  // since the last upkeep
};

}  // namespace dn::cli
