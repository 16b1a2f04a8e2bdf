// LogCatalog: every log group and stream under one directory, for writing and for reading.
//
//   DIR/flow, DIR/config            the gateway's own streams, of group `DiscrimiNAT`
//   DIR/groups/<group>/<stream>     everything else; names are percent-encoded
//
// Each stream is a directory of segments as segmented_log.h describes them. A line is either
// *plain*: the message itself, a JSON object that begins with {"time":"<RFC 3339, UTC,
// milliseconds>" which is its timestamp (and counts as its ingestion time); or an *envelope* for
// any other message:
// {"@timestamp":ms,"@ingestionTime":ms,"@message":"…"}. So the gateway's own lines, and copies of
// another gateway's, are read without a second decoding.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "records/log_event.h"
#include "store/segmented_log.h"

namespace dn::store {

inline constexpr std::string_view kOwnGroup = "DiscrimiNAT";

struct GroupInfo {
  std::string name;
  std::int64_t created = 0;           // milliseconds since 1970
  std::optional<int> retention_days;  // none: only the store's own caps apply
  std::uint64_t stored_bytes = 0;     // uncompressed
};

struct StreamInfo {
  std::string name;
  std::uint64_t id = 0;      // EventKey::stream
  std::int64_t created = 0;  // milliseconds since 1970
  std::optional<std::int64_t> first_timestamp, last_timestamp, last_ingestion;
};

enum class CatalogFailure : std::uint8_t { NoSuchGroup, NoSuchStream, Exists, NotOurs, Disk };
struct CatalogError {
  CatalogFailure kind = CatalogFailure::Disk;
  std::string message;
};
template <class T>
using CatalogResult = tl::expected<T, CatalogError>;

struct NewEvent {
  std::int64_t timestamp = 0;
  std::string_view message;
};

struct TimeRange {  // both ends included, milliseconds
  std::int64_t from = INT64_MIN, to = INT64_MAX;
};

// A stretch of whole lines of one segment, of at most about 1 MiB; its times bound all its events.
struct BlockInfo {
  std::uint64_t stream = 0, segment = 0, offset = 0;
  std::uint64_t bytes = 0;  // uncompressed
  std::int64_t first = 0, last = 0;
  bool plain = false;  // every line is plain
};

// The bytes of one block, followed by kMessagePadding readable ones. Reused for many blocks.
class LoadedBlock;

struct CatalogSettings {
  std::filesystem::path directory;
  bool writable = false;
  // The gateway writes flow/ and config/ itself in this process: nobody else may.
  bool own_streams_taken = false;
  SegmentLimits segments;
  std::function<Now()> clock;
  FileCalls* calls = &real_file_calls();
};

// May be used by several threads. Other processes may write while this one reads: what they append
// is seen, what retention deletes is passed over.
class LogCatalog {
 public:
  virtual ~LogCatalog() = default;
  static Result<std::unique_ptr<LogCatalog>> open(CatalogSettings settings);

  virtual std::vector<GroupInfo> groups() const = 0;  // by name
  virtual CatalogResult<std::vector<StreamInfo>> streams(std::string_view group) const = 0;
  virtual CatalogResult<void> create_group(std::string_view group) = 0;
  virtual CatalogResult<void> create_stream(std::string_view group, std::string_view stream) = 0;
  virtual CatalogResult<void> delete_group(std::string_view group) = 0;
  virtual CatalogResult<void> delete_stream(std::string_view group, std::string_view stream) = 0;
  virtual CatalogResult<void> set_retention(std::string_view group, std::optional<int> days) = 0;

  // Appends all events or none. On return they are visible to readers.
  virtual CatalogResult<void> put(std::string_view group, std::string_view stream,
                                  std::span<const NewEvent> events, std::int64_t ingestion) = 0;

  // Blocks of these streams that may hold events of the range with the required values, by first
  // time. No stream named: all of the group.
  virtual CatalogResult<std::vector<BlockInfo>> blocks(
      std::string_view group, std::span<const std::string> streams, TimeRange range,
      const records::RequiredValues& required) const = 0;

  // Fails when the segment is gone (retention) or damaged. Any thread.
  virtual Result<void> load(const BlockInfo& block, LoadedBlock& into) const = 0;

  // Retention and compression of what put() wrote. Call it now and then.
  virtual void tidy() = 0;
};

class LoadedBlock {
 public:
  LoadedBlock();
  ~LoadedBlock();
  LoadedBlock(LoadedBlock&&) noexcept;
  LoadedBlock& operator=(LoadedBlock&&) noexcept;

  const BlockInfo& info() const { return info_; }
  std::string_view lines() const { return lines_; }  // as stored

  // The event of the line that begins at `at`, which moves to the next line; nothing at the end.
  // A line that is neither plain nor an envelope is passed over. The message lives until the next
  // call.
  std::optional<records::LogEvent> next_event(std::size_t& at);

 private:
  friend class CatalogReader;
  BlockInfo info_;
  std::string_view lines_;
  struct Buffers;
  std::unique_ptr<Buffers> buffers_;
};

}  // namespace dn::store
