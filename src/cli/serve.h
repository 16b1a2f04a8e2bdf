// `discriminat serve`: the log endpoint without a gateway, over any directory of logs.
//
// Ends by SIGTERM or SIGINT, which it blocks in the calling thread. Covered by serve_test.cc and
// tests/aws/endpoint_against_clients.py.
#pragma once

#include "cli/arguments.h"
#include "cli/world.h"

namespace dn::cli {

// Says to `world.err` where it listens; the exit code (exit_codes.h).
int run_serve(const ServeArguments& arguments, World& world);

}  // namespace dn::cli
