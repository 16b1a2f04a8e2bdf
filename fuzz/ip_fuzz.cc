// Fuzzes wire/ip.h. The input is an IP packet.
#include <cstdint>

#include "base/check.h"
#include "wire/ip.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dn;
  const ByteSpan packet(data, size);
  const auto inside = [&](ByteSpan part) {
    return part.empty() || (part.data() >= data && part.data() + part.size() <= data + size);
  };
  const auto summary = wire::summarise_packet(packet);
  if (summary) {
    DN_CHECK(inside(summary->payload), "the payload lies in the packet");
    DN_CHECK(summary->ipv6 != summary->src_text.empty(), "texts are for IPv6");
  }
  const auto segment = wire::parse_tcp(packet);
  wire::tcp_checksum_valid(packet);
  if (!segment) return 0;
  DN_CHECK(segment->payload.size() + 40 <= size && inside(segment->payload), "inside the packet");
  DN_CHECK(summary && summary->protocol == 6 && summary->dpt == segment->dpt,
           "both readers see the same packet");
  DN_CHECK(wire::parse_tcp(packet.first(39)) == std::nullopt, "a truncation is refused");
  return 0;
}
