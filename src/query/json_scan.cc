#include "query/json_scan.h"

#include <charconv>

#include "base/utf8.h"

namespace dn::query {
namespace {

constexpr std::uint32_t kReplacement = 0xfffd;

// The four digits that the scan has found there.
std::uint32_t hex_at(std::string_view raw, std::size_t at) {
  std::uint32_t value = 0;
  std::from_chars(raw.data() + at, raw.data() + at + 4, value, 16);
  return value;
}

// Reads what stands behind "\u" at `at`, and a second escape where both are a surrogate pair;
// returns the place behind.
std::size_t append_unicode(std::string& out, std::string_view raw, std::size_t at) {
  std::uint32_t point = hex_at(raw, at);
  at += 4;
  if (point < 0xd800 || point > 0xdfff) {
    append_utf8(out, point);
    return at;
  }
  if (point < 0xdc00 && raw.substr(at).starts_with("\\u")) {
    const std::uint32_t low = hex_at(raw, at + 2);
    if (low >= 0xdc00 && low <= 0xdfff) {
      point = 0x10000 + ((point - 0xd800) << 10U) + (low - 0xdc00);
      append_utf8(out, point);
      return at + 6;
    }
  }
  append_utf8(out, kReplacement);
  return at;
}

char plain_escape(char kind) {
  switch (kind) {
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return kind;
  }
}

}  // namespace

std::string_view decode(const JsonText& text, std::string& scratch) {
  if (!text.escaped) return text.raw;
  scratch.clear();
  for (std::size_t at = 0; at < text.raw.size();) {
    const std::size_t escape = std::min(text.raw.find('\\', at), text.raw.size());
    scratch += text.raw.substr(at, escape - at);
    if (escape == text.raw.size()) break;
    const char kind = text.raw[escape + 1];
    at = escape + 2;
    if (kind == 'u') {
      at = append_unicode(scratch, text.raw, at);
    } else {
      scratch += plain_escape(kind);
    }
  }
  return scratch;
}

}  // namespace dn::query
