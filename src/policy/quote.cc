#include "policy/quote.h"

#include <fmt/format.h>

namespace dn::policy {

std::string_view cut_text(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  std::size_t end = bytes_max;
  const auto continues = [&](std::size_t at) {
    return (static_cast<unsigned char>(text[at]) & 0xc0U) == 0x80U;
  };
  while (end > 0 && continues(end)) --end;
  return text.substr(0, end);
}

std::string quote(std::string_view text) {
  constexpr std::size_t kBytesMax = 100;
  const std::string_view shown = cut_text(text, kBytesMax);
  std::string quoted = "\"";
  for (const char c : shown) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      quoted += fmt::format("\\x{:02x}", byte);
    } else {
      quoted += c;
    }
  }
  if (shown.size() < text.size()) quoted += "…";
  return quoted + '"';
}

}  // namespace dn::policy
