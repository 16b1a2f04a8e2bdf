// The gateway as a function: what `discriminat run` does.
#pragma once

#include <string>

namespace dn::daemon {

struct RunOptions {
  std::string config_file;
  bool flush_on_exit = false;  // take the firewall rules away when the program ends
};

// Runs until a signal ends it; the exit code of the program.
int run_gateway(const RunOptions& options);

}  // namespace dn::daemon
