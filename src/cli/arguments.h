// The command line as values. Only arguments.cc and log_options.cc know the library that takes it
// apart.
//
// Covered by arguments_test.cc; docs/cli.md repeats the help texts, which a test compares.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/address.h"
#include "base/protocol.h"
#include "base/time.h"
#include "cli/logs_client.h"
#include "cli/time_argument.h"
#include "config/gateway_settings.h"
#include "policy/policy_input.h"

namespace dn::cli {

struct RunArguments {
  std::string config;
  bool flush_on_exit = false;
};

struct CheckArguments {
  std::string file;  // "-" is standard input
  bool json = false;
  bool strict = false;
  std::optional<policy::WildcardExposure> wildcard_exposure;
};

struct ExplainArguments {
  std::string config;
  Ipv4Address source;
  std::string destination;  // a name or an IPv4 address, as written
  std::optional<Port> port;
  std::optional<Protocol> protocol;
  bool json = false;
};

struct PolicyShowArguments {
  std::string config;                          // empty: the file of the service, if it is there
  std::optional<config::PolicySource> source;  // none: as the file says
  std::optional<Ipv4Address> client;           // none: all
  bool json = false;
};

struct StatusArguments {
  std::string config;  // empty: the default state directory
  bool json = false;
};

struct InspectArguments {
  std::vector<std::string> paths;
  bool json = false;
};

struct ServeArguments {
  std::string store;
  std::string listen = "127.0.0.1:1043";
  std::string tls_certificate, tls_key;  // both or none
  std::string credentials_file;
  std::string policy;  // a policy file for the console; empty: none
  std::string region = "us-east-1", account = "000000000000";
};

// Where the logs are that a command reads.
struct LogsSource {
  LogsPlace place;
  std::string config;  // for its state_dir, the default store; empty: /var/lib/discriminat
  std::string group = "DiscrimiNAT";
};

struct LogsArguments {
  LogsSource source;
  TimeSpan span;
  std::string stream;                  // "flow", "config" or "metrics"
  std::string filter;                  // empty: every line
  std::vector<std::string> instances;  // empty: all
  bool follow = false;
  bool json = false;
};

struct QueryArguments {
  enum class Output : std::uint8_t { Table, Json, Csv };
  LogsSource source;
  TimeSpan span;
  std::string query;
  Output output = Output::Table;
  std::optional<int> limit;
};

struct AllowlistArguments {
  enum class Format : std::uint8_t { Rule, Terraform, Json };
  LogsSource source;  // its `config` is also the policy whose rules are not repeated
  TimeSpan span;
  std::string gid;
  std::string into;  // the group that the rules are for; never empty
  Format format = Format::Rule;
};

struct ReplayArguments {
  LogsSource source;
  TimeSpan span;
  std::string policy;
  std::optional<Date> at;  // the day by which see-thru dates are judged; none: today
  bool json = false;
};

struct ImportArguments {
  std::string store;   // empty: the state_dir of `config`
  std::string config;  // empty: the default state directory
  std::string group = "DiscrimiNAT";
  std::string stream;      // empty: each event's own
  std::string file = "-";  // "-" is standard input
  bool json = false;
};

using Command = std::variant<RunArguments, CheckArguments, ExplainArguments, PolicyShowArguments,
                             StatusArguments, InspectArguments, ServeArguments, LogsArguments,
                             QueryArguments, AllowlistArguments, ReplayArguments, ImportArguments>;

// In the order of the help. A name of two words is a command of a family, which has a help too.
// `policy watch` is a LogsArguments.
inline constexpr std::array<std::string_view, 13> kCommands = {
    "run",   "check", "explain", "policy show", "policy watch", "status", "inspect",
    "serve", "logs",  "query",   "allowlist",   "replay",       "import"};

struct ParsedArguments {
  std::optional<Command> command;  // without one, print `text` and end
  int exit_code = 0;               // these two are valid only without a command
  std::string text;                // help or version (exit code 0), or what is wrong
};

// `arguments` without the name of the program.
ParsedArguments parse_arguments(std::vector<std::string> arguments);

// The help text of one command or family; of the program itself for an empty name.
std::string help_text(std::string_view command);

}  // namespace dn::cli
