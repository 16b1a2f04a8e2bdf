// JSON string escapes in both directions, without loss.
//
// Writing: any bytes become the inside of a JSON string in valid UTF-8 on one line. Quotes,
// backslashes, control characters and the characters that end lines or turn text round in some
// viewers (the same as in records/json_text.h) are escaped, and a byte that is not part of valid
// UTF-8 becomes a lone low surrogate, \udc80 to \udcff: 0xdc00 and the byte. No valid text needs
// one, so nothing is lost, unlike in json_text.h, which writes for people.
//
// Reading: the escapes of RFC 8259. Whether a lone surrogate is one of those bytes is the caller's
// to say. Covered by log_line_test.cc and value_set_test.cc.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace dn::store {

void append_json_escaped(std::string& out, std::string_view text);

enum class LoneSurrogate : std::uint8_t { Refused, IsByte };

// Takes one escape off the front of `text`, which begins with a backslash, and appends what it
// stands for. False when it is not one.
bool take_json_escape(std::string_view& text, std::string& out, LoneSurrogate lone);

}  // namespace dn::store
