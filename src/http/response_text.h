// The text of answers: status line, header fields, chunks. Pure.
//
// Framing (Content-Length, Transfer-Encoding, Connection) and Date are written here and nowhere
// else; fields of a handler with these names, or with anything that could end a line, are left out.
// Covered by response_text_test.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "http/http_server.h"

namespace dn::http {

enum class Framing : std::uint8_t {
  Length,   // the body is `length` bytes
  Chunked,  // HTTP/1.1 streams
  Close,    // HTTP/1.0 streams: the end of the connection is the end of the body
};

struct HeadSettings {
  Framing framing = Framing::Length;
  std::size_t length = 0;
  bool close = false;  // this is the connection's last answer
};

// Up to and with the empty line. A status that is none becomes 500.
std::string format_head(const Response& response, const HeadSettings& settings, WallTime now);

// One chunk; an empty piece gives nothing, since an empty chunk would be the last.
std::string format_chunk(std::string_view piece);
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

// Whether an answer of this status has a body at all.
bool may_have_body(int status);

// "Sun, 06 Nov 1994 08:49:37 GMT"
std::string format_http_date(WallTime time);

}  // namespace dn::http
