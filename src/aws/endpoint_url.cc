#include "aws/endpoint_url.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/ascii.h"
#include "base/listen_address.h"

namespace dn::aws {
namespace {

constexpr std::size_t kHostBytesMax = 253;
constexpr std::uint16_t kHttpPort = 80, kHttpsPort = 443;

bool is_host(std::string_view host) {
  if (host.starts_with('[')) return parse_bracketed_ipv6(host).has_value();
  return !host.empty() && host.size() <= kHostBytesMax && std::ranges::all_of(host, [](char c) {
    return is_alphanumeric(c) || c == '-' || c == '.' || c == '_';
  });
}

}  // namespace

std::string EndpointUrl::host_header() const {
  return port == (tls ? kHttpsPort : kHttpPort) ? host : fmt::format("{}:{}", host, port);
}

std::string EndpointUrl::to_text() const {
  return fmt::format("{}://{}/", tls ? "https" : "http", host_header());
}

bool EndpointUrl::is_loopback() const {
  return is_loopback_host(host);
}

Result<EndpointUrl> parse_endpoint_url(std::string_view text) {
  const auto wrong = [&] {
    return fail(
        "write the endpoint's address like \"http://127.0.0.1:1043\" or \"https://logs.example\"");
  };
  EndpointUrl url;
  if (text.starts_with("http://")) {
    url.tls = false;
    url.port = kHttpPort;
    text.remove_prefix(7);
  } else if (text.starts_with("https://")) {
    text.remove_prefix(8);
  } else {
    return wrong();
  }
  if (text.ends_with('/')) text.remove_suffix(1);
  const auto authority = split_authority(text);
  if (!authority || !is_host(authority->host)) return wrong();
  if (authority->port) {
    const auto port = parse_port(*authority->port);
    if (!port) return wrong();
    url.port = *port;
  }
  url.host = authority->host;
  return url;
}

}  // namespace dn::aws
