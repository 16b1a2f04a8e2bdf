#include "http/listen_address.h"

#include <arpa/inet.h>

#include <charconv>

namespace dn::http {
namespace {

constexpr std::string_view kAdvice =
    "write an address and a port, like \"127.0.0.1:1043\" or \"[::1]:1043\"";
constexpr std::size_t kAddressBytesMax = INET6_ADDRSTRLEN;

bool is_loopback(const in_addr& address) {
  return (ntohl(address.s_addr) >> 24U) == 127;
}

// False when it is no address.
bool read_address(ListenAddress& into, bool bracketed) {
  if (bracketed) {
    in6_addr address{};
    if (inet_pton(AF_INET6, into.address.c_str(), &address) != 1) return false;
    const bool mapped = IN6_IS_ADDR_V4MAPPED(&address);
    into.loopback = IN6_IS_ADDR_LOOPBACK(&address) || (mapped && address.s6_addr[12] == 127);
    return true;
  }
  in_addr address{};
  if (inet_pton(AF_INET, into.address.c_str(), &address) != 1) return false;
  into.loopback = is_loopback(address);
  return true;
}

}  // namespace

Result<ListenAddress> parse_listen_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return fail(std::string(kAdvice));
  std::string_view address = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  const bool bracketed = address.starts_with('[') && address.ends_with(']');
  if (bracketed) address = address.substr(1, address.size() - 2);
  ListenAddress parsed;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), parsed.port);
  if (error != std::errc() || end != port.data() + port.size()) return fail(std::string(kAdvice));
  // inet_pton would stop at a NUL.
  if (address.size() > kAddressBytesMax || address.contains('\0'))
    return fail(std::string(kAdvice));
  parsed.address = address;
  if (!read_address(parsed, bracketed)) return fail(std::string(kAdvice));
  return parsed;
}

}  // namespace dn::http
