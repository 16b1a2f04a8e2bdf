// Upstreams: the DNS servers to ask, as configured or as /etc/resolv.conf names them.
//
// Follows resolv.conf(5) for `nameserver` lines only: search lists, domains and options are passed
// over on purpose, because only names of the policy may leave, as they stand. Servers beyond
// kUpstreamsMax are passed over, as are link-local IPv6 addresses (they need a scope). Pure.
// Covered by upstreams_test.cc and resolv_conf_fuzz.cc.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "base/result.h"

namespace dn::resolver {

inline constexpr std::size_t kUpstreamsMax = 16;
inline constexpr std::size_t kResolvConfBytesMax = 65536;

// One server: an IPv4 or IPv6 address in text form, and its port.
struct Upstream {
  std::string address;
  Port port = 53;
  bool operator==(const Upstream&) const = default;
};

// "192.0.2.53", "192.0.2.53:5353", "2001:db8::53" or "[2001:db8::53]:5353".
Result<Upstream> parse_upstream(std::string_view text);
// "192.0.2.53:5353", "[2001:db8::53]:53".
std::string to_text(const Upstream& upstream);

// The servers of a resolv.conf, in its order, each once.
std::vector<Upstream> parse_resolv_conf(std::string_view text);

}  // namespace dn::resolver
