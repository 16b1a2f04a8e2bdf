// Dispatch.
#include "cli/run_cli.h"

#include <chrono>
#include <iostream>
#include <variant>

#include "cli/allowlist.h"
#include "cli/arguments.h"
#include "cli/check.h"
#include "cli/exit_codes.h"
#include "cli/explain.h"
#include "cli/import.h"
#include "cli/inspect.h"
#include "cli/logs.h"
#include "cli/policy_show.h"
#include "cli/query.h"
#include "cli/replay.h"
#include "cli/serve.h"
#include "cli/status.h"
#include "cli/terminal.h"
#include "daemon/gateway.h"

namespace dn::cli {
namespace {

// One call per kind of command.
struct Dispatch {
  World& world;
  int operator()(const RunArguments& arguments) const {
    return daemon::run_gateway(
        {.config_file = arguments.config, .flush_on_exit = arguments.flush_on_exit});
  }
  int operator()(const CheckArguments& arguments) const { return run_check(arguments, world); }
  int operator()(const ExplainArguments& arguments) const { return run_explain(arguments, world); }
  int operator()(const PolicyShowArguments& arguments) const {
    return run_policy_show(arguments, world);
  }
  int operator()(const StatusArguments& arguments) const { return run_status(arguments, world); }
  int operator()(const InspectArguments& arguments) const {
    return run_inspect(arguments.paths, arguments.json);
  }
  int operator()(const ServeArguments& arguments) const { return run_serve(arguments, world); }
  int operator()(const LogsArguments& arguments) const { return run_logs(arguments, world); }
  int operator()(const QueryArguments& arguments) const { return run_query(arguments, world); }
  int operator()(const AllowlistArguments& arguments) const {
    return run_allowlist(arguments, world);
  }
  int operator()(const ReplayArguments& arguments) const { return run_replay(arguments, world); }
  int operator()(const ImportArguments& arguments) const { return run_import(arguments, world); }
};

}  // namespace

int run_cli_in(const std::vector<std::string>& arguments, World& world) {
  const ParsedArguments parsed = parse_arguments(arguments);
  if (!parsed.command) {
    (parsed.exit_code == kExitGood ? world.out : world.err) << parsed.text;
    return parsed.exit_code;
  }
  return std::visit(Dispatch{world}, *parsed.command);
}

int run_cli(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  const auto now = std::chrono::system_clock::now();
  World world{.in = std::cin,
              .out = std::cout,
              .err = std::cerr,
              .today = Date{std::chrono::floor<std::chrono::days>(now)},
              .now = std::filesystem::file_time_type::clock::now()};
  use_real_terminal(world);
  const int code =
      run_cli_in(std::vector<std::string>(argv + (argc > 0 ? 1 : 0), argv + argc), world);
  // A full disk or a closed pipe must not look like success.
  std::cout.flush();
  if (!std::cout && code == kExitGood) return kExitCannot;
  return code;
}

}  // namespace dn::cli
