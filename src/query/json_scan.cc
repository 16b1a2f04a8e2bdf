#include "query/json_scan.h"

#include <charconv>

namespace dn::query {
namespace {

constexpr std::uint32_t kReplacement = 0xfffd;

// The four digits that the scan has found there.
std::uint32_t hex_at(std::string_view raw, std::size_t at) {
  std::uint32_t value = 0;
  std::from_chars(raw.data() + at, raw.data() + at + 4, value, 16);
  return value;
}

void append_utf8(std::string& out, std::uint32_t point) {
  const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (point < 0x80) return put(point);
  if (point < 0x800) {
    put(0xc0U | point >> 6U);
  } else {
    if (point < 0x10000) {
      put(0xe0U | point >> 12U);
    } else {
      put(0xf0U | point >> 18U);
      put(0x80U | (point >> 12U & 0x3fU));
    }
    put(0x80U | (point >> 6U & 0x3fU));
  }
  put(0x80U | (point & 0x3fU));
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
