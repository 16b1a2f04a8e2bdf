// CatalogStream: one stream of the catalogue: its reader, its writer while there is one, its
// upkeep.
//
// Two locks keep three kinds of users apart. `appending_` is held by a put() while it writes and by
// a reader while it looks for what was appended, so that a reader sees a put() whole or not at all.
// `upkeep_` is held by a tidy() while it compresses, without holding up put(); the writer is closed
// and the stream is destroyed only by who holds both. Order: upkeep_, appending_.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/time.h"
#include "store/log_catalog.h"
#include "store/segmented_log.h"
#include "store/stream_reader.h"

namespace dn::store {

class CatalogStream {
 public:
  CatalogStream(std::string name, std::uint64_t id, std::filesystem::path directory,
                std::int64_t created, const SegmentLimits& limits, FileCalls& calls);

  const std::string& name() const { return name_; }
  std::uint64_t id() const { return id_; }
  const std::filesystem::path& directory() const { return directory_; }

  // Looks for what was written since; everything below answers from that.
  Result<void> refresh();
  StreamInfo info() const;
  StreamReader& reader() { return reader_; }

  // All whole lines or none.
  CatalogResult<void> append(std::string_view lines, const Now& now);
  // Closes the writer unless it is at work; true when it is closed.
  bool try_close();
  // Does what is due; true when there is a writer afterwards. One that it opened itself it closes.
  bool tidy(const Now& now, std::optional<int> retention_days);

  // Runs `remove` with the stream's lock held, unless another process holds it. Afterwards there is
  // no stream; where `remove` fails, there is.
  CatalogResult<void> destroy(const std::function<Result<void>()>& remove);

 private:
  CatalogResult<void> open_log();
  bool upkeep_due(const Now& now, std::optional<int> retention_days) const;
  bool expired(const SegmentSummary& segment, const Now& now, std::optional<int> days) const;

  const std::string name_;
  const std::uint64_t id_;
  const std::filesystem::path directory_;
  const std::int64_t created_;
  const SegmentLimits limits_;
  FileCalls& calls_;
  StreamReader reader_;
  std::atomic<bool> stop_ = false;  // compressing: give up, the stream goes
  std::mutex upkeep_;
  std::mutex appending_;  // guards what follows
  std::unique_ptr<SegmentedLog> log_;
  bool for_upkeep_ = false;  // tidy() opened `log_` and nobody has appended since
  bool gone_ = false;
};

}  // namespace dn::store
