// ListenAddress: where a server listens, as people write it. Names are not looked up: which address
// one means may change, and with it who may connect. Covered by listen_address_test.cc.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace dn::http {

struct ListenAddress {
  std::string address;  // IPv4 or IPv6, without brackets
  std::uint16_t port = 0;
  bool loopback = false;  // nobody outside this host can connect
};

// "127.0.0.1:1043", "[::1]:1043": the two parts. Fails with what to write instead.
Result<ListenAddress> parse_listen_address(std::string_view text);

}  // namespace dn::http
