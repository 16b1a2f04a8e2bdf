// Files that commands read, each with a cap and a clear error. Covered by check_test.cc.
#pragma once

#include <fstream>
#include <istream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cli/world.h"
#include "config/cloud_json.h"
#include "config/config_file.h"
#include "config/config_problem.h"
#include "config/gateway_settings.h"
#include "policy/policy_input.h"
#include "policy/public_suffixes.h"

namespace dn::cli {

// How messages call a file: by its name made printable, or "standard input" for "-".
std::string name_of_input(const std::string& path);

// Opens a file in `file`, or gives standard input for "-". An error where it cannot be opened or is
// a directory.
Result<std::istream*> open_input(const std::string& path, std::ifstream& file, World& world);

// The whole of a file, or of standard input for "-". An error where it cannot be read, is a
// directory, or is longer than `bytes_max`.
Result<std::string> read_input(const std::string& path, std::size_t bytes_max, World& world);

// A policy, whatever kind of file it came from.
struct Document {
  std::string name;         // of the file, for messages
  std::string kind;         // "configuration file", or the command that prints such a document
  bool from_cloud = false;  // then `policy` has groups and nothing else
  policy::PolicyInput policy;
  config::GatewaySettings gateway;                     // of a configuration file, else the defaults
  std::vector<config::CloudDestination> destinations;  // of a cloud's rules
  std::vector<config::ConfigProblem> problems;
};

// A configuration file, or what a cloud's tools print (config/cloud_json.h). An error where it is
// neither; everything else that is wrong is in `problems`.
Result<Document> read_document(std::string_view text, std::string name);
// The same of a file, or of standard input for "-". Empty where there is none: what is wrong is
// then on `world.err`.
std::optional<Document> load_document(const std::string& path, World& world);

// The configuration of a command that needs a good one. Otherwise prints what is wrong to
// `world.err` and is empty.
std::optional<config::LoadedConfig> load_good_config(const std::string& path, World& world);

// The state directory of the configuration file, or the default one for an empty name. Empty when
// the file cannot be read: what is wrong is then on `world.err`.
std::optional<std::string> find_state_dir(const std::string& config, World& world);

// The list at `path`, or the built-in one for an empty path. One that cannot be used is named on
// `world.err`, and the built-in one takes its place.
policy::PublicSuffixes load_suffixes(const std::string& path, World& world);

}  // namespace dn::cli
