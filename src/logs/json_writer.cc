#include "logs/json_writer.h"

#include <fmt/format.h>

#include <iterator>

#include "base/utf8.h"

namespace dn::logs {
namespace {

std::uint8_t byte_at(std::string_view text, std::size_t index) {
  return static_cast<std::uint8_t>(text[index]);
}

bool is_plain(std::uint8_t byte) {
  return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
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
      const std::size_t size = decode_utf8(value.substr(at)).bytes;
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
