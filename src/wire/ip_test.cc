// IPv4, TCP and IPv6 headers: truncations, lies in every length, options, checksums, extension
// headers (IP-05…IP-11, TCP-33, TCP-40 of the threat catalogue).
#include "wire/ip.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "wire/testing/hello_builder.h"

namespace dn::wire {
namespace {

using namespace testing;

struct Ip4 {
  std::uint8_t version_ihl = 0x45;
  std::optional<std::size_t> total = {};
  std::size_t fragment = 0x4000;
  std::uint8_t protocol = 6;
  Bytes options = {};
};

Bytes ipv4(const Ip4& h, const Bytes& payload) {
  const std::size_t size = 20 + h.options.size() + payload.size();
  return join({u8(h.version_ihl),
               u8(0),
               u16(h.total.value_or(size)),
               u16(0x1234),
               u16(h.fragment),
               u8(64),
               u8(h.protocol),
               u16(0),
               {10, 0, 1, 10},
               {203, 0, 113, 7},
               h.options,
               payload});
}

struct Tcp {
  std::optional<std::size_t> offset = {};
  std::uint8_t flags = kTcpAck;
  Bytes options = {};
};

Bytes tcp(const Tcp& h, const Bytes& payload) {
  const std::size_t offset = h.offset.value_or(5 + h.options.size() / 4);
  return join({u16(40000), u16(443), number(0xfffffffe, 4), number(0x01020304, 4), u8(offset << 4U),
               u8(h.flags), u16(512), u16(0), u16(0), h.options, payload});
}

const Bytes kPayload = text("payload");

TEST(ParseTcp, ReadsEveryField) {
  const Bytes options = join({{1, 1, 8, 10}, number(0xaabbccdd, 4), number(0x11223344, 4)});
  const Bytes packet = ipv4({}, tcp({.flags = kTcpAck | kTcpPsh, .options = options}, kPayload));
  const auto segment = parse_tcp(packet);
  ASSERT_TRUE(segment);
  EXPECT_EQ(to_text(segment->src), "10.0.1.10");
  EXPECT_EQ(to_text(segment->dst), "203.0.113.7");
  EXPECT_EQ(segment->spt, 40000);
  EXPECT_EQ(segment->dpt, 443);
  EXPECT_EQ(segment->seq, 0xfffffffeU);
  EXPECT_EQ(segment->ack, 0x01020304U);
  EXPECT_EQ(segment->window, 512);
  EXPECT_TRUE(segment->has(kTcpPsh));
  EXPECT_FALSE(segment->has(kTcpSyn));
  EXPECT_TRUE(segment->has_timestamps);
  EXPECT_EQ(segment->timestamp, 0xaabbccddU);
  EXPECT_EQ(segment->timestamp_echo, 0x11223344U);
  EXPECT_FALSE(segment->has_forbidden_option);
  EXPECT_FALSE(segment->has_ip_options);
  EXPECT_EQ(as_text(segment->payload), "payload");
}

TEST(ParseTcp, RefusesEveryTruncation) {
  const Bytes packet = ipv4({.version_ihl = 0x46, .options = {7, 3, 4, 0}},
                            tcp({.options = {2, 4, 5, 0xb4}}, kPayload));
  ASSERT_TRUE(parse_tcp(packet));
  for (std::size_t size = 0; size < packet.size(); ++size) {
    EXPECT_FALSE(parse_tcp(ByteSpan(packet).first(size))) << size;
    summarise_packet(ByteSpan(packet).first(size));
  }
}

TEST(ParseTcp, IgnoresTheEthernetPaddingBehindTheTotalLength) {
  const Bytes packet = join({ipv4({}, tcp({}, kPayload)), fill(6)});
  const auto segment = parse_tcp(packet);
  ASSERT_TRUE(segment);
  EXPECT_EQ(as_text(segment->payload), "payload");
}

TEST(ParseTcp, TakesTheWholeOfAPacketTooLongForItsLengthField) {
  const Bytes packet = ipv4({.total = 0}, tcp({}, fill(100'000, 'x')));
  const auto segment = parse_tcp(packet);
  ASSERT_TRUE(segment);
  EXPECT_EQ(segment->payload.size(), 100'000U);
}

TEST(ParseTcp, RefusesHeadersThatContradictTheirLengths) {
  const Bytes segment = tcp({}, kPayload);
  const struct {
    std::string_view what;
    Bytes packet;
  } cases[] = {
      {"version 5", ipv4({.version_ihl = 0x55}, segment)},
      {"version 6", ipv4({.version_ihl = 0x65}, segment)},
      {"header shorter than 20", ipv4({.version_ihl = 0x44}, segment)},
      {"header longer than the packet", ipv4({.version_ihl = 0x4f}, {})},
      {"total shorter than the header", ipv4({.total = 19}, segment)},
      {"total longer than the packet", ipv4({.total = 48}, segment)},
      {"total cuts the TCP header", ipv4({.total = 39}, segment)},
      {"data offset 4", ipv4({}, tcp({.offset = 4}, kPayload))},
      {"data offset beyond the segment", ipv4({}, tcp({.offset = 15}, kPayload))},
      {"UDP", ipv4({.protocol = 17}, segment)},
      {"first fragment", ipv4({.fragment = 0x2000}, segment)},
      {"later fragment", ipv4({.fragment = 0x0001}, segment)},
  };
  for (const auto& test : cases) EXPECT_FALSE(parse_tcp(test.packet)) << test.what;
}

TEST(ParseTcp, WalksOptions) {
  const struct {
    std::string_view what;
    Bytes options;
    bool valid, forbidden;
  } cases[] = {
      {"none", {}, true, false},
      {"no-ops", {1, 1, 1, 1}, true, false},
      {"end, then rubbish", {0, 19, 0, 255}, true, false},
      {"unknown", {200, 4, 1, 2}, true, false},
      {"MD5", join({{1, 1, 19, 18}, fill(16)}), true, true},
      {"MD5 with a wrong length", {19, 4, 0, 0}, true, true},
      {"AO", {29, 4, 1, 2}, true, true},
      {"length 0", {200, 0, 1, 2}, false, false},
      {"length 1", {200, 1, 1, 2}, false, false},
      {"length beyond", {200, 5, 1, 2}, false, false},
      {"no length", {1, 1, 1, 200}, false, false},
      {"MD5 behind a lie", {200, 9, 19, 18}, false, false},
      {"timestamps with a wrong length", {8, 4, 1, 2}, true, false},
  };
  for (const auto& test : cases) {
    const Bytes packet = ipv4({}, tcp({.options = test.options}, kPayload));
    const auto segment = parse_tcp(packet);
    ASSERT_EQ(segment.has_value(), test.valid) << test.what;
    if (!segment) continue;
    EXPECT_EQ(segment->has_forbidden_option, test.forbidden) << test.what;
    EXPECT_FALSE(segment->has_timestamps) << test.what;
    EXPECT_EQ(as_text(segment->payload), "payload");
  }
}

TEST(ParseTcp, TellsIpOptions) {
  const auto segment =
      parse_tcp(ipv4({.version_ihl = 0x46, .options = {0x83, 4, 4, 0}}, tcp({}, kPayload)));
  ASSERT_TRUE(segment);
  EXPECT_TRUE(segment->has_ip_options);
}

TEST(ParseTcp, IgnoresReservedBitsAndEcn) {
  Bytes packet = ipv4({}, tcp({.flags = kTcpAck | 0xc0}, kPayload));
  packet[32] |= 0x0f;
  const auto segment = parse_tcp(packet);
  ASSERT_TRUE(segment);
  EXPECT_EQ(as_text(segment->payload), "payload");
}

// -- checksum -------------------------------------------------------------------------------------

void write_checksum(Bytes& packet) {
  std::uint64_t sum = 6 + packet.size() - 20;
  for (std::size_t i = 12; i < packet.size(); ++i) {
    sum += std::uint64_t{packet[i]} << (i % 2 == 0 ? 8U : 0U);
  }
  while (sum > 0xffff) sum = (sum & 0xffffU) + (sum >> 16U);
  sum = ~sum & 0xffffU;
  packet[36] = static_cast<std::uint8_t>(sum >> 8U);
  packet[37] = static_cast<std::uint8_t>(sum & 0xffU);
}

TEST(TcpChecksum, HoldsForOddAndEvenAndLargeSegments) {
  for (const std::size_t size : {0U, 1U, 2U, 1447U, 1448U, 65'000U}) {
    Bytes packet = ipv4({}, tcp({}, fill(size, 0xff)));
    write_checksum(packet);
    EXPECT_TRUE(tcp_checksum_valid(packet)) << size;
  }
  Bytes big = ipv4({.total = 0}, tcp({}, fill(500'000, 0xff)));
  write_checksum(big);
  EXPECT_TRUE(tcp_checksum_valid(big));
}

TEST(TcpChecksum, SeesEveryChangedByte) {
  Bytes packet = ipv4({}, tcp({.options = {1, 1, 1, 0}}, kPayload));
  write_checksum(packet);
  ASSERT_TRUE(tcp_checksum_valid(packet));
  for (std::size_t at = 12; at < packet.size(); ++at) {
    packet[at] ^= 0x21;
    EXPECT_FALSE(tcp_checksum_valid(packet)) << at;
    packet[at] ^= 0x21;
  }
  EXPECT_FALSE(tcp_checksum_valid(ByteSpan(packet).first(10)));
}

// -- summaries ------------------------------------------------------------------------------------

TEST(SummarisePacket, NamesTransportAndPortsOfIpv4) {
  const Bytes udp = join({u16(5353), u16(443), u16(15), u16(0), kPayload});
  const Bytes packet = ipv4({.protocol = 17}, udp);
  const auto summary = summarise_packet(packet);
  ASSERT_TRUE(summary);
  EXPECT_FALSE(summary->ipv6);
  EXPECT_EQ(summary->protocol, 17);
  EXPECT_EQ(summary->spt, 5353);
  EXPECT_EQ(summary->dpt, 443);
  EXPECT_EQ(as_text(summary->payload), "payload");

  const auto icmp = summarise_packet(ipv4({.protocol = 1}, {8, 0, 1, 2, 3, 4, 5, 6}));
  ASSERT_TRUE(icmp);
  EXPECT_EQ(icmp->protocol, 1);
  EXPECT_EQ(icmp->spt, 0);
  EXPECT_TRUE(icmp->payload.empty());

  const auto fragment = summarise_packet(ipv4({.fragment = 1, .protocol = 17}, udp));
  ASSERT_TRUE(fragment);
  EXPECT_EQ(fragment->dpt, 0);
  EXPECT_TRUE(fragment->payload.empty());
}

Bytes ipv6(std::uint8_t next, const Bytes& payload) {
  Bytes src = fill(16), dst = fill(16);
  src[0] = dst[0] = 0x20;
  src[1] = dst[1] = 0x01;
  src[15] = 1;
  dst[15] = 2;
  return join({{0x60, 0, 0, 0}, u16(payload.size()), u8(next), u8(64), src, dst, payload});
}

TEST(SummarisePacket, SkipsIpv6ExtensionHeaders) {
  const Bytes ports = join({u16(1000), u16(443), fill(16)});
  const auto option = [](std::uint8_t next) { return join({{next, 0}, fill(6)}); };
  const struct {
    std::string_view what;
    Bytes packet;
    std::uint8_t protocol;
    Port dpt;
  } cases[] = {
      {"none", ipv6(6, ports), 6, 443},
      {"hop-by-hop", ipv6(0, join({option(6), ports})), 6, 443},
      {"destination and routing", ipv6(60, join({option(43), option(17), ports})), 17, 443},
      {"fragment header", ipv6(44, join({{6, 0}, fill(6), ports})), 6, 443},
      {"two hop-by-hop, longer", ipv6(0, join({{0, 1}, fill(14), option(132), ports})), 132, 443},
      {"nine extensions",
       ipv6(60, join({option(60), option(60), option(60), option(60), option(60), option(60),
                      option(60), option(60), option(6), ports})),
       60, 0},
      {"truncated extension", ipv6(0, {6, 200}), 0, 0},
      {"nothing behind", ipv6(59, {}), 59, 0},
      {"ICMPv6", ipv6(58, {128, 0, 0, 0}), 58, 0},
  };
  for (const auto& test : cases) {
    const auto summary = summarise_packet(test.packet);
    ASSERT_TRUE(summary) << test.what;
    EXPECT_TRUE(summary->ipv6);
    EXPECT_EQ(summary->src_text, "2001::1");
    EXPECT_EQ(summary->dst_text, "2001::2");
    EXPECT_EQ(summary->protocol, test.protocol) << test.what;
    EXPECT_EQ(summary->dpt, test.dpt) << test.what;
  }
  const Bytes whole = ipv6(0, join({option(6), ports}));
  for (std::size_t size = 0; size < 40; ++size) {
    EXPECT_FALSE(summarise_packet(ByteSpan(whole).first(size))) << size;
  }
  for (std::size_t size = 40; size < whole.size(); ++size) {
    EXPECT_TRUE(summarise_packet(ByteSpan(whole).first(size))) << size;
  }
}

TEST(SummarisePacket, SaysNothingOfOtherVersions) {
  EXPECT_FALSE(summarise_packet({}));
  EXPECT_FALSE(summarise_packet(Bytes{0x00}));
  EXPECT_FALSE(summarise_packet(ipv4({.version_ihl = 0x75}, {})));
}

// Every random byte string is either refused or read inside its bounds.
TEST(ParseTcp, SurvivesRandomBytes) {
  std::mt19937 random(3);
  for (int i = 0; i < 20'000; ++i) {
    Bytes packet(random() % 90);
    for (auto& byte : packet) byte = static_cast<std::uint8_t>(random());
    if (!packet.empty()) packet[0] = random() % 2 == 0 ? 0x45 : 0x60;
    if (packet.size() > 9) packet[9] = random() % 2 == 0 ? 6 : 17;
    if (const auto segment = parse_tcp(packet)) {
      ASSERT_LE(segment->payload.size() + 40, packet.size());
      tcp_checksum_valid(packet);
    }
    summarise_packet(packet);
  }
}

}  // namespace
}  // namespace dn::wire
