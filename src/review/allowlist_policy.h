// The policy that there is already, for the allowlist.
//
// Two questions: which names need no new rule, and which destinations the
// rules of the group have already, so that no new one is a duplicate. Covered by
// allowlist_policy_test.cc.
#pragma once

#include <memory>
#include <string>

#include "policy/policy_input.h"
#include "policy/policy_snapshot.h"
#include "policy/public_suffixes.h"
#include "review/allowlist_picture.h"
#include "review/rule_writing.h"

namespace dn::review {

class AllowlistPolicy {
 public:
  // `into` is the group that new rules are for, and `used` are the destinations of its TCP rules
  // for one port. `by_client` is the whole policy; null where clients are not known. Of `input`
  // counts what concerns `into`.
  AllowlistPolicy(std::shared_ptr<const policy::PolicySnapshot> by_client,
                  const policy::PolicyInput& input, const std::string& into, UsedDestinations used,
                  const policy::PublicSuffixes& suffixes, Date today);

  // Whether `into` names it already, or each client that was seen has another group that does.
  bool names(const SeenDestination& seen) const;
  const UsedDestinations& used() const { return used_; }

 private:
  std::shared_ptr<const policy::PolicySnapshot> by_client_;  // may be null
  std::shared_ptr<const policy::PolicySnapshot> by_group_;
  UsedDestinations used_;
};

}  // namespace dn::review
