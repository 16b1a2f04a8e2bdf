// IPv4 addresses, prefixes, ports: small value types in host byte order.
//
// The gateway judges IPv4 TCP only; IPv6 exists here solely as text in log lines. Which
// destinations are special (and so never reachable through the gateway) is one table,
// special_prefixes(). Covered by address_test.cc.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace dn {

using Port = std::uint16_t;

// Decimal digits and nothing else, 1 to 65535: 0 is no port that anybody could reach.
std::optional<Port> parse_port(std::string_view text);

struct Ipv4Address {
  std::uint32_t value = 0;  // host byte order: 10.0.0.1 is 0x0a000001
  auto operator<=>(const Ipv4Address&) const = default;
};

// Strict dotted quad: four decimal numbers without leading zeros, nothing around them.
std::optional<Ipv4Address> parse_ipv4(std::string_view text);
std::string to_text(Ipv4Address address);

struct Ipv4Prefix {
  Ipv4Address base;         // bits beyond `length` are zero
  std::uint8_t length = 0;  // 0..32
  auto operator<=>(const Ipv4Prefix&) const = default;
  bool contains(Ipv4Address address) const { return (address.value & mask()) == base.value; }
  std::uint32_t mask() const { return length == 0 ? 0U : ~0U << (32U - length); }
};

// "10.0.0.0/8"; a plain address is a /32. Bits beyond the length must be zero.
std::optional<Ipv4Prefix> parse_ipv4_prefix(std::string_view text);
std::string to_text(Ipv4Prefix prefix);

struct SpecialPrefix {
  Ipv4Prefix prefix;
  std::string_view what;  // for messages: "loopback", "link-local"
  bool private_use;       // may be permitted in DNS answers by configuration (RFC 1918, RFC 6598)
};

// IANA IPv4 special-purpose address registry (RFC 6890 and updates) as far as it names networks
// that exist somewhere, plus multicast (RFC 5771). The documentation and benchmarking networks
// (192.0.2/24, 198.51.100/24, 203.0.113/24, 198.18/15) are left out: nobody answers there, and
// laboratories use them.
std::span<const SpecialPrefix> special_prefixes();
const SpecialPrefix* find_special(Ipv4Address address);
// Whether an answer that holds the address may count: not special, or private use where that is
// configured to count.
bool is_reachable(Ipv4Address address, bool or_private_use);

struct Ipv4Hash {
  std::size_t operator()(Ipv4Address a) const noexcept {
    return static_cast<std::size_t>(a.value * 0x9E3779B97F4A7C15ULL >> 13U);
  }
};

}  // namespace dn
