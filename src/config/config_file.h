// The configuration file: TOML text → settings, policy input, and the list of all its mistakes.
//
// Reading never stops at the first mistake (except where the text is not TOML at all) and never
// guesses: a value that is wrong is named with its line, its column and what to write instead, and
// its place is taken by the default. Whoever loads a file therefore asks has_errors() before using
// it; the previous good policy stays otherwise. Annotations inside descriptions are passed on as
// they are: judging them is policy::compile_policy()'s task. docs/configuration.md describes the
// format; its reference part is made from config_keys.h. Covered by config_file_test.cc,
// config_examples_test.cc and fuzz/config_fuzz.cc.
#pragma once

#include <string_view>
#include <vector>

#include "config/config_problem.h"
#include "config/gateway_settings.h"
#include "policy/policy_input.h"

namespace dn::config {

struct LoadedConfig {
  GatewaySettings gateway;
  policy::PolicyInput policy;           // usable only without errors
  std::vector<ConfigProblem> problems;  // in the order of the file
  bool has_errors() const { return config::has_errors(problems); }
};

// Pure: reads no file. `file_name` only stands in front of positions ("policy.toml:12:5"). Text
// beyond limits::kPolicyFileBytesMax is refused as a whole.
LoadedConfig load_config(std::string_view text, std::string_view file_name);

}  // namespace dn::config
