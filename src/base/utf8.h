// UTF-8: one reading and one writing of characters, for all that shows, escapes or counts text.
//
// RFC 3629 section 4: overlong forms, surrogates and codes beyond U+10FFFF are no characters.
// Covered by utf8_test.cc.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

namespace dn {

struct Utf8Character {
  std::uint32_t code = 0;
  std::size_t bytes = 0;  // 0: no character stands there
  bool operator==(const Utf8Character&) const = default;
};

// The character at the start of a text that is not empty.
Utf8Character decode_utf8(std::string_view text);

// `code` is one that UTF-8 can say: no surrogate, at most U+10FFFF.
void append_utf8(std::string& out, std::uint32_t code);

// Whether a byte is the second or a later one of its character.
constexpr bool is_utf8_continuation(char byte) {
  return (static_cast<unsigned char>(byte) & 0xc0U) == 0x80U;
}

// Characters of a valid text; in another one each byte that continues nothing counts as well.
constexpr std::size_t count_utf8(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char byte) { return !is_utf8_continuation(byte); }));
}

// The longest beginning within `bytes_max` that ends between two characters. A character has at
// most three bytes that continue it; more of them are rubbish and cut anywhere.
constexpr std::string_view cut_utf8(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  std::size_t end = bytes_max;
  for (int back = 0; back < 3 && end > 0 && is_utf8_continuation(text[end]); ++back) --end;
  return text.substr(0, end);
}

}  // namespace dn
