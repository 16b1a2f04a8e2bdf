// The policy that there is already, as `discriminat allowlist --config` reads it.
//
// Two questions: which names need no new rule, and which destinations the
// rules of the group have already, so that no new one is a duplicate. Covered by
// allowlist_policy_test.cc.
#pragma once

#include <memory>
#include <string>

#include "cli/allowlist_picture.h"
#include "cli/input.h"
#include "cli/rule_writing.h"
#include "policy/policy_snapshot.h"
#include "policy/public_suffixes.h"

namespace dn::cli {

class AllowlistPolicy {
 public:
  // `into` is the group that new rules are for.
  AllowlistPolicy(const Document& document, const std::string& into,
                  const policy::PublicSuffixes& suffixes, Date today);

  // Whether `into` names it already, or each client that was seen has another group that does.
  bool names(const SeenDestination& seen) const;
  // Of the TCP rules of `into` for one port; of AWS documents only, no other has destinations.
  const UsedDestinations& used() const { return used_; }

 private:
  std::shared_ptr<const policy::PolicySnapshot> by_client_;  // null: a document without clients
  std::shared_ptr<const policy::PolicySnapshot> by_group_;
  UsedDestinations used_;
};

}  // namespace dn::cli
