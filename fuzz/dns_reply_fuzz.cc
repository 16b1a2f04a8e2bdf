// Fuzzes resolver/dns_reply.h. The input is the name asked, a line break, and the reply.
//
// The parser is compiled in, because the fuzz targets do not link the resolver and its c-ares.
#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/check.h"
#include "resolver/dns_reply.cc"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dn;
  const std::string_view input = as_text(ByteSpan(data, size));
  const auto asked = DomainName::parse(input.substr(0, input.find('\n')));
  if (!asked || input.find('\n') == std::string_view::npos) return 0;
  const ByteSpan message = as_bytes(input.substr(input.find('\n') + 1));
  const auto reply = resolver::parse_dns_reply(message, *asked);
  DN_CHECK((reply.status == engine::DnsStatus::Answered) == !reply.addresses.empty(),
           "addresses come with Answered only");
  DN_CHECK((reply.status == engine::DnsStatus::Failed) == !reply.problem.empty(),
           "a failure says why");
  DN_CHECK(reply.addresses.size() <= message.size() / 15, "an address record has 15 bytes or more");
  for (const auto& address : reply.addresses) {
    DN_CHECK(address.ttl >= Duration{}, "a TTL is never negative");
  }
  // What is cut off cannot make an answer of a failure.
  for (std::size_t cut = 0; cut < message.size() && cut < 64; ++cut) {
    const auto shorter = resolver::parse_dns_reply(message.first(message.size() - cut), *asked);
    DN_CHECK(shorter.status == engine::DnsStatus::Failed || shorter.status == reply.status,
             "a truncated reply says the same or fails");
  }
  return 0;
}
