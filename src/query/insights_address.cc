#include "query/insights_address.h"

#include <algorithm>
#include <charconv>

#include "base/address.h"
#include "base/ipv6.h"

namespace dn::query::insights {
namespace {

std::optional<IpAddress> from_v4(std::string_view text) {
  const auto parsed = parse_ipv4(text);
  if (!parsed) return std::nullopt;
  IpAddress address;
  for (unsigned i = 0; i < 4; ++i) {
    address.bytes[i] = static_cast<std::uint8_t>(parsed->value >> (24 - 8 * i));
  }
  return address;
}

std::optional<IpAddress> from_v6(std::string_view text) {
  const auto parsed = parse_ipv6(text);
  if (!parsed) return std::nullopt;
  return IpAddress{true, parsed->bytes};
}

const auto& private_subnets() {
  static const std::array subnets = {
      *parse_subnet("10.0.0.0/8"),     *parse_subnet("172.16.0.0/12"),
      *parse_subnet("192.168.0.0/16"), *parse_subnet("100.64.0.0/10"),
      *parse_subnet("127.0.0.0/8"),    *parse_subnet("169.254.0.0/16"),
      *parse_subnet("::1/128"),        *parse_subnet("fc00::/7"),
      *parse_subnet("fe80::/10")};
  return subnets;
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
  return std::ranges::any_of(private_subnets(),
                             [&](const IpSubnet& subnet) { return subnet.contains(address); });
}

}  // namespace dn::query::insights
