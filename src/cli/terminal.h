// The real terminal, Ctrl-C and time: what World's functions do outside tests.
//
// The only file of the commands that looks at file descriptors, signals and clocks.
#pragma once

#include "cli/world.h"

namespace dn::cli {

// Fills everything behind `now` of the world, and the colours, from this process.
void use_real_terminal(World& world);

}  // namespace dn::cli
