// PolicyView: a policy as it is in force, by client and by group, for `policy show`.
//
// Members are not part of it: rule_judge.h gives them rule by rule, so that a policy with millions
// of names is printed without holding their findings. Covered by
// src/cli/policy_show_test.cc.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/time.h"
#include "policy/policy_input.h"
#include "policy/public_suffixes.h"

namespace dn::review {

// The see-thru that counts for a client: the latest date among its groups and the preferences.
struct SeeThruView {
  Date until;              // inclusive, UTC
  std::string gid;         // "%default": the preferences
  int days_remaining = 0;  // 0 on the last day and ever after, as in the flow log
  bool in_force = false;   // the date is not past
};

// Clients with the same groups. Pointers go into the policy input.
struct ClientsView {
  std::vector<const policy::ClientBinding*> clients;  // by address; at least one
  std::vector<std::string> gids;                      // sorted, unique
  std::optional<SeeThruView> see_thru;
};

struct PolicyView {
  std::vector<ClientsView> clients;                  // by the first address
  std::vector<const policy::SecurityGroup*> groups;  // of these clients, by gid
  std::vector<std::string> unused_gids;              // groups that no client at all has
  std::optional<SeeThruView> strangers;              // of addresses that are no client
};

// Of one address: the client that it is (longest prefix), or none. The view borrows the input.
PolicyView view_policy(const policy::PolicyInput& input, const policy::PublicSuffixes& suffixes,
                       Date today, std::optional<Ipv4Address> client);

// Whether the rule carries a see-thru annotation, whatever its date.
bool is_see_thru(const policy::EgressRule& rule);

// "10.0.1.10", "10.0.2.0/24"
std::string name_of(const policy::ClientBinding& client);

// What the compiler says of no rule: of limits, and of clients with groups that nobody knows.
// Sorted. Compiles the whole policy.
std::vector<std::string> policy_problems(const policy::PolicyInput& input,
                                         const policy::PublicSuffixes& suffixes, Date today);

}  // namespace dn::review
