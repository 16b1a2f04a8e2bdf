// IPv6 addresses as values: for logs and for endpoints that people name. The gateway itself judges
// IPv4 only (base/address.h). Pure. Covered by ipv6_test.cc.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace dn {

struct Ipv6Address {
  std::array<std::uint8_t, 16> bytes{};  // in the order of the network
  bool operator==(const Ipv6Address&) const = default;
};

// RFC 4291 section 2.2: eight groups of one to four hexadecimal digits, one run of zeros as "::",
// the last two groups perhaps as an IPv4 address; no zone, no brackets.
std::optional<Ipv6Address> parse_ipv6(std::string_view text);

}  // namespace dn
