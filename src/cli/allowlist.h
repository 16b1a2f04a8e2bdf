// `discriminat allowlist`: the rules that would replace a see-thru.
//
// Collects what only the see-thru of a group let through (allowlist_picture.h), writes rules for
// the names (rule_writing.h), lists apart what no rule can express, hints at wildcards
// (wildcard_hints.h), and says how complete the picture is. docs/allowlists.md is the recipe.
// Covered by allowlist_test.cc.
#pragma once

#include "cli/arguments.h"
#include "cli/world.h"

namespace dn::cli {

// The exit code (exit_codes.h).
int run_allowlist(const AllowlistArguments& arguments, World& world);

}  // namespace dn::cli
