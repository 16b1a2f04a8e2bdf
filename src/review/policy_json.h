// The JSON form of a policy as it is in force, as `policy show --json` prints it.
//
// Members are judged rule by rule while they are printed (rule_judge.h). Covered by
// policy_json_test.cc and src/cli/policy_show_test.cc.
#pragma once

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "policy/policy_input.h"
#include "review/policy_view.h"
#include "review/rule_judge.h"

namespace dn::review {

// Borrows what it refers to.
struct ShownPolicy {
  std::string_view source;  // "file" or "aws"
  std::string file;         // empty: none
  const policy::PolicyInput& input;
  const PolicyView& view;
  const RuleJudge& judge;
  std::vector<std::string> problems;  // of the source and of the view
  Date today;
};

// One object. `more`: further members of it as text, each with a comma in front.
void print_policy_json(const ShownPolicy& shown, std::ostream& out, std::string_view more = {});

}  // namespace dn::review
