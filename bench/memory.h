// Memory of this process, for benchmarks.
#pragma once

#include <fstream>
#include <string>

// A line such as "VmRSS:   1234 kB" of the process status, in MB.
inline double memory_mb(const std::string& key) {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    if (word != key) continue;
    double kilobytes = 0;
    status >> kilobytes;
    return kilobytes / 1024;
  }
  return 0;
}
