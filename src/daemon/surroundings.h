// What the clients of the cloud know of the world, outside of tests.
#pragma once

#include "aws/surroundings.h"

namespace dn::daemon {

// This host's clock, the kernel's randomness, and a sleep of the calling thread.
aws::Surroundings surroundings();

}  // namespace dn::daemon
