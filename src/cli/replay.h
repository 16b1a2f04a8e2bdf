// `discriminat replay`: which logged connections another policy would judge otherwise.
//
// Reads the client lines of the flow log; review/replay.h judges and counts them. Covered by
// replay_test.cc.
#pragma once

#include "cli/arguments.h"
#include "cli/world.h"

namespace dn::cli {

// The exit code (exit_codes.h).
int run_replay(const ReplayArguments& arguments, World& world);

}  // namespace dn::cli
