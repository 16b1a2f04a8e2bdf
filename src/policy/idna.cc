#include "policy/idna.h"

#include <idn2.h>

#include <algorithm>
#include <memory>

#include "base/ascii.h"

namespace dn::policy {
namespace {

// Longer text cannot become a name of 253 bytes: an A-label is never shorter than its U-label's
// number of characters, and a character has at most four bytes.
constexpr std::size_t kNameBytesMax = 1024;

struct IdnDeleter {
  void operator()(char* text) const { idn2_free(text); }
};

}  // namespace

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::optional<std::string> to_a_labels(std::string_view name) {
  if (name.size() > kNameBytesMax) return {};
  if (is_ascii(name)) return lowered(name);
  const std::string text(name);
  if (text.find('\0') != std::string::npos) return {};
  char* raw = nullptr;
  const int result = idn2_to_ascii_8z(text.c_str(), &raw, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  const std::unique_ptr<char, IdnDeleter> ascii(raw);
  if (result != IDN2_OK || !ascii) return {};
  return std::string(ascii.get());
}

}  // namespace dn::policy
