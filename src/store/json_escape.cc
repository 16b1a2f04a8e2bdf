#include "store/json_escape.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <optional>

namespace dn::store {
namespace {

std::uint8_t byte_at(std::string_view text, std::size_t index) {
  return static_cast<std::uint8_t>(text[index]);
}

struct Character {
  std::uint32_t code = 0;
  std::size_t bytes = 0;  // 0: not valid UTF-8
};

// The character at the start of a text that is not empty (RFC 3629 section 4).
Character decode_utf8(std::string_view text) {
  const std::uint8_t lead = byte_at(text, 0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t bytes = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || bytes > text.size()) return {};
  std::uint32_t code = lead & (0x7fU >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte_at(text, i) & 0xc0U) != 0x80U) return {};
    code = code << 6U | (byte_at(text, i) & 0x3fU);
  }
  constexpr std::array<std::uint32_t, 5> kLeast = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  if (code < kLeast.at(bytes) || code > 0x10ffff || surrogate) return {};
  return {code, bytes};
}

// What ends lines, hides or turns text in some viewers, and what JSON itself wants escaped.
constexpr bool needs_escape(std::uint32_t code) {
  return code < 0x20 || code == '"' || code == '\\' || (code >= 0x7f && code <= 0x9f) ||
         (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

void append_escape(std::string& out, std::uint32_t code) {
  constexpr std::string_view kHex = "0123456789abcdef";
  switch (code) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default: break;
  }
  out += "\\u";
  for (const unsigned shift : {12U, 8U, 4U, 0U}) out += kHex[code >> shift & 0xfU];
}

void append_utf8(std::string& out, std::uint32_t code) {
  const auto put = [&out](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xc0U | code >> 6U);
    put(0x80U | (code & 0x3fU));
  } else if (code < 0x10000) {
    put(0xe0U | code >> 12U);
    put(0x80U | (code >> 6U & 0x3fU));
    put(0x80U | (code & 0x3fU));
  } else {
    put(0xf0U | code >> 18U);
    put(0x80U | (code >> 12U & 0x3fU));
    put(0x80U | (code >> 6U & 0x3fU));
    put(0x80U | (code & 0x3fU));
  }
}

std::optional<std::uint32_t> take_hex(std::string_view& text) {
  std::uint32_t code = 0;
  if (text.size() < 4) return {};
  const auto [end, error] = std::from_chars(text.begin(), text.begin() + 4, code, 16);
  if (error != std::errc() || end != text.begin() + 4) return {};
  text.remove_prefix(4);
  return code;
}

// Behind "\u".
bool take_unicode_escape(std::string_view& text, std::string& out, LoneSurrogate lone) {
  const auto code = take_hex(text);
  if (!code) return false;
  if (*code < 0xd800 || *code > 0xdfff) {
    append_utf8(out, *code);
    return true;
  }
  if (*code >= 0xdc00) {
    if (lone == LoneSurrogate::Refused || *code < 0xdc80 || *code > 0xdcff) return false;
    out += static_cast<char>(*code & 0xffU);
    return true;
  }
  if (!text.starts_with("\\u")) return false;
  text.remove_prefix(2);
  const auto low = take_hex(text);
  if (!low || *low < 0xdc00 || *low > 0xdfff) return false;
  append_utf8(out, 0x10000 + ((*code - 0xd800) << 10U) + (*low - 0xdc00));
  return true;
}

}  // namespace

void append_json_escaped(std::string& out, std::string_view text) {
  while (!text.empty()) {
    std::size_t run = 0;
    while (run < text.size() && byte_at(text, run) < 0x7f && !needs_escape(byte_at(text, run))) {
      ++run;
    }
    out += text.substr(0, run);
    text.remove_prefix(run);
    if (text.empty()) return;
    const Character character = decode_utf8(text);
    const std::size_t bytes = character.bytes == 0 ? 1 : character.bytes;
    if (character.bytes == 0) {
      append_escape(out, 0xdc00U | byte_at(text, 0));
    } else if (needs_escape(character.code)) {
      append_escape(out, character.code);
    } else {
      out += text.substr(0, bytes);
    }
    text.remove_prefix(bytes);
  }
}

bool take_json_escape(std::string_view& text, std::string& out, LoneSurrogate lone) {
  text.remove_prefix(1);
  if (text.empty()) return false;
  const char letter = text[0];
  text.remove_prefix(1);
  switch (letter) {
    case '"':
    case '\\':
    case '/': out += letter; return true;
    case 'b': out += '\b'; return true;
    case 'f': out += '\f'; return true;
    case 'n': out += '\n'; return true;
    case 'r': out += '\r'; return true;
    case 't': out += '\t'; return true;
    case 'u': return take_unicode_escape(text, out, lone);
    default: return false;
  }
}

}  // namespace dn::store
