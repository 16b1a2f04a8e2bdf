// EndpointUrl: the address of a service, as --endpoint-url and AWS_ENDPOINT_URL give it.
//
// Scheme, host and port only: these interfaces know one path, and a user name or a query in such an
// address is a mistake worth telling. Pure. Covered by endpoint_url_test.cc.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace dn::aws {

struct EndpointUrl {
  bool tls = true;
  std::string host;  // a name, an IPv4 address or "[IPv6 address]"
  std::uint16_t port = 443;

  std::string host_header() const;  // with the port unless it is the scheme's own
  std::string to_text() const;      // "https://host[:port]/"
  bool is_loopback() const;         // by its text (base/listen_address.h)
};

// Fails with what to write instead.
Result<EndpointUrl> parse_endpoint_url(std::string_view text);

}  // namespace dn::aws
