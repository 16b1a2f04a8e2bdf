// Tests of netlink.h: what is written is read back, and odd lengths end the walk.
#include "netfilter/netlink.h"

#include <gtest/gtest.h>

#include <vector>

namespace dn::netfilter {
namespace {

std::vector<std::uint16_t> types_of(std::vector<std::uint8_t> bytes) {
  std::vector<std::uint16_t> types;
  AttributeReader reader(bytes);
  for (Attribute attribute; reader.next(attribute);) types.push_back(attribute.type);
  return types;
}

TEST(AttributeReader, ReadsWhatLibmnlWrites) {
  MessageBuffer buffer;
  nlmsghdr* message = buffer.begin(message_type(3, 1), NLM_F_ACK, AF_INET, 1040);
  mnl_attr_put_u32(message, 1, 0x04030201);
  mnl_attr_put_strz(message, 2, "three");
  nlattr* nest = mnl_attr_nest_start(message, 3);
  mnl_attr_put_u16(message, 4, 0x0201);
  mnl_attr_nest_end(message, nest);

  AttributeReader reader(buffer.bytes().subspan(sizeof(nlmsghdr) + sizeof(nfgenmsg)));
  Attribute attribute;
  ASSERT_TRUE(reader.next(attribute));
  EXPECT_EQ(attribute.u32(), 0x01020304U);
  EXPECT_EQ(attribute.u64(), 0U) << "too short for 64 bits";
  ASSERT_TRUE(reader.next(attribute));
  EXPECT_EQ(attribute.text(), "three");
  ASSERT_TRUE(reader.next(attribute));
  EXPECT_EQ(attribute.type, 3) << "without the nested flag";
  AttributeReader inner(attribute.payload);
  ASSERT_TRUE(inner.next(attribute));
  EXPECT_EQ(attribute.u16(), 0x0102U);
  EXPECT_FALSE(inner.next(attribute));
  EXPECT_FALSE(reader.next(attribute));
}

TEST(AttributeReader, StopsAtLengthsThatDoNotFit) {
  struct Case {
    const char* name;
    std::vector<std::uint8_t> bytes;
    std::vector<std::uint16_t> want;
  };
  const Case cases[] = {
      {"empty", {}, {}},
      {"half a header", {8, 0, 1}, {}},
      {"length zero", {0, 0, 1, 0}, {}},
      {"length below its header", {3, 0, 1, 0}, {}},
      {"length beyond the end", {5, 0, 1, 0}, {}},
      {"no payload", {4, 0, 1, 0}, {1}},
      {"last without padding", {5, 0, 1, 0, 9}, {1}},
      {"one behind the other", {5, 0, 1, 0, 9, 0, 0, 0, 4, 0, 2, 0}, {1, 2}},
      {"good, then bad", {4, 0, 1, 0, 9, 0, 2, 0, 1, 1, 1, 1}, {1}},
  };
  for (const auto& c : cases) EXPECT_EQ(types_of(c.bytes), c.want) << c.name;
}

TEST(MessageBuffer, HoldsSeveralMessagesAndCanBeCopied) {
  MessageBuffer buffer;
  EXPECT_TRUE(buffer.bytes().empty());
  buffer.begin(1, 0, AF_UNSPEC);
  mnl_attr_put_u8(buffer.begin(2, 0, AF_UNSPEC), 1, 1);
  const MessageBuffer copy = buffer;
  EXPECT_EQ(copy.bytes().size(), 20U + 20U + 8U);
  EXPECT_NE(copy.bytes().data(), buffer.bytes().data());
}

}  // namespace
}  // namespace dn::netfilter
