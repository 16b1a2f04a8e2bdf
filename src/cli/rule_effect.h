// What became of a member of a rule, in the words and colours of the tables for people. Covered by
// check_test.cc and policy_show_test.cc.
#pragma once

#include <string>

#include "cli/text_table.h"
#include "policy/findings.h"
#include "review/rule_judge.h"

namespace dn::cli {

// "allowed", or what is wrong; and the colour that goes with it.
std::string effect_of(const review::JudgedMember& member);
Colour colour_of(policy::Finding::Outcome outcome);

}  // namespace dn::cli
