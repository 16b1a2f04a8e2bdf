#include "base/domain_name.h"

#include "base/address.h"
#include "base/ascii.h"

namespace dn {
namespace {

constexpr std::size_t kLabelBytesMax = 63;

// The folded byte, or 0 where the byte cannot stand in a name.
constexpr char fold(char c) {
  return is_alphanumeric(c) || c == '-' || c == '_' ? lower(c) : '\0';
}

}  // namespace

std::optional<DomainName> DomainName::parse(std::string_view text) {
  if (text.ends_with('.')) text.remove_suffix(1);
  if (text.empty() || text.size() > kBytesMax) return {};
  DomainName name;
  std::size_t label = 0;
  for (const char c : text) {
    if (c == '.') {
      if (label == 0) return {};
      label = 0;
      name.bytes_[name.size_++] = '.';
      continue;
    }
    const char folded = fold(c);
    if (folded == 0 || ++label > kLabelBytesMax) return {};
    name.bytes_[name.size_++] = folded;
  }
  if (label == 0 || parse_ipv4(name.text())) return {};
  return name;
}

}  // namespace dn
