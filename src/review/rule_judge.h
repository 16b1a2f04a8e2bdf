// RuleJudge: what becomes of each member of one rule, by asking the policy compiler about that rule
// alone, so that each effect has its place.
//
// What only shows in a whole policy is not seen here: limits over all rules, and which client has
// the group. Covered by
// src/cli/check_test.cc and policy_show_test.cc.
#pragma once

#include <string>
#include <vector>

#include "base/time.h"
#include "policy/findings.h"
#include "policy/policy_input.h"
#include "policy/public_suffixes.h"

namespace dn::review {

struct JudgedMember {
  std::string proto;   // "tls", "ssh", "see-thru"; empty where the annotation names none
  std::string member;  // in its compared form where it is accepted; the date of a see-thru
  policy::Finding::Outcome outcome = policy::Finding::Outcome::Accepted;
  std::string reason;  // what is wrong and what to write instead; empty where nothing is
};

// Borrows all its arguments.
class RuleJudge {
 public:
  // Of the input it takes the preferences and the external lists.
  RuleJudge(const policy::PolicyInput& input, const policy::PublicSuffixes& suffixes, Date today)
      : input_(input),
        suffixes_(suffixes),
        today_(today) {}

  // Nothing for a description that has nothing to do with us; a warning for one that was probably
  // meant to be an annotation.
  std::vector<JudgedMember> judge(const policy::SecurityGroup& group,
                                  const policy::EgressRule& rule) const;
  // The see-thru of the preferences; nothing where there is none.
  std::vector<JudgedMember> judge_default_see_thru() const;

 private:
  const policy::PolicyInput& input_;
  const policy::PublicSuffixes& suffixes_;
  Date today_;
};

// "all", "443", "8000-8100". A see-thru ignores the ports of its rule.
std::string ports_of(const policy::EgressRule& rule, const JudgedMember& member);

}  // namespace dn::review
