// From what is known about certificates to rules, and from rules to whose certificates to read.
//
// A revocation list belongs to the groups with a tls rule for the name whose certificates name it,
// on the port where they were presented; names that only a pattern covers have none. Groups that no
// client has are left out. Both results are bounded: kCrlRulesMax, kTlsHostsMax, and
// kTlsPortsPerNameMax ports of one name. Part of the compiler; covered by crl_rules_test.cc.
#pragma once

#include <cstddef>
#include <vector>

#include "policy/crl_index.h"
#include "policy/policy_input.h"
#include "policy/policy_snapshot.h"
#include "policy/rule_index.h"

namespace dn::policy {

inline constexpr std::size_t kTlsHostsMax = 65'536;  // beyond: their certificates are not read
inline constexpr std::size_t kTlsPortsPerNameMax = 4;

template <class Value>
struct Bounded {
  std::vector<Value> values;
  std::size_t left_out = 0;
};

// `used`: by group, whether some client has it.
Bounded<CrlRule> select_crl_rules(const std::vector<HostCrls>& hosts, const RuleIndex& rules,
                                  const std::vector<bool>& used);

// The exact names of tls rules with a port each: 443 where a rule covers it, else its first one.
Bounded<TlsHost> select_tls_hosts(const RuleIndex& rules, const std::vector<bool>& used);

}  // namespace dn::policy
