// `discriminat status`: what the running gateway says about itself.
//
// The gateway writes state_dir/status.json every few seconds. Its content is shown as it is, so
// that a new number needs no change here; only its age is judged. Covered by status_test.cc.
#pragma once

#include "cli/arguments.h"
#include "cli/world.h"

namespace dn::cli {

// Prints to `world.out`; the exit code (exit_codes.h).
int run_status(const StatusArguments& arguments, World& world);

}  // namespace dn::cli
