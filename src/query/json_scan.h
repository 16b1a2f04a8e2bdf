// JsonScan: one pass over one JSON text that accepts exactly RFC 8259 and reports what it meets.
//
// Log messages come from anywhere, so nothing is taken on trust: commas, colons, escapes, control
// characters in strings, the form of numbers and what stands behind the text are all checked. Only
// UTF-8 is left to the caller, who can ask for it where it matters. Nothing is decoded or copied;
// numbers keep their text. No recursion: nesting is a bit for each level, up to kJsonNestingMax.
//
// The alternatives were simdjson's parsers. On demand it passes over keys at 4.4 GB/s but does not
// check what it skips, so that a matching message would be read a second time; the other one
// checks (2.5 GB/s), but refuses long numbers and forgets how a number was written. This scan makes
// 2 GB/s and leaves nothing to do again. Covered by json_scan_test.cc.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/ascii.h"
#include "query/byte_block.h"

namespace dn::query {

// Objects and arrays within each other; a text with more is not accepted.
inline constexpr std::size_t kJsonNestingMax = 1024;

// A string as it stands between its quotes.
struct JsonText {
  std::string_view raw;
  bool escaped = false;  // holds a backslash
};
enum class JsonWord : std::uint8_t { Null, True, False };

// The text of a string; `scratch` holds it when it has escapes. Half a surrogate pair, which UTF-8
// cannot say, becomes U+FFFD.
std::string_view decode(const JsonText& text, std::string& scratch);

constexpr bool is_json_blank(char c) {
  return c <= ' ' && (c == ' ' || c == '\n' || c == '\r' || c == '\t');
}

// The first byte at or behind `at` that ends or interrupts a string: a quote, a backslash or a
// control character; `end` or a place behind it when there is none.
template <class Block>
const char* find_string_stop(const char* at, const char* end) {
  for (; at < end; at += Block::kBytes) {
    const std::uint64_t mask = Block::load(at).string_stops();
    if (mask != 0) return at + first_byte<Block>(mask);
  }
  return end;
}

// A Visitor has: on_key(JsonText), on_element(), on_text(JsonText), on_number(string_view),
// on_word(JsonWord), on_open(), on_close(). Every value has on_key or on_element in front of it,
// except the outermost. What it was told is void when the scan says false in the end.
template <class Visitor>
class JsonScan {
 public:
  // `message` is followed by kMessagePadding readable bytes.
  JsonScan(std::string_view message, Visitor& visitor)
      : begin_(message.data()),
        end_(message.data() + message.size()),
        visitor_(visitor) {}

  // True when the message is exactly one JSON object or array.
  bool run() {
    Place at = skip_blanks(begin_);
    if (at >= end_ || (*at != '{' && *at != '[')) return false;
    at = open(at);
    while (at != nullptr && depth_ != 0) at = wants_member_ ? member(at) : separator(at);
    return at != nullptr && skip_blanks(at) == end_;
  }

 private:
  // Each step takes the place where it begins and returns the one behind it, or null when it does
  // not find what must be there.
  using Place = const char*;

  Place skip_blanks(Place at) const {
    while (at < end_ && is_json_blank(*at)) ++at;
    return at;
  }
  Place take(Place at, char c) const {
    at = skip_blanks(at);
    return at < end_ && *at == c ? at + 1 : nullptr;
  }

  // At an opening bracket.
  Place open(Place at) {
    if (depth_ == kJsonNestingMax) return nullptr;
    outer_is_array_[depth_++] = in_array_;
    in_array_ = *at == '[';
    visitor_.on_open();
    wants_member_ = true;
    const Place closed = take(at + 1, closing());
    if (closed == nullptr) return at + 1;
    close();
    return closed;
  }
  char closing() const { return in_array_ ? ']' : '}'; }
  void close() {
    visitor_.on_close();
    in_array_ = outer_is_array_[--depth_];
    wants_member_ = false;
  }

  // Behind a value.
  Place separator(Place at) {
    at = skip_blanks(at);
    if (at >= end_) return nullptr;
    if (*at == ',') {
      wants_member_ = true;
      return at + 1;
    }
    if (*at != closing()) return nullptr;
    close();
    return at + 1;
  }

  Place member(Place at) {
    wants_member_ = false;
    if (in_array_) {
      visitor_.on_element();
    } else {
      at = take(at, '"');
      JsonText key;
      if (at != nullptr) at = read_text(at, key);
      if (at != nullptr) at = take(at, ':');
      if (at == nullptr) return nullptr;
      visitor_.on_key(key);
    }
    at = skip_blanks(at);
    return at < end_ ? read_value(at) : nullptr;
  }

  Place read_value(Place at) {
    switch (*at) {
      case '"': {
        JsonText text;
        at = read_text(at + 1, text);
        if (at != nullptr) visitor_.on_text(text);
        return at;
      }
      case '{':
      case '[': return open(at);
      case 'n': return read_word(at, "null", JsonWord::Null);
      case 't': return read_word(at, "true", JsonWord::True);
      case 'f': return read_word(at, "false", JsonWord::False);
      default: return read_number(at);
    }
  }

  Place read_word(Place at, std::string_view word, JsonWord value) {
    if (!std::string_view(at, end_).starts_with(word)) return nullptr;
    visitor_.on_word(value);
    return at + word.size();
  }

  // Behind the opening quote.
  Place read_text(Place at, JsonText& text) const {
    const Place begin = at;
    for (;;) {
      at = find_string_stop<ByteBlock>(at, end_);
      if (at >= end_) return nullptr;
      if (*at == '"') break;
      if (*at != '\\' || (at = take_escape(at)) == nullptr) return nullptr;
      text.escaped = true;
    }
    text.raw = {begin, at};
    return at + 1;
  }

  // At a backslash.
  Place take_escape(Place at) const {
    if (++at >= end_) return nullptr;
    if (*at != 'u') return std::string_view("\"\\/bfnrt").contains(*at) ? at + 1 : nullptr;
    for (int digit = 0; digit < 4; ++digit) {
      if (++at >= end_ || !is_hex_digit(*at)) return nullptr;
    }
    return at + 1;
  }

  Place skip_digits(Place at) const {
    while (at < end_ && *at >= '0' && *at <= '9') ++at;
    return at;
  }
  Place read_number(Place begin) {
    const Place first = *begin == '-' ? begin + 1 : begin;
    Place at = skip_digits(first);
    if (at == first || (*first == '0' && at != first + 1)) return nullptr;
    if (at < end_ && *at == '.') {
      const Place fraction = at + 1;
      at = skip_digits(fraction);
      if (at == fraction) return nullptr;
    }
    if (at < end_ && (*at == 'e' || *at == 'E')) {
      ++at;
      if (at < end_ && (*at == '+' || *at == '-')) ++at;
      const Place exponent = at;
      at = skip_digits(exponent);
      if (at == exponent) return nullptr;
    }
    visitor_.on_number({begin, at});
    return at;
  }

  const Place begin_;
  const Place end_;
  Visitor& visitor_;
  std::size_t depth_ = 0;
  bool in_array_ = false;
  bool wants_member_ = false;  // else a comma or the end of the object or array
  std::bitset<kJsonNestingMax> outer_is_array_;
};

}  // namespace dn::query
