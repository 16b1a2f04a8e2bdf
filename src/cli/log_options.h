// The options of the commands that read and write logs: logs, policy watch,
// query, allowlist, replay, import.
//
// A part of arguments.cc, which owns the parser; here its options are declared and their values
// taken apart. Covered by log_options_test.cc.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "cli/arguments.h"

namespace CLI {  // NOLINT(readability-identifier-naming): the library's
class App;
}

namespace dn::cli {

// What the parser writes into. It must stay where it is while the parser lives.
struct LogOptions {
  LogsArguments logs;
  QueryArguments query;
  AllowlistArguments allowlist;
  ReplayArguments replay;
  ImportArguments import;
  // Of the one command that is given.
  std::string since, until, output, format, at;
  bool json = false;  // --json where it stands for another option

  void add_logs(CLI::App& command);
  void add_watch(CLI::App& command);  // `policy watch`: logs config --follow
  void add_query(CLI::App& command);
  void add_allowlist(CLI::App& command);
  void add_replay(CLI::App& command);
  void add_import(CLI::App& command);
};

// The text between the options and the exit codes of a command's help.
std::string_view log_examples(std::string_view command);

// The command's values. The error says which option is wrong and what to write instead.
Result<Command> finish_logs(LogOptions& options);
Result<Command> finish_watch(LogOptions& options);
Result<Command> finish_query(LogOptions& options);
Result<Command> finish_allowlist(LogOptions& options);
Result<Command> finish_replay(LogOptions& options);
Result<Command> finish_import(LogOptions& options);

}  // namespace dn::cli
