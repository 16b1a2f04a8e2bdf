// See queue_rule.h.
#include "netfilter/queue_rule.h"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/xt_NFQUEUE.h>

#include <cstring>
#include <span>
#include <string>

#include "engine/mark.h"

namespace dn::netfilter {
namespace {

constexpr std::string_view kTargetName = "NFQUEUE";
constexpr std::uint32_t kTargetRevision = 3;
constexpr std::size_t kTargetInfoBytes = 8;  // xt_NFQ_info_v3 up to the xt alignment

void put_u32(nlmsghdr* message, std::uint16_t type, std::uint32_t value) {
  mnl_attr_put_u32(message, type, __builtin_bswap32(value));
}

void put_text(nlmsghdr* message, std::uint16_t type, std::string_view text) {
  mnl_attr_put_strz(message, type, std::string(text).c_str());
}

// Values that expressions compare are register contents: marks are in host order there.
void put_register(nlmsghdr* message, std::uint16_t type, std::uint32_t value) {
  nlattr* nest = mnl_attr_nest_start(message, type);
  mnl_attr_put(message, NFTA_DATA_VALUE, sizeof value, &value);
  mnl_attr_nest_end(message, nest);
}

// Opens a list element with the expression's name and its data; close both with end_expression().
struct Expression {
  nlattr* element;
  nlattr* body;
};

Expression begin_expression(nlmsghdr* message, std::string_view name) {
  nlattr* element = mnl_attr_nest_start(message, NFTA_LIST_ELEM);
  put_text(message, NFTA_EXPR_NAME, name);
  return {element, mnl_attr_nest_start(message, NFTA_EXPR_DATA)};
}

void end_expression(nlmsghdr* message, const Expression& expression) {
  mnl_attr_nest_end(message, expression.body);
  mnl_attr_nest_end(message, expression.element);
}

void put_queued_flag_match(nlmsghdr* message) {
  const Expression meta = begin_expression(message, "meta");
  put_u32(message, NFTA_META_KEY, NFT_META_MARK);
  put_u32(message, NFTA_META_DREG, NFT_REG_1);
  end_expression(message, meta);

  const Expression bitwise = begin_expression(message, "bitwise");
  put_u32(message, NFTA_BITWISE_SREG, NFT_REG_1);
  put_u32(message, NFTA_BITWISE_DREG, NFT_REG_1);
  put_u32(message, NFTA_BITWISE_LEN, sizeof(std::uint32_t));
  put_register(message, NFTA_BITWISE_MASK, engine::kQueuedFlag);
  put_register(message, NFTA_BITWISE_XOR, 0);
  end_expression(message, bitwise);

  const Expression compare = begin_expression(message, "cmp");
  put_u32(message, NFTA_CMP_SREG, NFT_REG_1);
  put_u32(message, NFTA_CMP_OP, NFT_CMP_EQ);
  put_register(message, NFTA_CMP_DATA, engine::kQueuedFlag);
  end_expression(message, compare);
}

void put_rule(MessageBuffer& batch, IpFamily family, std::uint16_t queue_base,
              std::uint16_t queues) {
  nlmsghdr* message =
      batch.begin(message_type(NFNL_SUBSYS_NFTABLES, NFT_MSG_NEWRULE),
                  NLM_F_CREATE | NLM_F_APPEND | NLM_F_ACK, static_cast<std::uint8_t>(family));
  put_text(message, NFTA_RULE_TABLE, kTable);
  put_text(message, NFTA_RULE_CHAIN, kQueueChain);
  nlattr* list = mnl_attr_nest_start(message, NFTA_RULE_EXPRESSIONS);
  put_queued_flag_match(message);
  end_expression(message, begin_expression(message, "counter"));

  std::array<std::uint8_t, kTargetInfoBytes> info{};
  const xt_NFQ_info_v3 numbers{.queuenum = queue_base, .queues_total = queues, .flags = 0};
  static_assert(sizeof numbers <= kTargetInfoBytes);
  std::memcpy(info.data(), &numbers, sizeof numbers);
  const Expression target = begin_expression(message, "target");
  put_text(message, NFTA_TARGET_NAME, kTargetName);
  put_u32(message, NFTA_TARGET_REV, kTargetRevision);
  mnl_attr_put(message, NFTA_TARGET_INFO, info.size(), info.data());
  end_expression(message, target);
  mnl_attr_nest_end(message, list);
}

// `data` is the content of NFTA_EXPR_DATA of a native queue expression.
QueueRule parse_native(ByteSpan data) {
  QueueRule rule{.form = QueueForm::Native, .queues = 1};
  AttributeReader reader(data);
  for (Attribute attribute; reader.next(attribute);) {
    if (attribute.type == NFTA_QUEUE_NUM) rule.queue_base = attribute.u16();
    if (attribute.type == NFTA_QUEUE_TOTAL) rule.queues = attribute.u16();
    if (attribute.type == NFTA_QUEUE_FLAGS) {
      rule.fails_open = (attribute.u16() & NFT_QUEUE_FLAG_BYPASS) != 0;
    }
  }
  return rule;
}

// Adds a rule when the target is NFQUEUE; another revision than ours counts as failing open,
// because its flags were not read.
void parse_target(ByteSpan data, std::vector<QueueRule>& rules) {
  std::string_view name;
  ByteSpan info;
  std::uint32_t revision = 0;
  AttributeReader reader(data);
  for (Attribute attribute; reader.next(attribute);) {
    if (attribute.type == NFTA_TARGET_NAME) name = attribute.text();
    if (attribute.type == NFTA_TARGET_REV) revision = attribute.u32();
    if (attribute.type == NFTA_TARGET_INFO) info = attribute.payload;
  }
  if (name != kTargetName) return;
  xt_NFQ_info_v3 numbers{};
  const bool known = revision == kTargetRevision && info.size() >= sizeof numbers;
  if (known) std::memcpy(&numbers, info.data(), sizeof numbers);
  rules.push_back({.form = QueueForm::Xt,
                   .queue_base = numbers.queuenum,
                   .queues = numbers.queues_total,
                   .fails_open = !known || (numbers.flags & NFQ_FLAG_BYPASS) != 0});
}

void parse_expression(ByteSpan expression, std::vector<QueueRule>& rules) {
  std::string_view name;
  ByteSpan data;
  AttributeReader reader(expression);
  for (Attribute attribute; reader.next(attribute);) {
    if (attribute.type == NFTA_EXPR_NAME) name = attribute.text();
    if (attribute.type == NFTA_EXPR_DATA) data = attribute.payload;
  }
  if (name == "queue") rules.push_back(parse_native(data));
  if (name == "target") parse_target(data, rules);
}

}  // namespace

MessageBuffer build_xt_queue_rules(std::uint16_t queue_base, std::uint16_t queues) {
  MessageBuffer batch;
  batch.begin(NFNL_MSG_BATCH_BEGIN, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
  put_rule(batch, IpFamily::Ip, queue_base, queues);
  put_rule(batch, IpFamily::Ip6, queue_base, queues);
  batch.begin(NFNL_MSG_BATCH_END, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
  return batch;
}

Result<void> append_xt_queue_rules(std::uint16_t queue_base, std::uint16_t queues) {
  auto socket = NetlinkSocket::open();
  if (!socket) return tl::unexpected(socket.error());
  const MessageBuffer batch = build_xt_queue_rules(queue_base, queues);
  if (const int error = socket->exchange(batch.bytes(), 2); error != 0) {
    return fail(std::string("appending the NFQUEUE rule: ") + std::strerror(error));
  }
  return {};
}

std::vector<QueueRule> parse_queue_rules(ByteSpan rule_attributes) {
  std::vector<QueueRule> rules;
  AttributeReader rule(rule_attributes);
  for (Attribute part; rule.next(part);) {
    if (part.type != NFTA_RULE_EXPRESSIONS) continue;
    AttributeReader expressions(part.payload);
    for (Attribute expression; expressions.next(expression);) {
      parse_expression(expression.payload, rules);
    }
  }
  return rules;
}

Result<std::vector<QueueRule>> find_queue_rules(IpFamily family) {
  auto socket = NetlinkSocket::open();
  if (!socket) return tl::unexpected(socket.error());
  MessageBuffer request;
  nlmsghdr* message = request.begin(message_type(NFNL_SUBSYS_NFTABLES, NFT_MSG_GETRULE), NLM_F_DUMP,
                                    static_cast<std::uint8_t>(family));
  put_text(message, NFTA_RULE_TABLE, kTable);
  put_text(message, NFTA_RULE_CHAIN, kQueueChain);
  std::vector<QueueRule> found;
  const int error = socket->dump(request.bytes(), [&](std::uint16_t, ByteSpan attributes) {
    for (const QueueRule& rule : parse_queue_rules(attributes)) found.push_back(rule);
  });
  if (error != 0) return fail(std::string("reading the queue rule: ") + std::strerror(error));
  return found;
}

}  // namespace dn::netfilter
