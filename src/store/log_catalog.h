// LogCatalog: every log group and stream under one directory, for writing and for reading.
//
//   DIR/flow, DIR/config            the gateway's own streams, of group `DiscrimiNAT`
//   DIR/metrics                     its third one, where there is one; the name is its own anyway
//   DIR/groups/<group>/<stream>     everything else; names are percent-encoded (catalog_names.h)
//
// Each stream is a directory of segments as segmented_log.h describes them; a line is plain or an
// envelope (log_line.h). So the gateway's own lines, and copies of another gateway's, are read
// without a second decoding.
//
// Theory of operation
//
// Reading needs nothing but the directory: each call looks at what is there (stream_reader.h), so
// it makes no difference which process writes. A reader that takes blocks() once and loads them all
// sees every event of that moment exactly once, whatever rotation and compression do meanwhile;
// what retention deletes before it is loaded is gone. Keys do not change by compression.
//
// Writing opens a SegmentedLog per stream, which locks the stream's directory, on the first put();
// the least recently used are closed beyond kOpenStreamsMax. A put() is one write of whole lines
// into one segment, taken back when the disk refuses a part of it. Readers of the same catalogue
// wait for it and so see all of it or nothing; another process may see a part of it while it is
// written, and a crash may leave a part.
//
// tidy() closes, compresses and deletes per stream, without holding up put(). Segments whose last
// event is older than the group's retention are deleted whole, while the clock is trusted, but
// never the newest of a stream. Deleting a stream takes its lock first and moves the directory out
// of sight; what a crash leaves of it goes with the next open().
//
// The own streams are written by whoever holds their locks: the gateway in this process
// (own_streams_taken), another process, or put() here. Covered by log_catalog_test.cc and
// log_catalog_threads_test.cc.
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
#include "store/loaded_block.h"
#include "store/segmented_log.h"

namespace dn::store {

inline constexpr std::string_view kOwnGroup = "DiscrimiNAT";

inline constexpr std::size_t kGroupsMax = 10'000;    // beyond: create_group() says Refused
inline constexpr std::size_t kStreamsMax = 100'000;  // of all groups; create_stream() says Refused
inline constexpr std::size_t kOpenStreamsMax = 128;  // being written; two descriptors each

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

// NotOurs: somebody else writes there, or the catalogue is read-only. Refused: a name, a size or a
// number beyond a limit. The message says what to do.
enum class CatalogFailure : std::uint8_t {
  NoSuchGroup,
  NoSuchStream,
  Exists,
  NotOurs,
  Refused,
  Disk,
};
struct CatalogError {
  CatalogFailure kind = CatalogFailure::Disk;
  std::string message;
};
template <class T>
using CatalogResult = tl::expected<T, CatalogError>;

struct NewEvent {
  std::int64_t timestamp = 0;
  std::string_view message;  // any bytes, up to kMessageBytesMax
};

struct CatalogSettings {
  std::filesystem::path directory;
  bool writable = false;
  // The gateway writes its own streams itself in this process: nobody else may.
  bool own_streams_taken = false;
  SegmentLimits segments;  // of each stream
  std::function<Now()> clock;
  FileCalls* calls = &real_file_calls();
  std::size_t groups_max = kGroupsMax;
  std::size_t streams_max = kStreamsMax;
  std::size_t open_streams_max = kOpenStreamsMax;
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
  // Also says whether there is such a group. Looks at no stream, unlike groups().
  virtual CatalogResult<std::optional<int>> retention(std::string_view group) const = 0;

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

  // Files that were passed over since the last call, and why: damaged ones, foreign ones.
  virtual std::vector<std::string> take_problems() = 0;
};

}  // namespace dn::store
