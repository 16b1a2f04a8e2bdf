// Tests of queue_rule.h: our own batch, read back, and rules in other forms.
#include "netfilter/queue_rule.h"

#include <gtest/gtest.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/xt_NFQUEUE.h>

#include <cstring>

namespace dn::netfilter {
namespace {

// The attributes of the messages of a batch, its begin and end included.
std::vector<ByteSpan> bodies(ByteSpan batch) {
  std::vector<ByteSpan> list;
  while (batch.size() >= sizeof(nlmsghdr)) {
    nlmsghdr header{};
    std::memcpy(&header, batch.data(), sizeof header);
    list.push_back(batch.first(header.nlmsg_len).subspan(sizeof header + sizeof(nfgenmsg)));
    batch = batch.subspan((header.nlmsg_len + 3U) & ~3U);
  }
  return list;
}

struct OneExpression {
  const char* name;
  const char* target = nullptr;  // xt only
  std::uint32_t revision = 3;
  std::uint16_t flags = 0;
  bool with_info = true;
};

std::vector<QueueRule> parse(const OneExpression& want) {
  MessageBuffer buffer;
  nlmsghdr* message = buffer.begin(0, 0, AF_INET);
  nlattr* list = mnl_attr_nest_start(message, NFTA_RULE_EXPRESSIONS);
  nlattr* element = mnl_attr_nest_start(message, NFTA_LIST_ELEM);
  mnl_attr_put_strz(message, NFTA_EXPR_NAME, want.name);
  nlattr* data = mnl_attr_nest_start(message, NFTA_EXPR_DATA);
  if (want.target == nullptr) {
    mnl_attr_put_u16(message, NFTA_QUEUE_NUM, __builtin_bswap16(1040));
    mnl_attr_put_u16(message, NFTA_QUEUE_TOTAL, __builtin_bswap16(4));
    mnl_attr_put_u16(message, NFTA_QUEUE_FLAGS, __builtin_bswap16(want.flags));
  } else {
    const xt_NFQ_info_v3 info{.queuenum = 1040, .queues_total = 4, .flags = want.flags};
    mnl_attr_put_strz(message, NFTA_TARGET_NAME, want.target);
    mnl_attr_put_u32(message, NFTA_TARGET_REV, __builtin_bswap32(want.revision));
    if (want.with_info) mnl_attr_put(message, NFTA_TARGET_INFO, sizeof info, &info);
  }
  mnl_attr_nest_end(message, data);
  mnl_attr_nest_end(message, element);
  mnl_attr_nest_end(message, list);
  return parse_queue_rules(bodies(buffer.bytes()).front());
}

TEST(QueueRule, BatchHoldsOneXtRulePerTable) {
  const MessageBuffer batch = build_xt_queue_rules(1040, 4);
  const auto messages = bodies(batch.bytes());
  ASSERT_EQ(messages.size(), 4U) << "begin, ip, ip6, end";
  for (const std::size_t at : {1U, 2U}) {
    const auto rules = parse_queue_rules(messages[at]);
    ASSERT_EQ(rules.size(), 1U);
    EXPECT_EQ(rules[0].form, QueueForm::Xt);
    EXPECT_EQ(rules[0].queue_base, 1040);
    EXPECT_EQ(rules[0].queues, 4);
    EXPECT_FALSE(rules[0].fails_open);
  }
}

TEST(QueueRule, ReadsTheNativeForm) {
  const auto rules = parse({.name = "queue"});
  ASSERT_EQ(rules.size(), 1U);
  EXPECT_EQ(rules[0].form, QueueForm::Native);
  EXPECT_EQ(rules[0].queue_base, 1040);
  EXPECT_EQ(rules[0].queues, 4);
  EXPECT_FALSE(rules[0].fails_open);
}

TEST(QueueRule, NoticesWhatFailsOpen) {
  const OneExpression cases[] = {
      {.name = "queue", .flags = NFT_QUEUE_FLAG_BYPASS},
      {.name = "target", .target = "NFQUEUE", .flags = NFQ_FLAG_BYPASS},
      {.name = "target", .target = "NFQUEUE", .revision = 2},
      {.name = "target", .target = "NFQUEUE", .with_info = false},
  };
  for (const auto& c : cases) {
    const auto rules = parse(c);
    ASSERT_EQ(rules.size(), 1U);
    EXPECT_TRUE(rules[0].fails_open);
  }
}

TEST(QueueRule, OtherExpressionsAreNoQueue) {
  EXPECT_TRUE(parse({.name = "target", .target = "REJECT"}).empty());
  EXPECT_TRUE(parse({.name = "counter"}).empty());
  EXPECT_TRUE(parse_queue_rules({}).empty());
}

}  // namespace
}  // namespace dn::netfilter
