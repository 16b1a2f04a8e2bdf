// The program: takes the command line apart and calls the command.
#pragma once

#include <string>
#include <vector>

#include "cli/world.h"

namespace dn::cli {

// What main() returns: with the real streams, clock and terminal.
int run_cli(int argc, char** argv);

// The same in a world that a test gives. `run`, `inspect` and `serve` use the real one all the
// same.
int run_cli_in(const std::vector<std::string>& arguments, World& world);

}  // namespace dn::cli
