// Surroundings: what the clients know of the world; a test gives its own.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

#include "base/time.h"

namespace dn::aws {

// All three are there. Called by the thread that asks.
struct Surroundings {
  std::function<WallTime()> clock;
  std::function<std::uint64_t()> random;
  std::function<void(std::chrono::milliseconds)> sleep;
};

}  // namespace dn::aws
