// `discriminat explain`: would this connection be allowed, by which rule, and if not, what to add?
//
// The answer is review/explanation.h's; here it is printed. Covered by explain_test.cc.
#pragma once

#include "cli/arguments.h"
#include "cli/world.h"

namespace dn::cli {

// Prints to `world.out`; the exit code (exit_codes.h).
int run_explain(const ExplainArguments& arguments, World& world);

}  // namespace dn::cli
