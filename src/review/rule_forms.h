// Written rules in the forms that tools take: Terraform, entries of a policy file, JSON.
//
// Names, patterns and addresses of a rule are members as the policy's parser gives them back, so
// they hold no quotes; the group's id may be any text, and is escaped. Covered by
// rule_forms_test.cc.
#pragma once

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "review/rule_writing.h"

namespace dn::review {

// What to know about the rules, a sentence each.
std::vector<std::string> notes_of(const WrittenRules& written);

// A quoted string of HCL.
std::string hcl_text(std::string_view text);

// A resource for each rule, with an empty line in front. `into`: the group's id.
void print_rules_terraform(const WrittenRules& written, std::string_view into, std::ostream& out);
// [[group.egress]] entries, to be put below their [[group]].
void print_rules_policy_file(const WrittenRules& written, std::ostream& out);
// The elements of a JSON list, each on a line.
void print_rules_json(const WrittenRules& written, std::ostream& out);

}  // namespace dn::review
