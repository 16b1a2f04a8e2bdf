// `discriminat allowlist`: the rules that would replace a see-thru.
//
// The allowlist is review/allowlist.h's; here the policy and the log are read. docs/allowlists.md
// is the recipe. Covered by allowlist_test.cc.
#pragma once

#include "cli/arguments.h"
#include "cli/world.h"

namespace dn::cli {

// The exit code (exit_codes.h).
int run_allowlist(const AllowlistArguments& arguments, World& world);

}  // namespace dn::cli
