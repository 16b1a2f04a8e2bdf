#include "policy/member_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

#include "base/ascii.h"
#include "base/limits.h"
#include "base/utf8.h"

namespace dn::policy {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

void skip_blanks(std::string_view& rest, std::string_view blanks = kBlanks) {
  rest.remove_prefix(std::min(rest.find_first_not_of(blanks), rest.size()));
}

bool take(std::string_view& rest, char c) {
  if (!rest.starts_with(c)) return false;
  rest.remove_prefix(1);
  return true;
}

// The escapes of one character (RFC 8259 section 7) besides \uXXXX; 0 for anything else.
char unescape(char c) {
  switch (c) {
    case '"':
    case '\\':
    case '/': return c;
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return 0;
  }
}

// Four hexadecimal digits; a surrogate is refused, since no host name needs one.
std::optional<std::uint32_t> take_unicode(std::string_view& rest) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::uint32_t code = 0;
  for (int i = 0; i < 4; ++i) {
    if (rest.empty()) return {};
    const std::size_t digit = kDigits.find(lower(rest.front()));
    if (digit == std::string_view::npos) return {};
    code = code << 4U | static_cast<std::uint32_t>(digit);
    rest.remove_prefix(1);
  }
  if (code >= 0xd800 && code < 0xe000) return {};
  return code;
}

// Takes a JSON string into `text`; false when it is none.
bool take_string(std::string_view& rest, std::string& text) {
  text.clear();
  if (!take(rest, '"')) return false;
  while (!rest.empty()) {
    const char c = rest.front();
    rest.remove_prefix(1);
    if (c == '"') return true;
    if (static_cast<unsigned char>(c) < 0x20) return false;
    if (c != '\\') {
      text += c;
      continue;
    }
    if (take(rest, 'u')) {
      const auto code = take_unicode(rest);
      if (!code) return false;
      append_utf8(text, *code);
      continue;
    }
    const char plain = rest.empty() ? '\0' : unescape(rest.front());
    if (plain == '\0') return false;
    text += plain;
    rest.remove_prefix(1);
  }
  return false;
}

// The text behind "[", or where the array breaks.
Result<std::string_view> check_array(std::string_view content) {
  std::string_view rest = content.substr(1);
  const auto broken = [&](std::string_view wanted) {
    return fail(
        fmt::format("the list is no JSON array of strings: {} expected at byte {}; write "
                    "[\"a.example.com\", \"b.example.com\"]",
                    wanted, content.size() - rest.size()));
  };
  std::string scratch;
  skip_blanks(rest);
  const bool empty = rest.starts_with(']');
  while (!empty) {
    skip_blanks(rest);
    if (!take_string(rest, scratch)) return broken("a string");
    skip_blanks(rest);
    if (rest.starts_with(']')) break;
    if (!take(rest, ',')) return broken("\",\" or \"]\"");
  }
  rest.remove_prefix(1);
  skip_blanks(rest);
  if (!rest.empty()) return broken("the end");
  return content.substr(1);
}

}  // namespace

Result<ListReader> ListReader::open(std::string_view content) {
  if (content.size() > limits::kPolicyFileBytesMax) {
    return fail(
        fmt::format("the list is larger than {} bytes; split it", limits::kPolicyFileBytesMax));
  }
  if (content.starts_with(kByteOrderMark)) content.remove_prefix(kByteOrderMark.size());
  skip_blanks(content);
  if (content.starts_with('{')) {
    return fail(
        "the list is a JSON object; store a JSON array of strings, or plain text with one member "
        "per line");
  }
  if (!content.starts_with('[')) return ListReader(content, false);
  return check_array(content).map([](std::string_view rest) { return ListReader(rest, true); });
}

std::optional<std::string_view> ListReader::next() {
  return json_ ? next_json() : next_plain();
}

std::optional<std::string_view> ListReader::next_plain() {
  while (true) {
    skip_blanks(rest_, " \t\r\n,");
    if (rest_.empty()) return {};
    if (rest_.front() != '#') break;
    rest_.remove_prefix(std::min(rest_.find('\n'), rest_.size()));
  }
  const std::size_t end = std::min(rest_.find_first_of(" \t\r\n,#"), rest_.size());
  const std::string_view member = rest_.substr(0, end);
  rest_.remove_prefix(end);
  return member;
}

std::optional<std::string_view> ListReader::next_json() {
  // open() has read the whole array, so every step succeeds until its end.
  while (true) {
    skip_blanks(rest_, " \t\r\n,");
    if (!take_string(rest_, unescaped_)) return {};
    std::string_view member = unescaped_;
    skip_blanks(member);
    member = member.substr(0, member.find_last_not_of(kBlanks) + 1);
    if (!member.empty()) return member;
  }
}

}  // namespace dn::policy
