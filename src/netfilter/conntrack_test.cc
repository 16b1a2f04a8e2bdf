// Tests of conntrack.h: entries as ctnetlink writes them.
#include "netfilter/conntrack.h"

#include <gtest/gtest.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <netinet/in.h>

#include <vector>

#include "netfilter/netlink.h"

namespace dn::netfilter {
namespace {

void put_tuple(nlmsghdr* message, std::uint16_t type, const ConntrackTuple& tuple,
               std::uint8_t protocol) {
  nlattr* outer = mnl_attr_nest_start(message, type);
  nlattr* ip = mnl_attr_nest_start(message, CTA_TUPLE_IP);
  mnl_attr_put_u32(message, CTA_IP_V4_SRC, __builtin_bswap32(tuple.source.value));
  mnl_attr_put_u32(message, CTA_IP_V4_DST, __builtin_bswap32(tuple.destination.value));
  mnl_attr_nest_end(message, ip);
  nlattr* ports = mnl_attr_nest_start(message, CTA_TUPLE_PROTO);
  mnl_attr_put_u8(message, CTA_PROTO_NUM, protocol);
  mnl_attr_put_u16(message, CTA_PROTO_SRC_PORT, __builtin_bswap16(tuple.source_port));
  mnl_attr_put_u16(message, CTA_PROTO_DST_PORT, __builtin_bswap16(tuple.destination_port));
  mnl_attr_nest_end(message, ports);
  mnl_attr_nest_end(message, outer);
}

const ConntrackEntry kEntry{
    .original = {{0x0a00010a}, {0x2d00000a}, 40000, 443},
    .reply = {{0x2d00000a}, {0x2d000001}, 443, 51234},
    .mark = 0x9a1,
    .id = 99,
};

std::vector<std::uint8_t> attributes(std::uint8_t protocol) {
  MessageBuffer buffer;
  nlmsghdr* message = buffer.begin(0, 0, AF_INET);
  put_tuple(message, CTA_TUPLE_ORIG, kEntry.original, protocol);
  put_tuple(message, CTA_TUPLE_REPLY, kEntry.reply, protocol);
  mnl_attr_put_u32(message, CTA_MARK, __builtin_bswap32(kEntry.mark));
  mnl_attr_put_u32(message, CTA_ID, __builtin_bswap32(kEntry.id));
  const ByteSpan bytes = buffer.bytes().subspan(sizeof(nlmsghdr) + sizeof(nfgenmsg));
  return {bytes.begin(), bytes.end()};
}

TEST(Conntrack, ReadsAnEntry) {
  const auto bytes = attributes(IPPROTO_TCP);
  ConntrackEntry entry;
  ASSERT_TRUE(parse_conntrack_entry(bytes, entry));
  EXPECT_EQ(entry, kEntry);
  EXPECT_EQ(to_text(entry.client()), "10.0.1.10");
  EXPECT_EQ(to_text(entry.server()), "45.0.0.10");
  EXPECT_EQ(entry.client_port(), 40000);
  EXPECT_EQ(entry.server_port(), 443);
}

TEST(Conntrack, OtherProtocolsAndEmptyAnswersAreNoEntry) {
  ConntrackEntry entry;
  const auto udp = attributes(IPPROTO_UDP);
  EXPECT_FALSE(parse_conntrack_entry(udp, entry));
  EXPECT_FALSE(parse_conntrack_entry({}, entry));
}

TEST(Conntrack, TruncationsNeverReadPastTheEnd) {
  const auto bytes = attributes(IPPROTO_TCP);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    // A copy of its own, so that a sanitizer sees the end.
    const std::vector<std::uint8_t> cut(bytes.begin(),
                                        bytes.begin() + static_cast<std::ptrdiff_t>(size));
    ConntrackEntry entry;
    parse_conntrack_entry(cut, entry);
    EXPECT_NE(entry, kEntry) << size;
  }
}

}  // namespace
}  // namespace dn::netfilter
