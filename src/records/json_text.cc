#include "records/json_text.h"

#include <algorithm>
#include <array>
#include <chrono>

namespace dn::records {
namespace {

using namespace std::chrono_literals;

// Bytes that stand for themselves: printable ASCII without quote and backslash.
constexpr auto kPlain = [] {
  std::array<bool, 256> plain{};
  for (std::size_t byte = 0x20; byte < 0x7f; ++byte) plain[byte] = byte != '"' && byte != '\\';
  return plain;
}();

constexpr std::uint8_t byte_at(std::string_view text, std::size_t index) {
  return static_cast<std::uint8_t>(text[index]);
}

// The letter behind the backslash of a short escape, or 0.
constexpr char short_escape(std::uint32_t code) {
  switch (code) {
    case '"': return '"';
    case '\\': return '\\';
    case '\b': return 'b';
    case '\f': return 'f';
    case '\n': return 'n';
    case '\r': return 'r';
    case '\t': return 't';
    default: return 0;
  }
}

void put_escape(BoundedWriter& writer, std::uint32_t code) {
  if (const char letter = short_escape(code)) {
    const std::array<char, 2> escape = {'\\', letter};
    writer.put(std::string_view(escape.data(), escape.size()));
    return;
  }
  constexpr std::string_view kHex = "0123456789abcdef";
  const std::array<char, 6> escape = {'\\',
                                      'u',
                                      kHex[code >> 12U & 0xfU],
                                      kHex[code >> 8U & 0xfU],
                                      kHex[code >> 4U & 0xfU],
                                      kHex[code & 0xfU]};
  writer.put(std::string_view(escape.data(), escape.size()));
}

void put_padded(char* at, unsigned value, unsigned digits) {
  for (; digits-- > 0; value /= 10) at[digits] = static_cast<char>('0' + value % 10);
}

}  // namespace

void BoundedWriter::put_time(WallTime time) {
  constexpr WallTime kFirst = std::chrono::sys_days{std::chrono::year{0} / 1 / 1};
  constexpr WallTime kEnd = std::chrono::sys_days{std::chrono::year{10000} / 1 / 1};
  time = std::clamp(time, kFirst, kEnd - 1ms);
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const auto ms = static_cast<unsigned>((time - day).count());
  std::array<char, 25> text = std::to_array("0000-00-00T00:00:00.000Z");
  put_padded(&text[0], static_cast<unsigned>(static_cast<int>(date.year())), 4);
  put_padded(&text[5], static_cast<unsigned>(date.month()), 2);
  put_padded(&text[8], static_cast<unsigned>(date.day()), 2);
  put_padded(&text[11], ms / 3'600'000, 2);
  put_padded(&text[14], ms / 60'000 % 60, 2);
  put_padded(&text[17], ms / 1000 % 60, 2);
  put_padded(&text[20], ms % 1000, 3);
  put(std::string_view(text.data(), text.size() - 1));
}

void BoundedWriter::put_escaped(std::string_view text) {
  while (!text.empty()) {
    std::size_t run = 0;
    while (run < text.size() && kPlain[byte_at(text, run)]) ++run;
    put(text.substr(0, run));
    text.remove_prefix(run);
    if (text.empty()) return;
    const Utf8Character character = decode_utf8(text);
    if (character.bytes == 0) {
      put_escape(*this, 0xfffd);
      text.remove_prefix(1);
      continue;
    }
    if (needs_json_escape(character.code)) {
      put_escape(*this, character.code);
    } else {
      put(text.substr(0, character.bytes));
    }
    text.remove_prefix(character.bytes);
  }
}

void BoundedWriter::put_json_text(std::string_view text) {
  put('"');
  if (text.size() <= limits::kLogFieldBytesMax) {
    put_escaped(text);
  } else {
    put_escaped(cut_utf8(text, limits::kLogFieldBytesMax));
    put(kTruncatedMark);
  }
  put('"');
}

void append_json_text(std::string& out, std::string_view text) {
  const std::size_t start = out.size();
  out.resize_and_overwrite(start + json_text_bytes_max(text),
                           [&](char* begin, std::size_t size) noexcept {
                             BoundedWriter writer(begin + start, size - start);
                             writer.put_json_text(text);
                             return static_cast<std::size_t>(writer.at() - begin);
                           });
}

std::string format_time(WallTime time) {
  std::array<char, 24> text{};
  BoundedWriter writer(text.data(), text.size());
  writer.put_time(time);
  return {text.data(), text.size()};
}

}  // namespace dn::records
