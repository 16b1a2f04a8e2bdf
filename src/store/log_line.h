// LogLine: how one event stands in a segment.
//
// A line is one of two kinds. A *plain* line is the message itself. It begins with
// {"time":"2026-11-22T03:15:00.123Z" and that is its timestamp, and counts as its ingestion time
// too; what follows is not looked at here. An *envelope* holds any other message:
//
//   {"@timestamp":1795317300123,"@ingestionTime":1795317301000,"@message":"…"}
//
// in exactly this form, without blanks. The message is a JSON string in which valid UTF-8 stands
// for itself; quotes, backslashes and what json_text.h escapes besides are escaped; and a byte that
// is not part of valid UTF-8 is written as the escape \udc80 to \udcff, 0xdc00 and the byte. No
// valid text needs such a lone surrogate, so every message comes back byte for byte, and the line
// stays valid UTF-8 and one line (Python's "surrogateescape" reads the same). A reader accepts any
// escape of RFC 8259 and refuses everything else: it passes the line over. Covered by
// log_line_test.cc and segment_fuzz.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace dn::store {

inline constexpr std::size_t kMessageBytesMax = 1UL << 20U;  // LogCatalog::put() refuses more
// The longest envelope: every byte escaped by six, and the head. Readers pass longer lines over.
inline constexpr std::size_t kLineBytesMax = 6 * kMessageBytesMax + 256;

struct LineFacts {
  std::int64_t timestamp = 0, ingestion = 0;  // milliseconds since 1970
  bool plain = false;
};

// Of a line without its '\n'; nothing when it is neither plain nor an envelope. The message of an
// envelope is not looked at: envelope_message() may still refuse it.
std::optional<LineFacts> read_line_facts(std::string_view line);

// The message of a line that read_line_facts() called an envelope: a part of the line, or decoded
// into `scratch`, which is followed by kMessagePadding bytes. Nothing when it is not well formed.
std::optional<std::string_view> envelope_message(std::string_view line, std::string& scratch);

// Appends the event as a line with its '\n', plain where it may be.
void append_line(std::string& out, std::int64_t timestamp, std::int64_t ingestion,
                 std::string_view message);

// "2026-11-22T03:15:00.123Z", exactly this form, as milliseconds since 1970.
std::optional<std::int64_t> parse_log_time(std::string_view text);
inline constexpr std::size_t kLogTimeBytes = 24;

}  // namespace dn::store
