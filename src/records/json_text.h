// JSON text and times into memory of a known bound: the one place where bytes from the network are
// escaped.
//
// Follows RFC 8259 and RFC 3339. What leaves here is one line of valid UTF-8, whatever came in:
//   - quotes, backslashes and control characters, DEL and the C1 block too, are escaped;
//   - so are U+2028 to U+202E and U+2066 to U+2069: line and paragraph separators, which some tools
//     take for line ends, and the marks that make a terminal show text in another order;
//   - each byte that is not part of valid UTF-8 (overlong forms and surrogates included) becomes
//     the escape of U+FFFD;
//   - a text longer than its cap is cut at a character boundary and ends in kTruncatedMark.
// Covered by json_text_test.cc.
#pragma once

#include <charconv>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/limits.h"
#include "base/time.h"
#include "base/utf8.h"

namespace dn::records {

inline constexpr std::string_view kTruncatedMark = "\xE2\x80\xA6[truncated]";  // "…[truncated]"

// Characters that the essay says are escaped: what JSON wants, what ends lines, hides or turns text
// in some viewers.
constexpr bool needs_json_escape(std::uint32_t code) {
  return code < 0x20 || code == '"' || code == '\\' || (code >= 0x7f && code <= 0x9f) ||
         (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

// The most bytes that a text takes as a JSON string: six per byte, two quotes, the mark.
constexpr std::size_t json_text_bytes_max(std::string_view text) {
  const std::size_t kept =
      text.size() < limits::kLogFieldBytesMax ? text.size() : limits::kLogFieldBytesMax;
  return 6 * kept + 2 + kTruncatedMark.size();
}

// Writes into borrowed memory and never behind its end: a bound that was computed too small is our
// own mistake. Lives for one line.
class BoundedWriter {
 public:
  BoundedWriter(char* begin, std::size_t size) : at_(begin), end_(begin + size) {}

  void put(std::string_view text) {
    DN_CHECK(text.size() <= room(), "the caller computed the bound of this line");
    std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
  }
  void put(char c) { put(std::string_view(&c, 1)); }
  void put_number(std::int64_t number) {
    const auto [end, error] = std::to_chars(at_, end_, number);
    DN_CHECK(error == std::errc(), "the caller computed the bound of this line");
    at_ = end;
  }
  // "2026-11-22T03:15:00.123Z" without quotes; years outside 0000 to 9999 are clamped, because RFC
  // 3339 cannot say them.
  void put_time(WallTime time);
  // A JSON string with its quotes, escaped and capped as the essay says.
  void put_json_text(std::string_view text);
  char* at() const { return at_; }

 private:
  std::size_t room() const { return static_cast<std::size_t>(end_ - at_); }
  void put_escaped(std::string_view text);
  char* at_;
  char* end_;
};

// Appends a JSON string with its quotes.
void append_json_text(std::string& out, std::string_view text);

// RFC 3339 in UTC with milliseconds, the form of every time in the logs.
std::string format_time(WallTime time);

}  // namespace dn::records
