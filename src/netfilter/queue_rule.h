// Queue rule: the rule that hands packets to the daemon, appended and read back over netlink.
//
// Kernels without nft's queue expression may still have the xt NFQUEUE target, which nft scripts
// cannot express. append_xt_queue_rules() writes, at the end of before_verdict in both tables,
//
//   meta mark & 0x10 == 0x10 counter xt target "NFQUEUE"      (revision 3, balanced, no bypass)
//
// in one batch, so both stand or none. find_queue_rules() reads either form back: what stands in
// the kernel counts, not what was sent. Covered by queue_rule_test.cc and tests/netfilter.
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "netfilter/netlink.h"
#include "netfilter/ruleset.h"

namespace dn::netfilter {

enum class IpFamily : std::uint8_t { Ip = 2, Ip6 = 10 };  // NFPROTO_IPV4, NFPROTO_IPV6

struct QueueRule {
  QueueForm form = QueueForm::Native;
  std::uint16_t queue_base = 0;
  std::uint16_t queues = 0;
  bool fails_open = false;  // the bypass flag: must never be set
};

// The batch as it is sent; a function of its own for tests.
MessageBuffer build_xt_queue_rules(std::uint16_t queue_base, std::uint16_t queues);
Result<void> append_xt_queue_rules(std::uint16_t queue_base, std::uint16_t queues);

// Queue rules found in one rule's attributes or, by dump, at their place in a table.
std::vector<QueueRule> parse_queue_rules(ByteSpan rule_attributes);
Result<std::vector<QueueRule>> find_queue_rules(IpFamily family);

}  // namespace dn::netfilter
