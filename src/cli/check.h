// `discriminat check`: what every annotation of a file does, before it is put into force.
//
// The judge is the policy compiler itself, asked rule by rule: so each effect has its place in the
// file, and what is said here is what the gateway will do. External lists are not read.
// Covered by check_test.cc.
#pragma once

#include "cli/arguments.h"
#include "cli/world.h"

namespace dn::cli {

// Prints to `world.out`; the exit code (exit_codes.h).
int run_check(const CheckArguments& arguments, World& world);

}  // namespace dn::cli
