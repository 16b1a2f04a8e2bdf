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
inline constexpr int kExitInterrupted = 130;  // Ctrl-C ended it, as shells say it

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
    ExitCodeRow{"policy show", kExitGood, "the policy was printed"},
    ExitCodeRow{"policy show", kExitNo, "--client: the address is no client"},
    ExitCodeRow{"policy show", kExitCannot,
                "bad usage; the file is unreadable or has errors; the cloud cannot be read"},
    ExitCodeRow{"policy show", kExitInterrupted, "ended by Ctrl-C; nothing was printed"},
    ExitCodeRow{"policy watch", kExitGood, "ended by Ctrl-C"},
    ExitCodeRow{"policy watch", kExitCannot, "bad usage; the logs cannot be read"},
    ExitCodeRow{"status", kExitGood, "the gateway runs"},
    ExitCodeRow{"status", kExitCannot, "bad usage; the configuration or the status is unreadable"},
    ExitCodeRow{"status", kExitNotRunning, "no gateway runs: no status, or none for 15 seconds"},
    ExitCodeRow{"inspect", kExitGood, "every capture was read"},
    ExitCodeRow{"inspect", kExitCannot, "bad usage; a capture is unreadable"},
    ExitCodeRow{"serve", kExitGood, "ended by SIGTERM or SIGINT"},
    ExitCodeRow{"serve", kExitCannot, "bad usage"},
    ExitCodeRow{"serve", daemon::kExitSetUpFailed,
                "could not start: the directory, a file, a permission or the port said no"},
    ExitCodeRow{"logs", kExitGood, "all lines were printed, or --follow was ended by Ctrl-C"},
    ExitCodeRow{"logs", kExitCannot, "bad usage; the logs cannot be read"},
    ExitCodeRow{"logs", kExitInterrupted, "ended by Ctrl-C before all lines were printed"},
    ExitCodeRow{"query", kExitGood, "the query is complete, also when it has no rows"},
    ExitCodeRow{"query", kExitCannot, "bad usage; a malformed query; the query or the logs failed"},
    ExitCodeRow{"query", kExitInterrupted, "stopped by Ctrl-C"},
    ExitCodeRow{"allowlist", kExitGood, "the rules were printed, also when there are none"},
    ExitCodeRow{"allowlist", kExitCannot, "bad usage; the policy or the logs cannot be read"},
    ExitCodeRow{"allowlist", kExitInterrupted, "ended by Ctrl-C; nothing was printed"},
    ExitCodeRow{"replay", kExitGood, "nothing that was allowed would be refused"},
    ExitCodeRow{"replay", kExitNo, "something that was allowed would be refused"},
    ExitCodeRow{"replay", kExitCannot, "bad usage; the policy or the logs cannot be read"},
    ExitCodeRow{"replay", kExitInterrupted, "ended by Ctrl-C; nothing was printed"},
    ExitCodeRow{"import", kExitGood, "every event is in the store"},
    ExitCodeRow{"import", kExitNo, "some input was rejected; everything else is in the store"},
    ExitCodeRow{"import", kExitCannot,
                "bad usage; the input or the store failed; what was counted is in the store"},
    ExitCodeRow{"import", kExitInterrupted, "ended by Ctrl-C; what was counted is in the store"},
};

// "Exit codes:\n  0  …\n" of one command.
std::string format_exit_codes(std::string_view command);

}  // namespace dn::cli
