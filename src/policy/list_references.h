// Which external lists the rules of some groups name, so that a source knows what to read.
//
// An ARN that is no member (member.h) is left out: the compiler says what is wrong with it. Pure.
// Covered by list_references_test.cc.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "policy/policy_input.h"

namespace dn::policy {

// ARNs as they are written, the keys of PolicyInput::lists; sorted, unique.
std::vector<std::string> list_references(std::span<const SecurityGroup> groups);

}  // namespace dn::policy
