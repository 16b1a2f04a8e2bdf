#include "wire/ip.h"

#include <array>
#include <string_view>

namespace dn::wire {
namespace {

constexpr std::uint8_t kProtocolTcp = 6;
constexpr std::uint8_t kProtocolUdp = 17;
constexpr std::uint8_t kProtocolSctp = 132;

struct Ipv4Header {
  std::size_t header_bytes = 0;
  std::uint8_t protocol = 0;
  bool fragment = false;
  Ipv4Address src, dst;
  ByteSpan payload;
};

std::optional<Ipv4Header> parse_ipv4_header(ByteSpan ip) {
  ByteCursor cursor(ip);
  const std::uint8_t version_ihl = cursor.take_u8();
  cursor.take_u8();
  std::size_t total = cursor.take_u16();
  cursor.take_u16();
  const std::uint16_t fragment = cursor.take_u16();
  cursor.take_u8();
  Ipv4Header header;
  header.protocol = cursor.take_u8();
  cursor.take_u16();
  header.src = {cursor.take_u32()};
  header.dst = {cursor.take_u32()};
  header.header_bytes = std::size_t{4} * (version_ihl & 0xfU);
  header.fragment = (fragment & 0x3fffU) != 0;
  if (cursor.failed() || version_ihl >> 4U != 4 || header.header_bytes < 20) return {};
  if (total == 0) total = ip.size();  // a GSO packet beyond 64 KiB carries no length
  if (total > ip.size() || header.header_bytes > total) return {};
  header.payload = ip.subspan(header.header_bytes, total - header.header_bytes);
  return header;
}

// Walks the options (RFC 9293 section 3.1): kinds 0 and 1 are single bytes, all others have a
// length.
bool parse_tcp_options(ByteSpan options, TcpSegment& segment) {
  constexpr std::uint8_t kEnd = 0, kNop = 1, kTimestamps = 8, kMd5 = 19, kAo = 29;
  ByteCursor cursor(options);
  while (!cursor.empty()) {
    const std::uint8_t kind = cursor.take_u8();
    if (kind == kEnd) return true;
    if (kind == kNop) continue;
    const std::uint8_t length = cursor.take_u8();
    if (cursor.failed() || length < 2) return false;
    ByteCursor body(cursor.take(length - 2U));
    if (cursor.failed()) return false;
    if (kind == kMd5 || kind == kAo) segment.has_forbidden_option = true;
    if (kind == kTimestamps && length == 10) {
      segment.has_timestamps = true;
      segment.timestamp = body.take_u32();
      segment.timestamp_echo = body.take_u32();
    }
  }
  return true;
}

// RFC 5952: lower-case, no leading zeros, the longest run of zero groups as "::".
std::string ipv6_text(ByteSpan address) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::array<unsigned, 8> groups{};
  ByteCursor cursor(address);
  for (unsigned& group : groups) group = cursor.take_u16();
  std::size_t run_begin = 8, run_size = 1;
  for (std::size_t i = 0; i < 8; ++i) {
    std::size_t size = 0;
    while (i + size < 8 && groups[i + size] == 0) ++size;
    if (size > run_size) {
      run_begin = i;
      run_size = size;
    }
  }
  std::string text;
  if (run_begin == 0 && run_size == 5 && groups[5] == 0xffff) {  // IPv4-mapped: RFC 5952 section 5
    return "::ffff:" + to_text(Ipv4Address{groups[6] << 16U | groups[7]});
  }
  for (std::size_t i = 0; i < 8;) {
    if (i == run_begin) {
      text += "::";
      i += run_size;
      continue;
    }
    if (!text.empty() && !text.ends_with(':')) text += ':';
    bool leading = true;
    for (unsigned shift = 12;; shift -= 4) {
      const unsigned digit = groups[i] >> shift & 0xfU;
      leading = leading && digit == 0 && shift > 0;
      if (!leading) text += kDigits[digit];
      if (shift == 0) break;
    }
    ++i;
  }
  return text;
}

// Skips extension headers (RFC 8200 section 4), at most eight of them.
std::optional<PacketSummary> summarise_ipv6(ByteSpan ip) {
  ByteCursor cursor(ip);
  cursor.take(6);
  PacketSummary summary;
  summary.ipv6 = true;
  summary.protocol = cursor.take_u8();
  cursor.take_u8();
  const ByteSpan src = cursor.take(16);
  const ByteSpan dst = cursor.take(16);
  if (cursor.failed()) return {};
  summary.src_text = ipv6_text(src);
  summary.dst_text = ipv6_text(dst);
  for (int extension = 0; extension < 8; ++extension) {
    const std::uint8_t next = summary.protocol;
    if (next != 0 && next != 43 && next != 60 && next != 44) break;
    const std::uint8_t following = cursor.take_u8();
    const std::size_t length = next == 44 ? 6U : std::size_t{8} * cursor.take_u8() + 6U;
    if (next == 44) cursor.take_u8();
    cursor.take(length);
    if (cursor.failed()) return summary;
    summary.protocol = following;
  }
  summary.payload = cursor.rest();
  return summary;
}

void read_ports(PacketSummary& summary) {
  ByteCursor cursor(summary.payload);
  summary.payload = {};
  const bool ports = summary.protocol == kProtocolTcp || summary.protocol == kProtocolUdp ||
                     summary.protocol == kProtocolSctp;
  if (!ports) return;
  summary.spt = cursor.take_u16();
  summary.dpt = cursor.take_u16();
  if (summary.protocol != kProtocolUdp) return;
  cursor.take(4);
  summary.payload = cursor.rest();
}

// 64 bits: a packet without a length field in use may be larger than 64 KiB.
std::uint64_t sum_words(ByteSpan bytes, std::uint64_t sum) {
  std::size_t i = 0;
  for (; i + 1 < bytes.size(); i += 2)
    sum += static_cast<std::uint64_t>(bytes[i] << 8 | bytes[i + 1]);
  if (i < bytes.size()) sum += static_cast<std::uint64_t>(bytes[i] << 8);
  return sum;
}

}  // namespace

std::optional<TcpSegment> parse_tcp_header(ByteSpan tcp) {
  ByteCursor cursor(tcp);
  TcpSegment segment;
  segment.spt = cursor.take_u16();
  segment.dpt = cursor.take_u16();
  segment.seq = cursor.take_u32();
  segment.ack = cursor.take_u32();
  const std::size_t offset = std::size_t{4} * (cursor.take_u8() >> 4U);
  segment.flags = cursor.take_u8();
  segment.window = cursor.take_u16();
  cursor.take(4);  // checksum, urgent pointer
  if (cursor.failed() || offset < 20) return {};
  const ByteSpan options = cursor.take(offset - 20);
  if (cursor.failed() || !parse_tcp_options(options, segment)) return {};
  segment.payload = cursor.rest();
  return segment;
}

std::optional<TcpSegment> parse_tcp(ByteSpan ip) {
  const auto header = parse_ipv4_header(ip);
  if (!header || header->protocol != kProtocolTcp || header->fragment) return {};
  auto segment = parse_tcp_header(header->payload);
  if (!segment) return {};
  segment->src = header->src;
  segment->dst = header->dst;
  segment->has_ip_options = header->header_bytes > 20;
  return segment;
}

bool tcp_checksum_valid(ByteSpan ip) {
  const auto header = parse_ipv4_header(ip);
  if (!header) return false;
  std::uint64_t sum = kProtocolTcp + header->payload.size();
  sum = sum_words(ip.subspan(12, 8), sum);
  sum = sum_words(header->payload, sum);
  while (sum >> 16U != 0) sum = (sum & 0xffffU) + (sum >> 16U);
  return sum == 0xffff;
}

std::optional<PacketSummary> summarise_packet(ByteSpan ip) {
  if (ip.empty()) return {};
  std::optional<PacketSummary> summary;
  if (ip[0] >> 4U == 6) {
    summary = summarise_ipv6(ip);
  } else if (const auto header = parse_ipv4_header(ip)) {
    summary.emplace();
    summary->protocol = header->protocol;
    summary->src = header->src;
    summary->dst = header->dst;
    summary->payload = header->fragment ? ByteSpan{} : header->payload;
  }
  if (summary) read_ports(*summary);
  return summary;
}

}  // namespace dn::wire
