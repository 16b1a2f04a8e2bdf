// JsonIndex and walk_json: a JSON text, read once from front to back and checked whole.
//
// The library's first stage checks UTF-8, finds the strings and lists where each token begins, 64
// bytes at a time; what stands between is checked here against RFC 8259, token by token. The
// library's own readers are left aside: one builds a tree of everything, the other does not look at
// what nobody asks for, so that the fields of a damaged message would depend on the query. Here a
// text is JSON as a whole or not at all, whatever is asked of it:
//   - UTF-8, one value, nothing but blanks around it, at most kJsonDepthMax levels;
//   - escapes are complete, and escaped surrogates come in pairs;
//   - numbers have the RFC's shape; their size does not matter.
// No recursion; time is linear. Covered by insights_fields_test.cc and fuzz/insights_fuzz.cc,
// against a plain reader.
#pragma once

#include <simdjson.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "query/decimal_text.h"
#include "query/insights_limits.h"
#include "query/insights_value.h"

namespace dn::query::insights {

// Where the tokens of one text begin. Reused for many texts; grows to the largest.
class JsonIndex {
 public:
  // False when the text cannot be JSON. `text` is followed by kMessagePadding readable bytes.
  bool read(std::string_view text);

  std::string_view text() const { return text_; }
  std::size_t size() const { return stage_->n_structural_indexes; }
  std::size_t start(std::size_t token) const { return stage_->structural_indexes[token]; }
  // A token with the blanks behind it left out.
  std::string_view token(std::size_t i) const {
    const std::size_t begin = start(i);
    std::size_t end = i + 1 < size() ? start(i + 1) : text_.size();
    while (is_blank(text_[end - 1])) --end;
    return text_.substr(begin, end - begin);
  }
  // The text of a string token; false when an escape is wrong. Lives until the next read().
  bool unquote(std::string_view token, std::string_view& into) {
    if (token.size() < 2 || token.back() != '"') return false;
    into = token.substr(1, token.size() - 2);
    return !has_escapes_ || unescape(into);
  }

 private:
  static bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }
  bool unescape(std::string_view& text);

  std::unique_ptr<simdjson::internal::dom_parser_implementation> stage_;
  std::size_t capacity_ = 0;
  std::string_view text_;
  bool has_escapes_ = false;
  std::unique_ptr<char[]> unescaped_;  // each string at its own place of the text
  std::size_t unescaped_capacity_ = 0;
};

// True, false and null, or a number of the RFC's shape; false for anything else. null is absent.
inline bool read_primitive(std::string_view token, Value& into) {
  if (token == "true" || token == "false") {
    into = Value::of_bool(token[0] == 't');
    return true;
  }
  if (token == "null") {
    into = {};
    return true;
  }
  into = Value::of_number_text(token);
  return is_json_number(token);
}

// Tells `sink` what `json` holds; false as soon as it turns out to be no JSON, or no container.
// The sink:
//   void key(std::string_view name)      in front of each value of a map
//   void scalar(const Value& value)      null is an absent value
//   void open(bool map, std::size_t at)  at: offset of the bracket
//   void close(std::size_t end)          end: offset behind the bracket
template <class Sink>
bool walk_json(JsonIndex& json, Sink& sink) {
  enum class Want : std::uint8_t { Value, ValueOrEnd, Key, KeyOrEnd, Next };
  std::array<bool, kJsonDepthMax> is_map;
  std::size_t depth = 0;
  Want want = Want::Value;
  const std::string_view text = json.text();
  const std::size_t count = json.size();
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t at = json.start(i);
    const char c = text[at];
    const bool closes = depth > 0 && c == (is_map[depth - 1] ? '}' : ']');
    switch (want) {
      case Want::KeyOrEnd:
      case Want::ValueOrEnd:
      case Want::Next:
        if (closes) {
          sink.close(at + 1);
          if (--depth == 0) return i + 1 == count;
          want = Want::Next;
          continue;
        }
        if (want == Want::Next) {
          if (c != ',') return false;
          want = is_map[depth - 1] ? Want::Key : Want::Value;
          continue;
        }
        break;
      case Want::Key:
      case Want::Value: break;
    }
    if (want == Want::Key || want == Want::KeyOrEnd) {
      std::string_view name;
      if (c != '"' || !json.unquote(json.token(i), name)) return false;
      if (++i == count || text[json.start(i)] != ':') return false;
      sink.key(name);
      want = Want::Value;
      continue;
    }
    if (c == '{' || c == '[') {
      if (depth == kJsonDepthMax) return false;
      is_map[depth++] = c == '{';
      sink.open(c == '{', at);
      want = c == '{' ? Want::KeyOrEnd : Want::ValueOrEnd;
      continue;
    }
    if (depth == 0) return false;
    Value value;
    if (c == '"') {
      std::string_view content;
      if (!json.unquote(json.token(i), content)) return false;
      value = Value::of_text(content);
    } else if (!read_primitive(json.token(i), value)) {
      return false;
    }
    sink.scalar(value);
    want = Want::Next;
  }
  return false;
}

}  // namespace dn::query::insights
