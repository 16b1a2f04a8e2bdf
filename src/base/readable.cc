#include "base/readable.h"

#include "base/utf8.h"

namespace dn {
namespace {

// The bytes of the character at the head of `text`; 0 where there is none, and for a C1 control,
// which terminals may obey, and for the bidirectional and zero-width ones, behind which a text may
// disguise itself.
std::size_t visible_bytes(std::string_view text) {
  const auto [code, bytes] = decode_utf8(text);
  const bool invisible = (code >= 0x80 && code < 0xa0) || (code >= 0x200b && code <= 0x200f) ||
                         (code >= 0x2028 && code <= 0x202e) || (code >= 0x2060 && code <= 0x206f) ||
                         code == 0xfeff;
  return invisible ? 0 : bytes;
}

// "\x1b"
void append_byte(std::string& out, char c) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  out += "\\x";
  out += kDigits[byte >> 4U];
  out += kDigits[byte & 0xfU];
}

}  // namespace

std::string printable(std::string_view text, std::size_t bytes_max) {
  std::string out;
  while (!text.empty()) {
    if (out.size() >= bytes_max) return out + "…";
    const char c = text.front();
    std::size_t taken = 1;
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c >= 0x20 && c < 0x7f) {
      out += c;
    } else if (const std::size_t length = visible_bytes(text); length > 1) {
      out += text.substr(0, length);
      taken = length;
    } else {
      append_byte(out, c);
    }
    text.remove_prefix(taken);
  }
  return out;
}

std::string format_count(std::uint64_t count) {
  std::string digits = std::to_string(count);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, 1, ',');
  return digits;
}

}  // namespace dn
