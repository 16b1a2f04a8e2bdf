// RuleUsage: when which rule was used last, by the rules of today.
//
// Fed with rows of allowed client lines that a query has counted already: client, protocol, port,
// destination. Each row belongs to the rule that the gateway would name for it now: one for the
// address before one for the name, as the engine judges. What no rule covers is counted: rules that
// are gone, see-thru, revocation lists. Holds at most one entry for each row. Pure. Covered by
// rule_usage_test.cc.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <string_view>
#include <utility>

#include "base/address.h"
#include "base/protocol.h"
#include "policy/policy_snapshot.h"

namespace dn::review {

// Connections of one client to one destination.
struct UsedFlow {
  Ipv4Address client;
  Protocol protocol = Protocol::Tls;
  Port port = 443;
  std::string_view dhost;                  // a name or an address, as the flow log has it
  std::optional<Ipv4Address> destination;  // where the rows tell addresses apart
  std::uint64_t connections = 0;
  std::int64_t last = 0;  // milliseconds since 1970
};

class RuleUsage {
 public:
  struct Rule {
    std::string_view gid, addr;  // as long as the policy
    Protocol protocol = Protocol::Tls;
    auto operator<=>(const Rule&) const = default;
  };
  struct Use {
    std::uint64_t connections = 0;
    std::int64_t last = 0;
  };

  // Shares the policy.
  explicit RuleUsage(std::shared_ptr<const policy::PolicySnapshot> policy)
      : policy_(std::move(policy)) {}

  void add(const UsedFlow& flow);

  const std::map<Rule, Use>& rules() const { return rules_; }
  std::uint64_t connections() const { return connections_; }
  std::uint64_t unmatched() const { return unmatched_; }  // of these

 private:
  std::optional<policy::RuleRef> find_rule(const UsedFlow& flow) const;

  std::shared_ptr<const policy::PolicySnapshot> policy_;
  std::map<Rule, Use> rules_;
  std::uint64_t connections_ = 0, unmatched_ = 0;
};

// One object, with a line for each rule.
void print_rule_usage_json(const RuleUsage& usage, std::ostream& out);

}  // namespace dn::review
