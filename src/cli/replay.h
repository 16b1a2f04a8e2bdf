// `discriminat replay`: which logged connections another policy would judge otherwise.
//
// Reads the client lines of the flow log, asks the candidate policy again (replay_judge.h, which
// says what is assumed), and lists what changes, grouped by the client's groups, destination and
// outcome. Memory is bounded by kRowsMax kinds of change; further ones are counted, and count for
// the exit code. Covered by replay_test.cc.
#pragma once

#include "cli/arguments.h"
#include "cli/world.h"

namespace dn::cli {

// The exit code (exit_codes.h).
int run_replay(const ReplayArguments& arguments, World& world);

}  // namespace dn::cli
