#include "base/arn.h"

#include <algorithm>
#include <array>

#include "base/ascii.h"

namespace dn {

bool is_region(std::string_view text) {
  return !text.empty() && text.size() <= kRegionBytesMax && text.front() != '-' &&
         text.back() != '-' && std::ranges::all_of(text, [](char c) {
           return is_digit(c) || (c >= 'a' && c <= 'z') || c == '-';
         });
}

std::optional<Arn> parse_arn(std::string_view text) {
  if (text.size() > kArnBytesMax) return {};
  std::array<std::string_view, 5> fields;  // "arn", partition, service, region, account
  for (std::string_view& field : fields) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) return {};
    field = text.substr(0, colon);
    text.remove_prefix(colon + 1);
  }
  const auto& [scheme, partition, service, region, account] = fields;
  if (scheme != "arn" || partition.empty() || service.empty() || text.empty()) return {};
  if (!region.empty() && !is_region(region)) return {};
  return Arn{partition, service, region, account, text};
}

}  // namespace dn
