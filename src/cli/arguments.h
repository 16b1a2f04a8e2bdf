// The command line as values. Only arguments.cc knows the library that takes it apart.
//
// Covered by arguments_test.cc; docs/cli.md repeats the help texts, which a test compares.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/address.h"
#include "base/protocol.h"
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
  std::string region = "us-east-1", account = "000000000000";
};

using Command = std::variant<RunArguments, CheckArguments, ExplainArguments, StatusArguments,
                             InspectArguments, ServeArguments>;

struct ParsedArguments {
  std::optional<Command> command;  // without one, print `text` and end
  int exit_code = 0;               // these two are valid only without a command
  std::string text;                // help or version (exit code 0), or what is wrong
};

// `arguments` without the name of the program.
ParsedArguments parse_arguments(std::vector<std::string> arguments);

// The help text of one command; of the program itself for an empty name.
std::string help_text(std::string_view command);

}  // namespace dn::cli
