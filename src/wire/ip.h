// IPv4 and TCP headers (RFC 791, RFC 9293), as far as the judgement of a connection needs them.
//
// The kernel has reassembled fragments and dropped what conntrack calls invalid; this parser still
// trusts no length. IPv6 and other transports are only summarised for the log.
// Covered by ip_test.cc, fuzz/ip_fuzz.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/address.h"
#include "base/bytes.h"

namespace dn::wire {

inline constexpr std::uint8_t kTcpFin = 0x01;
inline constexpr std::uint8_t kTcpSyn = 0x02;
inline constexpr std::uint8_t kTcpRst = 0x04;
inline constexpr std::uint8_t kTcpPsh = 0x08;
inline constexpr std::uint8_t kTcpAck = 0x10;
inline constexpr std::uint8_t kTcpUrg = 0x20;

// One TCP segment; `payload` borrows the packet. A segment may be up to 64 KiB (GSO).
struct TcpSegment {
  Ipv4Address src, dst;
  Port spt = 0, dpt = 0;
  std::uint32_t seq = 0, ack = 0;
  std::uint8_t flags = 0;
  std::uint16_t window = 0;  // as on the wire, unscaled
  bool has_timestamps = false;
  std::uint32_t timestamp = 0, timestamp_echo = 0;  // RFC 7323, valid with has_timestamps
  bool has_ip_options = false;
  bool has_forbidden_option = false;  // TCP-MD5 (RFC 2385) or TCP-AO (RFC 5925)
  ByteSpan payload;

  bool has(std::uint8_t flag) const { return (flags & flag) != 0; }
};

// Empty when the packet is not IPv4 TCP, is truncated, or any length contradicts another.
std::optional<TcpSegment> parse_tcp(ByteSpan ip);

// A TCP header and its payload by themselves (the addresses stay zero), for captures of IPv6.
std::optional<TcpSegment> parse_tcp_header(ByteSpan tcp);

// RFC 1071 over the pseudo-header and the segment of a packet that parse_tcp() accepted.
bool tcp_checksum_valid(ByteSpan ip);

// What can be said about any other packet.
struct PacketSummary {
  bool ipv6 = false;
  std::uint8_t protocol =
      0;                 // 6 TCP, 17 UDP, 1 ICMP, 58 ICMPv6, …; of the first non-extension header
  Ipv4Address src, dst;  // IPv4 only
  std::string src_text, dst_text;  // IPv6 only
  Port spt = 0, dpt = 0;           // TCP, UDP, SCTP; 0 otherwise
  ByteSpan payload;                // behind the transport header of UDP; empty otherwise
};
std::optional<PacketSummary> summarise_packet(ByteSpan ip);

}  // namespace dn::wire
