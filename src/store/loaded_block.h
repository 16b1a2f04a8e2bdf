// BlockInfo and LoadedBlock: how readers get the lines of a log, a block at a time.
//
// Covered by log_catalog_test.cc.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "records/log_event.h"

namespace dn::store {

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

// The bytes of one block, followed by kMessagePadding readable ones. Reused for many blocks. Used
// by one thread at a time.
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

  // As if loaded: for catalogues that are not on disk.
  static LoadedBlock from_text_for_test(const BlockInfo& info, std::string_view lines);

 private:
  friend class StreamReader;
  BlockInfo info_;
  std::string_view lines_;
  struct Buffers;
  std::unique_ptr<Buffers> buffers_;
};

}  // namespace dn::store
