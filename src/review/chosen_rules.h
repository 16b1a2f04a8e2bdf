// Rules for names that a person chose: checked, then written as annotations, Terraform and entries
// of a policy file.
//
// A member is what an annotation may hold, but no list: an exact name, a pattern (tls only) or an
// IPv4 address. The policy's own parser judges it, and the preference wildcard_exposure how far a
// pattern may reach, so that no rule is written that the gateway would reject. The first thing that
// is wrong is the error, and says what to write instead. Pure. Covered by chosen_rules_test.cc.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "policy/policy_input.h"
#include "policy/public_suffixes.h"
#include "review/rule_writing.h"

namespace dn::review {

inline constexpr std::size_t kChosenNamesMax = 10'000;  // beyond: an error

// As it was asked for.
struct ChosenName {
  std::string proto;
  std::int64_t port = 443;
  std::string dhost;
};

// In their compared form, in the order given; as write_rules() takes them.
Result<std::vector<NameOnPort>> check_chosen_names(const std::vector<ChosenName>& names,
                                                   policy::WildcardExposure exposure,
                                                   const policy::PublicSuffixes& suffixes);

// One object: the rules, the same as Terraform and as entries of a policy file, and notes. `into`:
// the group that the rules are for.
void print_chosen_rules_json(const WrittenRules& written, std::string_view into, std::ostream& out);

// The policy with these rules in the group `gid` in addition, and without the group's see-thru.
// "%default" is the see-thru of the preferences: without it, and with the rules for each client. An
// error where the policy has no such group.
Result<policy::PolicyInput> make_candidate(policy::PolicyInput input, const std::string& gid,
                                           const WrittenRules& written);

}  // namespace dn::review
