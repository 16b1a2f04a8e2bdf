// Hosts with ports as text: where a server listens, and whom a client addresses.
//
// The form is `host [":" port]` of RFC 3986 section 3.2, an IPv6 address in brackets. Names are not
// looked up: which address one means may change, and with it who may connect. Pure. Covered by
// listen_address_test.cc.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/address.h"
#include "base/ipv6.h"
#include "base/result.h"

namespace dn {

struct ListenAddress {
  std::string address;    // IPv4 or IPv6, without brackets
  Port port = 0;          // 0: any
  bool loopback = false;  // nobody outside this host can connect
};

// "127.0.0.1:1043", "[::1]:1043": the two parts. Fails with what to write instead.
Result<ListenAddress> parse_listen_address(std::string_view text);

// The parts as they stand there, unread.
struct Authority {
  std::string_view host;                 // "[::1]" with its brackets
  std::optional<std::string_view> port;  // none: no colon
};
// Nothing where a bracket is not closed, or something else than a port follows it.
std::optional<Authority> split_authority(std::string_view text);

// The address in "[::1]".
std::optional<Ipv6Address> parse_bracketed_ipv6(std::string_view host);

// Reachable from this host alone: 127.0.0.0/8, ::1, and the former mapped into IPv6.
bool is_loopback(Ipv4Address address);
bool is_loopback(const Ipv6Address& address);

// Whether the host of an authority is this one, by its text: localhost in any case (RFC 6761
// section 6.3) or an address of loopback.
bool is_loopback_host(std::string_view host);
// The same of a whole authority: with a port or without, as in a Host field.
bool names_this_host(std::string_view authority);

}  // namespace dn
