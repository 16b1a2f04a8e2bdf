// Firewall: puts the gateway's rules into the kernel, checks them there, takes them away.
//
// Theory of operation. install() goes in this order, and each step keeps the gate closed:
//   1. both tables, replaced in one transaction (allowed connections match the first rule of the
//      old and of the new one and notice nothing);
//   2. the xt queue rule, where the kernel has no nft queue: until it stands, packets that are
//      headed for the queue are dropped behind its place;
//   3. the sysctls;
//   4. the queue rule is read back from the kernel in both tables;
//   5. only now, forwarding.
// Whatever fails, forwarding is switched off before the error is returned. The rules stay when the
// daemon ends: that is what "fails closed" and "established connections live on" rest on.
//
// Works on the network namespace of the calling thread. Needs CAP_NET_ADMIN and, for the sysctls,
// root's file permissions: call before privileges are dropped. verify() and read_counters() need
// only CAP_NET_ADMIN. Covered by tests/netfilter/gate_test.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "netfilter/ruleset.h"
#include "netfilter/sysctls.h"

namespace dn::netfilter {

struct InstallReport {
  QueueForm form = QueueForm::Native;
  std::vector<SysctlChange> sysctls;  // what stood there before
};

struct FirewallCounter {
  std::string name;  // as in the ruleset, "ip6." before those of the ip6 table
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
};

// With the queue rule in this form, or in the one that the kernel probe prefers.
Result<InstallReport> install(const RulesetSettings& settings,
                              std::optional<QueueForm> form = std::nullopt);

// The queue rule stands in both tables, with these numbers and without bypass.
Result<void> verify(const RulesetSettings& settings);

// Forwarding off, then both tables away. Not an error when they are not there.
Result<void> remove();

Result<std::vector<FirewallCounter>> read_counters();

}  // namespace dn::netfilter
