// `discriminat policy show`: what is in force and why, client by client.
//
// The policy is that of the configuration file, or one complete read of the cloud
// (cloud_policy.h), judged by the compiler that the gateway uses. It is read anew: a gateway that
// runs is not asked. Covered by policy_show_test.cc and tests/e2e/test_aws_source.py.
#pragma once

#include "cli/arguments.h"
#include "cli/world.h"

namespace dn::cli {

// Prints to `world.out`, as JSON unless that is a terminal; the exit code (exit_codes.h).
int run_policy_show(const PolicyShowArguments& arguments, World& world);

}  // namespace dn::cli
