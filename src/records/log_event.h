// LogEvent: one event of a log as it is stored and queried, and the key that orders events.
//
// Any group and stream may be kept beside the gateway's own, so a message is any text of 1 byte to
// 1 MiB; the gateway's own messages are the JSON lines of record_fields.h. The store hands events
// out, the query languages read them; neither knows the other.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace dn::records {

// Readable bytes behind every message, whose values mean nothing: the JSON reader looks at whole
// vectors and would copy each message otherwise.
inline constexpr std::size_t kMessagePadding = 64;

// Where an event stands. Keys of one store are distinct and never change, also when a segment is
// compressed; their order is the order of FilterLogEvents: by time, then by stream and position.
struct EventKey {
  std::int64_t timestamp = 0;  // milliseconds since 1970
  std::uint64_t stream = 0;    // a stable hash of group and stream name
  std::uint64_t segment = 0;   // number of the segment in its stream
  std::uint64_t offset = 0;    // of the line in the uncompressed segment
  auto operator<=>(const EventKey&) const = default;
};

// Views live as long as the block they were read from. `message` is followed by kMessagePadding
// readable bytes.
struct LogEvent {
  EventKey key;
  std::int64_t ingestion_time = 0;  // milliseconds since 1970
  std::string_view message;
};

// What an event must contain to be worth reading: for each clause, at least one of its texts is a
// JSON string value somewhere in the message, unescaped, whole, case-sensitive. No clause: any
// event may match. A query derives it, the store skips blocks by it; a clause may be too weak,
// never too strong.
using RequiredValues = std::vector<std::vector<std::string>>;

}  // namespace dn::records
