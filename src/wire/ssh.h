// SSH identification strings (RFC 4253 section 4.2): SSH-protoversion-softwareversion SP comments
// CR LF.
//
// A client's banner must be its very first bytes; a server may send other lines before it, within
// caps. LF alone ends a banner too, as OpenSSH accepts it. Covered by ssh_test.cc,
// fuzz/ssh_banner_fuzz.cc.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "wire/parse_result.h"

namespace dn::wire {

enum class Side : std::uint8_t { Client, Server };

struct SshBanner {
  std::string_view version;  // "2.0", "1.99", "1.5": as sent; borrows the stream
  std::string_view line;     // the banner without its line end; borrows the stream
  // A client must say 2.0; a server 2.0 or 1.99 (RFC 4253 section 5.1).
  bool acceptable = false;
};

// NotThis unless the bytes can still become a banner of that side. For a server that means: lines
// not starting "SSH-" are skipped only once a later line is a banner; until then NeedMore within
// caps, so the caller asks only where SSH is expected. A server's NUL byte before the banner or an
// HTTP status line as its first is NotThis. When Malformed, `line` is what the log may show.
ParseResult<SshBanner> parse_ssh_banner(ByteSpan stream, Side side);

}  // namespace dn::wire
