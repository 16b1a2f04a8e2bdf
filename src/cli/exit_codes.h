// Exit codes of every command, declared once: --help and docs/cli.md are made from this table.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "daemon/gateway.h"

namespace dn::cli {

inline constexpr int kExitGood = 0;
inline constexpr int kExitNo = 1;          // the answer is no: mistakes found, connection refused
inline constexpr int kExitCannot = 2;      // no answer: bad usage, unreadable or unknown input
inline constexpr int kExitNotRunning = 3;  // status: no gateway runs

struct ExitCodeRow {
  std::string_view command;
  int code;
  std::string_view meaning;
};

inline constexpr std::array kExitCodes = {
    ExitCodeRow{"run", daemon::kExitStopped, "ended by SIGTERM or SIGINT"},
    ExitCodeRow{"run", daemon::kExitBadConfig, "bad usage; the file is unreadable or has errors"},
    ExitCodeRow{"run", daemon::kExitSetUpFailed,
                "could not start: the kernel, a permission or a port said no"},
    ExitCodeRow{"check", kExitGood, "no mistakes (with --strict: no warnings either)"},
    ExitCodeRow{"check", kExitNo, "mistakes: rejected members, or errors of the file"},
    ExitCodeRow{"check", kExitCannot, "bad usage; the file is unreadable or of no known kind"},
    ExitCodeRow{"explain", kExitGood, "policy allows the connection"},
    ExitCodeRow{"explain", kExitNo, "policy refuses the connection"},
    ExitCodeRow{"explain", kExitCannot, "bad usage; the file is unreadable or has errors"},
    ExitCodeRow{"status", kExitGood, "the gateway runs"},
    ExitCodeRow{"status", kExitCannot, "bad usage; the configuration or the status is unreadable"},
    ExitCodeRow{"status", kExitNotRunning, "no gateway runs: no status, or none for 15 seconds"},
    ExitCodeRow{"inspect", kExitGood, "every capture was read"},
    ExitCodeRow{"inspect", kExitCannot, "bad usage; a capture is unreadable"},
    ExitCodeRow{"serve", kExitGood, "ended by SIGTERM or SIGINT"},
    ExitCodeRow{"serve", kExitCannot, "bad usage"},
    ExitCodeRow{"serve", daemon::kExitSetUpFailed,
                "could not start: the directory, a file, a permission or the port said no"},
};

// "Exit codes:\n  0  …\n" of one command.
std::string format_exit_codes(std::string_view command);

}  // namespace dn::cli
