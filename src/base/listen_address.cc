#include "base/listen_address.h"

#include <algorithm>

#include "base/ascii.h"

namespace dn {
namespace {

constexpr std::string_view kAdvice =
    "write an address and a port, like \"127.0.0.1:1043\" or \"[::1]:1043\"";

std::optional<Port> parse_port_or_any(std::string_view text) {
  return text == "0" ? Port{0} : parse_port(text);
}

}  // namespace

std::optional<Authority> split_authority(std::string_view text) {
  std::size_t end = std::min(text.find(':'), text.size());
  if (text.starts_with('[')) {
    end = text.find(']');
    if (end == std::string_view::npos) return {};
    ++end;
  }
  const std::string_view behind = text.substr(end);
  if (behind.empty()) return Authority{text, {}};
  if (!behind.starts_with(':')) return {};
  return Authority{text.substr(0, end), behind.substr(1)};
}

std::optional<Ipv6Address> parse_bracketed_ipv6(std::string_view host) {
  if (!host.starts_with('[') || !host.ends_with(']')) return {};
  return parse_ipv6(host.substr(1, host.size() - 2));
}

bool is_loopback(Ipv4Address address) {
  return address.value >> 24U == 127;
}

bool is_loopback(const Ipv6Address& address) {
  // RFC 4291 sections 2.5.3 and 2.5.5.2: fifteen zeros and a one; ten zeros, ff, ff and IPv4.
  const auto& bytes = address.bytes;
  if (std::ranges::any_of(bytes.begin(), bytes.begin() + 10, [](auto b) { return b != 0; })) {
    return false;
  }
  if (bytes[10] == 0xff && bytes[11] == 0xff) return bytes[12] == 127;
  return address == Ipv6Address{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};
}

bool is_loopback_host(std::string_view host) {
  if (const auto v4 = parse_ipv4(host)) return is_loopback(*v4);
  if (const auto v6 = parse_bracketed_ipv6(host)) return is_loopback(*v6);
  return equal_ignoring_case(host, "localhost");
}

Result<ListenAddress> parse_listen_address(std::string_view text) {
  const auto authority = split_authority(text);
  const auto port =
      authority && authority->port ? parse_port_or_any(*authority->port) : std::optional<Port>();
  if (!port) return fail(std::string(kAdvice));
  std::string_view address = authority->host;
  const bool v6 = parse_bracketed_ipv6(address).has_value();
  if (!v6 && !parse_ipv4(address)) return fail(std::string(kAdvice));
  if (v6) address = address.substr(1, address.size() - 2);
  return ListenAddress{std::string(address), *port, is_loopback_host(authority->host)};
}

bool names_this_host(std::string_view authority) {
  const auto split = split_authority(authority);
  return split && is_loopback_host(split->host);
}

}  // namespace dn
