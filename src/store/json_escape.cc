#include "store/json_escape.h"

#include <charconv>
#include <cstdint>
#include <optional>

#include "base/utf8.h"
#include "records/json_text.h"

namespace dn::store {
namespace {

using records::needs_json_escape;

std::uint8_t byte_at(std::string_view text, std::size_t index) {
  return static_cast<std::uint8_t>(text[index]);
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
    while (run < text.size() && byte_at(text, run) < 0x7f &&
           !needs_json_escape(byte_at(text, run))) {
      ++run;
    }
    out += text.substr(0, run);
    text.remove_prefix(run);
    if (text.empty()) return;
    const Utf8Character character = decode_utf8(text);
    const std::size_t bytes = character.bytes == 0 ? 1 : character.bytes;
    if (character.bytes == 0) {
      append_escape(out, 0xdc00U | byte_at(text, 0));
    } else if (needs_json_escape(character.code)) {
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
