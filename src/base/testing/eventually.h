// For tests of things that other threads do: waits until a condition holds.
#pragma once

#include <chrono>
#include <functional>
#include <thread>

namespace dn {

// Looks again and again; false when it does not come to hold within 30 seconds. A condition that
// has held is not asked again, so it may take something.
inline bool eventually(const std::function<bool()>& condition) {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > give_up) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

}  // namespace dn
