// See upstreams.h. Addresses are checked with inet_pton, so that c-ares never sees other text.
#include "resolver/upstreams.h"

#include <arpa/inet.h>

#include <algorithm>
#include <optional>

namespace dn::resolver {
namespace {

constexpr std::string_view kBlanks = " \t\r";

bool is_ipv6(std::string_view text) {
  in6_addr address{};
  if (inet_pton(AF_INET6, std::string(text).c_str(), &address) != 1) return false;
  return !IN6_IS_ADDR_LINKLOCAL(&address);
}

std::optional<Upstream> parse(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return {};
  if (parse_ipv4(text) || is_ipv6(text)) return Upstream{std::string(text), 53};
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return {};
  std::string_view address = text.substr(0, colon);
  const auto port = parse_port(text.substr(colon + 1));
  if (!port) return {};
  if (parse_ipv4(address)) return Upstream{std::string(address), *port};
  if (!address.starts_with('[') || !address.ends_with(']')) return {};
  address = address.substr(1, address.size() - 2);
  if (!is_ipv6(address)) return {};
  return Upstream{std::string(address), *port};
}

std::string_view take_word(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
  const std::string_view word = line.substr(0, line.find_first_of(kBlanks));
  line.remove_prefix(word.size());
  return word;
}

}  // namespace

Result<Upstream> parse_upstream(std::string_view text) {
  if (auto upstream = parse(text)) return *upstream;
  return fail("\"" + std::string(text) +
              "\" is not a DNS server: write an address, \"192.0.2.53\", or address and port, "
              "\"192.0.2.53:5353\" or \"[2001:db8::53]:5353\"");
}

std::string to_text(const Upstream& upstream) {
  const bool v6 = upstream.address.find(':') != std::string::npos;
  return (v6 ? "[" + upstream.address + "]" : upstream.address) + ":" +
         std::to_string(upstream.port);
}

std::vector<Upstream> parse_resolv_conf(std::string_view text) {
  std::vector<Upstream> upstreams;
  text = text.substr(0, kResolvConfBytesMax);
  while (!text.empty() && upstreams.size() < kUpstreamsMax) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (take_word(line) != "nameserver") continue;
    const std::string_view address = take_word(line);
    if (address.find('\0') != std::string_view::npos) continue;
    if (!parse_ipv4(address) && !is_ipv6(address)) continue;
    const Upstream upstream{std::string(address), 53};
    if (std::ranges::find(upstreams, upstream) == upstreams.end()) upstreams.push_back(upstream);
  }
  return upstreams;
}

}  // namespace dn::resolver
