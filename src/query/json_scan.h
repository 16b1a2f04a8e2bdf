// JsonScan: one pass over one JSON text that accepts exactly RFC 8259 and reports what it meets.
//
// Log messages come from anywhere, so nothing is taken on trust: commas, colons, escapes, control
// characters in strings, the form of numbers and what stands behind the text are all checked. Only
// UTF-8 is left to the caller, who can ask for it where it matters. Nothing is decoded or copied;
// numbers keep their text. No recursion: nesting is a bit for each level, up to kJsonNestingMax.
//
// simdjson's on-demand parser was the alternative: it does not check what it skips, and so would
// need the same checks written around it (docs/decisions). Covered by json_scan_test.cc.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

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
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

// The first byte at or behind `at` that ends or interrupts a string: a quote, a backslash or a
// control character; `end` or a place behind it when there is none.
template <class Block>
const char* find_string_stop(const char* at, const char* end) {
  for (; at < end; at += Block::kBytes) {
    const Block block = Block::load(at);
    const std::uint64_t mask = block.equals('"') | block.equals('\\') | block.controls();
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
      : at_(message.data()),
        end_(message.data() + message.size()),
        visitor_(visitor) {}

  // True when the message is exactly one JSON object or array.
  bool run() {
    skip_blanks();
    if (at_ >= end_ || (*at_ != '{' && *at_ != '[') || !open()) return false;
    while (depth_ != 0) {
      if (!(wants_member_ ? member() : separator())) return false;
    }
    skip_blanks();
    return at_ == end_;
  }

 private:
  void skip_blanks() {
    while (at_ < end_ && is_json_blank(*at_)) ++at_;
  }
  bool take(char c) {
    skip_blanks();
    if (at_ >= end_ || *at_ != c) return false;
    ++at_;
    return true;
  }

  // Behind an opening bracket.
  bool open() {
    if (depth_ == kJsonNestingMax) return false;
    outer_is_array_[depth_++] = in_array_;
    in_array_ = *at_++ == '[';
    visitor_.on_open();
    wants_member_ = true;
    if (take(closing())) close();
    return true;
  }
  char closing() const { return in_array_ ? ']' : '}'; }
  void close() {
    visitor_.on_close();
    in_array_ = outer_is_array_[--depth_];
    wants_member_ = false;
  }

  // Behind a value.
  bool separator() {
    skip_blanks();
    if (at_ >= end_) return false;
    const char c = *at_++;
    if (c == ',') {
      wants_member_ = true;
      return true;
    }
    if (c != closing()) return false;
    close();
    return true;
  }

  bool member() {
    wants_member_ = false;
    if (in_array_) {
      visitor_.on_element();
    } else {
      JsonText key;
      if (!take('"') || !read_text(key) || !take(':')) return false;
      visitor_.on_key(key);
    }
    skip_blanks();
    return at_ < end_ && read_value();
  }

  bool read_value() {
    switch (*at_) {
      case '"': {
        ++at_;
        JsonText text;
        if (!read_text(text)) return false;
        visitor_.on_text(text);
        return true;
      }
      case '{':
      case '[': return open();
      case 'n': return read_word("null", JsonWord::Null);
      case 't': return read_word("true", JsonWord::True);
      case 'f': return read_word("false", JsonWord::False);
      default: return read_number();
    }
  }

  bool read_word(std::string_view word, JsonWord value) {
    if (!std::string_view(at_, end_).starts_with(word)) return false;
    at_ += word.size();
    visitor_.on_word(value);
    return true;
  }

  // Behind the opening quote.
  bool read_text(JsonText& text) {
    const char* const begin = at_;
    for (;;) {
      at_ = find_string_stop<ByteBlock>(at_, end_);
      if (at_ >= end_) return false;
      if (*at_ == '"') break;
      if (*at_ != '\\' || !take_escape()) return false;
      text.escaped = true;
    }
    text.raw = {begin, at_++};
    return true;
  }

  bool take_escape() {
    if (++at_ >= end_) return false;
    const char kind = *at_++;
    if (kind != 'u') return std::string_view("\"\\/bfnrt").contains(kind);
    for (int digit = 0; digit < 4; ++digit) {
      if (at_ >= end_) return false;
      const char c = *at_++;
      if ((c < '0' || c > '9') && (c < 'a' || c > 'f') && (c < 'A' || c > 'F')) return false;
    }
    return true;
  }

  bool take_digits() {
    const char* const begin = at_;
    while (at_ < end_ && *at_ >= '0' && *at_ <= '9') ++at_;
    return at_ != begin;
  }
  bool read_number() {
    const char* const begin = at_;
    if (*at_ == '-') ++at_;
    const char* const first = at_;
    if (!take_digits() || (*first == '0' && at_ - first > 1)) return false;
    if (at_ < end_ && *at_ == '.') {
      ++at_;
      if (!take_digits()) return false;
    }
    if (at_ < end_ && (*at_ == 'e' || *at_ == 'E')) {
      ++at_;
      if (at_ < end_ && (*at_ == '+' || *at_ == '-')) ++at_;
      if (!take_digits()) return false;
    }
    visitor_.on_number({begin, at_});
    return true;
  }

  const char* at_;
  const char* const end_;
  Visitor& visitor_;
  std::size_t depth_ = 0;
  bool in_array_ = false;
  bool wants_member_ = false;  // else a comma or the end of the object or array
  std::bitset<kJsonNestingMax> outer_is_array_;
};

}  // namespace dn::query
