#include "policy/quote.h"

#include <fmt/format.h>

#include "base/utf8.h"

namespace dn::policy {

std::string quote(std::string_view text) {
  constexpr std::size_t kBytesMax = 100;
  const std::string_view shown = cut_utf8(text, kBytesMax);
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
