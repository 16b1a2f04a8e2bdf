#include "base/ipv6.h"

#include <algorithm>
#include <charconv>

#include "base/address.h"

namespace dn {
namespace {

constexpr std::size_t kGroups = 8;

// Some of the groups of an IPv6 address, as a list without "::". `v4_last`: the last two may be
// written as an IPv4 address.
struct Groups {
  std::array<std::uint16_t, kGroups> values{};
  std::size_t count = 0;
};
std::optional<Groups> parse_groups(std::string_view text, bool v4_last) {
  Groups groups;
  while (!text.empty()) {
    const std::size_t colon = text.find(':');
    const std::string_view part = text.substr(0, colon);
    if (groups.count == kGroups) return {};
    if (colon == std::string_view::npos && v4_last && part.contains('.')) {
      const auto v4 = parse_ipv4(part);
      if (!v4 || groups.count + 2 > kGroups) return {};
      groups.values[groups.count++] = static_cast<std::uint16_t>(v4->value >> 16U);
      groups.values[groups.count++] = static_cast<std::uint16_t>(v4->value & 0xffffU);
      return groups;
    }
    std::uint16_t& value = groups.values[groups.count++];
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value, 16);
    if (error != std::errc() || end != part.data() + part.size() || part.size() > 4) {
      return {};
    }
    if (colon == std::string_view::npos) return groups;
    text.remove_prefix(colon + 1);
    if (text.empty()) return {};
  }
  return groups;
}

}  // namespace

std::optional<Ipv6Address> parse_ipv6(std::string_view text) {
  const std::size_t gap = text.find("::");
  const bool has_gap = gap != std::string_view::npos;
  const auto front = parse_groups(text.substr(0, gap), !has_gap);
  const auto back = parse_groups(has_gap ? text.substr(gap + 2) : "", true);
  if (!front || !back) return {};
  const std::size_t count = front->count + back->count;
  if (has_gap ? count >= kGroups : count != kGroups) return {};
  std::array<std::uint16_t, kGroups> groups{};
  std::copy_n(front->values.begin(), front->count, groups.begin());
  std::copy_n(back->values.begin(), back->count,
              groups.begin() + static_cast<std::ptrdiff_t>(kGroups - back->count));
  Ipv6Address address;
  for (std::size_t i = 0; i < kGroups; ++i) {
    address.bytes[2 * i] = static_cast<std::uint8_t>(groups[i] >> 8U);
    address.bytes[2 * i + 1] = static_cast<std::uint8_t>(groups[i] & 0xffU);
  }
  return address;
}

}  // namespace dn
