#include "aws/endpoint_url.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/address.h"
#include "base/ascii.h"

namespace dn::aws {
namespace {

constexpr std::size_t kHostBytesMax = 253;
constexpr std::uint16_t kHttpPort = 80, kHttpsPort = 443;

bool is_host(std::string_view host) {
  if (host.starts_with('[') && host.ends_with(']') && host.size() > 2) {
    return std::ranges::all_of(host.substr(1, host.size() - 2),
                               [](char c) { return is_hex_digit(c) || c == ':' || c == '.'; });
  }
  return !host.empty() && host.size() <= kHostBytesMax && std::ranges::all_of(host, [](char c) {
    return is_digit(c) || is_letter(c) || c == '-' || c == '.' || c == '_';
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
  if (host == "localhost" || host == "[::1]") return true;
  const auto address = parse_ipv4(host);
  return address && address->value >> 24U == 127;
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
  const std::size_t bracket = text.starts_with('[') ? text.find(']') : 0;
  if (bracket == std::string_view::npos) return wrong();
  const std::size_t colon = text.find(':', bracket);
  if (colon != std::string_view::npos) {
    const auto port = parse_port(text.substr(colon + 1));
    if (!port) return wrong();
    url.port = *port;
  }
  url.host = text.substr(0, colon);
  if (!is_host(url.host)) return wrong();
  return url;
}

}  // namespace dn::aws
