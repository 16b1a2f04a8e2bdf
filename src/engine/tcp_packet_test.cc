#include "engine/tcp_packet.h"

#include <gtest/gtest.h>

#include "engine/flow_table.h"

namespace dn::engine {
namespace {

TcpPacketFields fields() {
  TcpPacketFields f;
  f.src = {0x0a00010a};
  f.dst = {0xcb007107};
  f.spt = 40000;
  f.dpt = 443;
  f.seq = 0xfffffff0;
  f.ack = 7;
  f.flags = wire::kTcpAck | wire::kTcpPsh;
  f.window = 501;
  return f;
}

// The sum over a whole IPv4 header, checksum included, is 0xffff (RFC 1071).
bool ip_checksum_valid(ByteSpan header) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < 20; i += 2) {
    sum += static_cast<std::uint32_t>(header[i] << 8 | header[i + 1]);
  }
  while (sum > 0xffff) sum = (sum & 0xffffU) + (sum >> 16U);
  return sum == 0xffff;
}

TEST(TcpPacket, IsReadBackAsItWasWritten) {
  for (const bool timestamps : {false, true}) {
    for (std::size_t size = 0; size <= kInjectedPayloadMax; size += size < 5 ? 1 : 243) {
      TcpPacketFields f = fields();
      f.has_timestamps = timestamps;
      f.timestamp = 0x01020304;
      f.timestamp_echo = 0xf1f2f3f4;
      const std::vector<std::uint8_t> payload(size, 0xe7);
      const TcpPacket packet(f, payload);
      ASSERT_TRUE(ip_checksum_valid(packet.bytes()));
      ASSERT_TRUE(wire::tcp_checksum_valid(packet.bytes()));
      const auto segment = wire::parse_tcp(packet.bytes());
      ASSERT_TRUE(segment);
      EXPECT_EQ(segment->src, f.src);
      EXPECT_EQ(segment->dst, f.dst);
      EXPECT_EQ(segment->spt, f.spt);
      EXPECT_EQ(segment->dpt, f.dpt);
      EXPECT_EQ(segment->seq, f.seq);
      EXPECT_EQ(segment->ack, f.ack);
      EXPECT_EQ(segment->flags, f.flags);
      EXPECT_EQ(segment->window, f.window);
      EXPECT_EQ(segment->has_timestamps, timestamps);
      EXPECT_EQ(segment->timestamp, timestamps ? f.timestamp : 0);
      EXPECT_EQ(segment->timestamp_echo, timestamps ? f.timestamp_echo : 0);
      EXPECT_FALSE(segment->has_ip_options);
      EXPECT_EQ(as_text(segment->payload), as_text(payload));
    }
  }
}

TEST(TcpPacket, MayBeFragmentedAndHasAFreshTtl) {
  const TcpPacket packet(fields(), {});
  EXPECT_EQ(packet.bytes()[6], 0);  // no DF
  EXPECT_EQ(packet.bytes()[8], 64);
  EXPECT_EQ(packet.bytes().size(), 40U);
}

TEST(TcpPacket, SpeaksInTheNameOfTheOtherEnd) {
  Flow flow;
  flow.key = {{1}, {2}, 3, 4};
  flow.client_start = 1000;
  flow.server_start = 2000;
  flow.server_passed = 5;
  flow.client.insert(0, as_bytes("hello"));
  flow.tcp = {.client_ack = 2003,
              .client_window = 99,
              .has_timestamps = true,
              .client_timestamp = 11,
              .server_timestamp = 22};
  const TcpPacketFields to_client = towards_client(flow);
  EXPECT_EQ(to_client.src.value, 2U);
  EXPECT_EQ(to_client.spt, 4);
  EXPECT_EQ(to_client.seq, 2005U);
  EXPECT_EQ(to_client.ack, 1005U);
  EXPECT_EQ(to_client.timestamp, 22U);
  EXPECT_EQ(to_client.timestamp_echo, 11U);
  const TcpPacketFields to_server = towards_server(flow);
  EXPECT_EQ(to_server.src.value, 1U);
  EXPECT_EQ(to_server.dpt, 4);
  EXPECT_EQ(to_server.ack, 2003U);
  EXPECT_EQ(to_server.window, 99);
  EXPECT_EQ(to_server.timestamp, 11U);
  EXPECT_EQ(to_server.timestamp_echo, 22U);
}

}  // namespace
}  // namespace dn::engine
