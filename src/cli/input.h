// Files that commands read, each with a cap and a clear error. Covered by check_test.cc.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "cli/world.h"
#include "config/config_file.h"
#include "policy/public_suffixes.h"

namespace dn::cli {

// The whole of a file, or of standard input for "-". An error where it cannot be read, is a
// directory, or is longer than `bytes_max`.
Result<std::string> read_input(const std::string& path, std::size_t bytes_max, World& world);

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
