// IP addresses as text, for the functions of Insights about them.
//
// Read by base/address.h and base/ipv6.h: strict, no zone, no brackets. Covered by
// insights_address_test.cc.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace dn::query::insights {

struct IpAddress {
  bool is_v6 = false;
  std::array<std::uint8_t, 16> bytes{};  // the first four for IPv4
};
struct IpSubnet {
  IpAddress base;
  unsigned length = 0;
  bool contains(const IpAddress& address) const;
};

std::optional<IpAddress> parse_ip(std::string_view text);
// "192.0.2.0/24", "2001:db8::/32"; bits behind the length may be set and do not count.
std::optional<IpSubnet> parse_subnet(std::string_view text);
// Addresses that are not routed in the public Internet: private, shared, loopback and link-local.
bool is_private(const IpAddress& address);

}  // namespace dn::query::insights
