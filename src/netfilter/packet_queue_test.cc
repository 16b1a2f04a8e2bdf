// Tests of packet_queue.h: messages as the kernel writes them, and every truncation of one.
#include "netfilter/packet_queue.h"

#include <gtest/gtest.h>
#include <linux/netfilter/nfnetlink_queue.h>

#include <cstring>
#include <string>
#include <vector>

#include "netfilter/netlink.h"

namespace dn::netfilter {
namespace {

struct Fields {
  std::uint16_t type = message_type(NFNL_SUBSYS_QUEUE, NFQNL_MSG_PACKET);
  bool header = true;
  std::uint32_t info = 0;
  bool cut = false;
};

std::vector<std::uint8_t> message(const Fields& fields) {
  MessageBuffer buffer;
  nlmsghdr* out = buffer.begin(fields.type, 0, AF_INET, 1040);
  nfqnl_msg_packet_hdr header{};
  header.packet_id = __builtin_bswap32(7);
  header.hw_protocol = __builtin_bswap16(0x0800);
  header.hook = 2;
  if (fields.header) mnl_attr_put(out, NFQA_PACKET_HDR, sizeof header, &header);
  mnl_attr_put_u32(out, NFQA_MARK, __builtin_bswap32(0x1234));
  mnl_attr_put_u32(out, NFQA_IFINDEX_INDEV, __builtin_bswap32(3));
  if (fields.info != 0) mnl_attr_put_u32(out, NFQA_SKB_INFO, __builtin_bswap32(fields.info));
  if (fields.cut) mnl_attr_put_u32(out, NFQA_CAP_LEN, __builtin_bswap32(70000));
  mnl_attr_put(out, NFQA_PAYLOAD, 5, "bytes");
  const ByteSpan bytes = buffer.bytes();
  return {bytes.begin(), bytes.end()};
}

TEST(PacketQueue, ReadsAPacketMessage) {
  const auto bytes = message({});
  QueuedPacket packet;
  ASSERT_TRUE(parse_queued_packet(bytes, packet));
  EXPECT_EQ(packet.id, 7U);
  EXPECT_EQ(packet.mark, 0x1234U);
  EXPECT_EQ(packet.in_interface, 3U);
  EXPECT_EQ(packet.protocol, 0x0800);
  EXPECT_EQ(packet.hook, 2);
  EXPECT_FALSE(packet.gso);
  EXPECT_FALSE(packet.checksum_unverified);
  EXPECT_FALSE(packet.truncated);
  EXPECT_EQ(as_text(packet.payload), "bytes");
}

TEST(PacketQueue, ReadsFlagsAndForgetsThemForTheNext) {
  QueuedPacket packet;
  const auto flagged = message({.info = NFQA_SKB_GSO | NFQA_SKB_CSUM_NOTVERIFIED, .cut = true});
  ASSERT_TRUE(parse_queued_packet(flagged, packet));
  EXPECT_TRUE(packet.gso);
  EXPECT_TRUE(packet.checksum_unverified);
  EXPECT_TRUE(packet.truncated);
  const auto plain = message({.info = NFQA_SKB_CSUMNOTREADY});
  ASSERT_TRUE(parse_queued_packet(plain, packet));
  EXPECT_FALSE(packet.gso || packet.checksum_unverified || packet.truncated);
}

TEST(PacketQueue, OtherMessagesAreNoPackets) {
  QueuedPacket packet;
  EXPECT_FALSE(parse_queued_packet(message({.type = NLMSG_ERROR}), packet));
  EXPECT_FALSE(parse_queued_packet(
      message({.type = message_type(NFNL_SUBSYS_QUEUE, NFQNL_MSG_VERDICT)}), packet));
  EXPECT_FALSE(parse_queued_packet(message({.header = false}), packet)) << "no id, no verdict";
}

TEST(PacketQueue, EveryTruncationIsNoPacket) {
  const auto bytes = message({});
  QueuedPacket packet;
  for (std::size_t size = 0; size < bytes.size() - 3; ++size) {
    EXPECT_FALSE(parse_queued_packet(ByteSpan(bytes).first(size), packet)) << size;
  }
}

TEST(PacketQueue, ReadsTheKernelsCounters) {
  constexpr std::string_view kTable =
      " 1040   4021    12 2 65535     3     4   100000  1\n"
      " 1041   4021     0 2 65535     0     0        5  1\n";
  const auto counters = parse_queue_counters(kTable, 1040);
  ASSERT_TRUE(counters);
  EXPECT_EQ(counters->waiting, 12U);
  EXPECT_EQ(counters->queue_dropped, 3U);
  EXPECT_EQ(counters->user_dropped, 4U);
  for (const std::string_view odd : {"", "\n\n", " 1042 x", " 1042 1 2 3 4 5\n"}) {
    const auto none = parse_queue_counters(odd, 1042);
    ASSERT_FALSE(none) << odd;
    EXPECT_EQ(none.error().message, "packet queue 1042: nobody listens");
  }
}

}  // namespace
}  // namespace dn::netfilter
