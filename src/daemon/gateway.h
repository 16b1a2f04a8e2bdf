// The gateway as a function: what `discriminat run` does.
#pragma once

#include <string>

namespace dn::daemon {

struct RunOptions {
  std::string config_file;
  bool flush_on_exit = false;  // take the firewall rules away when the program ends
};

// Exit codes of `discriminat run`, as documented in docs/cli.md.
inline constexpr int kExitStopped = 0;      // by SIGTERM or SIGINT
inline constexpr int kExitBadConfig = 2;    // the file cannot be read or has mistakes
inline constexpr int kExitSetUpFailed = 4;  // the kernel, a permission or a port said no

// Runs until a signal ends it; the exit code of the program.
int run_gateway(const RunOptions& options);

}  // namespace dn::daemon
