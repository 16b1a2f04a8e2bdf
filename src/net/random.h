// Randomness of the kernel, for what others must not guess.
#pragma once

#include <sys/random.h>

#include <cstdint>

#include "base/check.h"

namespace dn::net {

inline std::uint64_t random_number() {
  std::uint64_t number = 0;
  DN_CHECK(getrandom(&number, sizeof number, 0) == sizeof number, "8 bytes never come short");
  return number;
}

}  // namespace dn::net
