// `discriminat logs`: lines of the flow log or the config log, once or as they come.
//
// On a terminal a table (log_table.h), else JSON Lines: each message as it was written, and one
// that is no printable JSON object on one line in the store's envelope (store/log_catalog.h), so
// that the output is always JSON Lines. --follow asks every second, looking back a little so that
// late lines are not missed, and shows no event twice. Covered by logs_test.cc.
#pragma once

#include "cli/arguments.h"
#include "cli/world.h"

namespace dn::cli {

// The exit code (exit_codes.h).
int run_logs(const LogsArguments& arguments, World& world);

}  // namespace dn::cli
