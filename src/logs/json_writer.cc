#include "logs/json_writer.h"

#include <fmt/format.h>

#include <iterator>

namespace dn::logs {
namespace {

std::uint8_t byte_at(std::string_view text, std::size_t index) {
  return static_cast<std::uint8_t>(text[index]);
}

bool is_plain(std::uint8_t byte) {
  return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
}

// Bytes of the character at the start of a text that is not empty (RFC 3629 section 4); 0 where
// none is.
std::size_t character_bytes(std::string_view text) {
  const std::uint8_t lead = byte_at(text, 0);
  if (lead < 0x80) return 1;
  const std::size_t bytes = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || bytes > text.size()) return 0;
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte_at(text, i) & 0xc0U) != 0x80U) return 0;
  }
  const std::uint8_t second = byte_at(text, 1);
  const bool overlong = (lead == 0xe0 && second < 0xa0) || (lead == 0xf0 && second < 0x90);
  const bool no_character = (lead == 0xed && second > 0x9f) || (lead == 0xf4 && second > 0x8f);
  return overlong || no_character ? 0 : bytes;
}

}  // namespace

JsonWriter& JsonWriter::open(char c) {
  begin_value();
  out_ += c;
  return *this;
}

JsonWriter& JsonWriter::close(char c) {
  out_ += c;
  return *this;
}

// A value or key follows an opening bracket or a colon; otherwise a comma comes first.
void JsonWriter::begin_value() {
  if (out_.empty()) return;
  const char last = out_.back();
  if (last != '{' && last != '[' && last != ':') out_ += ',';
}

JsonWriter& JsonWriter::key(std::string_view name) {
  begin_value();
  out_ += '"';
  escape(name);
  out_ += "\":";
  return *this;
}

JsonWriter& JsonWriter::text(std::string_view value) {
  begin_value();
  out_ += '"';
  escape(value);
  out_ += '"';
  return *this;
}

JsonWriter& JsonWriter::number(std::int64_t value) {
  begin_value();
  fmt::format_to(std::back_inserter(out_), "{}", value);
  return *this;
}

JsonWriter& JsonWriter::real(std::uint64_t value) {
  begin_value();
  fmt::format_to(std::back_inserter(out_), "{}.0", value);
  return *this;
}

JsonWriter& JsonWriter::flag(bool value) {
  begin_value();
  out_ += value ? "true" : "false";
  return *this;
}

void JsonWriter::escape(std::string_view value) {
  std::size_t at = 0;
  while (at < value.size()) {
    std::size_t end = at;
    while (end < value.size() && is_plain(byte_at(value, end))) ++end;
    out_.append(value, at, end - at);
    if (end == value.size()) return;
    at = end;
    const std::uint8_t c = byte_at(value, at);
    if (c >= 0x80) {
      const std::size_t size = character_bytes(value.substr(at));
      out_ += size > 0 ? value.substr(at, size) : std::string_view("\xEF\xBF\xBD");
      at += size > 0 ? size : 1;
      continue;
    }
    switch (c) {
      case '"': out_ += "\\\""; break;
      case '\\': out_ += "\\\\"; break;
      case '\n': out_ += "\\n"; break;
      case '\r': out_ += "\\r"; break;
      case '\t': out_ += "\\t"; break;
      default: fmt::format_to(std::back_inserter(out_), "\\u{:04x}", c);
    }
    ++at;
  }
}

}  // namespace dn::logs
