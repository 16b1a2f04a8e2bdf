#include "query/insights_address.h"

#include <algorithm>
#include <charconv>

#include "base/address.h"

namespace dn::query::insights {
namespace {

constexpr std::size_t kGroups = 8;

std::optional<IpAddress> from_v4(std::string_view text) {
  const auto parsed = parse_ipv4(text);
  if (!parsed) return std::nullopt;
  IpAddress address;
  for (unsigned i = 0; i < 4; ++i) {
    address.bytes[i] = static_cast<std::uint8_t>(parsed->value >> (24 - 8 * i));
  }
  return address;
}

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
    if (groups.count == kGroups) return std::nullopt;
    if (colon == std::string_view::npos && v4_last && part.contains('.')) {
      const auto v4 = from_v4(part);
      if (!v4 || groups.count + 2 > kGroups) return std::nullopt;
      for (std::size_t i = 0; i < 4; i += 2) {
        groups.values[groups.count++] =
            static_cast<std::uint16_t>(v4->bytes[i] << 8 | v4->bytes[i + 1]);
      }
      return groups;
    }
    std::uint16_t& value = groups.values[groups.count++];
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value, 16);
    if (error != std::errc() || end != part.data() + part.size() || part.size() > 4) {
      return std::nullopt;
    }
    if (colon == std::string_view::npos) return groups;
    text.remove_prefix(colon + 1);
    if (text.empty()) return std::nullopt;
  }
  return groups;
}

std::optional<IpAddress> from_v6(std::string_view text) {
  const std::size_t gap = text.find("::");
  const bool has_gap = gap != std::string_view::npos;
  const auto front = parse_groups(text.substr(0, gap), !has_gap);
  const auto back = parse_groups(has_gap ? text.substr(gap + 2) : "", true);
  if (!front || !back) return std::nullopt;
  const std::size_t count = front->count + back->count;
  if (has_gap ? count >= kGroups : count != kGroups) return std::nullopt;
  std::array<std::uint16_t, kGroups> groups{};
  std::copy_n(front->values.begin(), front->count, groups.begin());
  std::copy_n(back->values.begin(), back->count,
              groups.begin() + static_cast<std::ptrdiff_t>(kGroups - back->count));
  IpAddress address;
  address.is_v6 = true;
  for (std::size_t i = 0; i < kGroups; ++i) {
    address.bytes[2 * i] = static_cast<std::uint8_t>(groups[i] >> 8U);
    address.bytes[2 * i + 1] = static_cast<std::uint8_t>(groups[i] & 0xffU);
  }
  return address;
}

}  // namespace

std::optional<IpAddress> parse_ip(std::string_view text) {
  return text.contains(':') ? from_v6(text) : from_v4(text);
}

std::optional<IpSubnet> parse_subnet(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto base = parse_ip(text.substr(0, slash));
  const std::string_view digits = text.substr(slash + 1);
  unsigned length = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
  if (!base || error != std::errc() || end != digits.data() + digits.size() ||
      length > (base->is_v6 ? 128U : 32U)) {
    return std::nullopt;
  }
  return IpSubnet{*base, length};
}

bool IpSubnet::contains(const IpAddress& address) const {
  if (address.is_v6 != base.is_v6) return false;
  const std::size_t whole = length / 8;
  if (!std::equal(base.bytes.begin(), base.bytes.begin() + static_cast<std::ptrdiff_t>(whole),
                  address.bytes.begin())) {
    return false;
  }
  const unsigned rest = length % 8;
  return rest == 0 || (base.bytes[whole] ^ address.bytes[whole]) >> (8 - rest) == 0;
}

bool is_private(const IpAddress& address) {
  constexpr std::array<std::string_view, 9> kPrivate = {
      "10.0.0.0/8",     "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8",
      "169.254.0.0/16", "::1/128",       "fc00::/7",       "fe80::/10"};
  return std::ranges::any_of(
      kPrivate, [&](std::string_view subnet) { return parse_subnet(subnet)->contains(address); });
}

}  // namespace dn::query::insights
