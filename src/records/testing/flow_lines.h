// Realistic flow log lines for tests and benchmarks: the same seed gives the same lines everywhere.
//
// Every line is written by append_json_line, so the shape of the log is never copied here. Four
// connections in five are TLS and the rest ssh and plain http; a connection has a client line and,
// when it was allowed, a server line; some clients are under see-thru; an ssh line has the name
// that its address resolved to; a plain http line has a path and a user agent, few of which need
// escapes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.h"

namespace dn::records::testing {

struct FlowLinesOptions {
  std::uint64_t seed = 1;
  std::size_t lines = 1000;
  unsigned disallowed_per_mille = 20;  // of the connections
  unsigned see_thru_per_mille = 100;   // of the clients
  WallTime start{std::chrono::sys_days{std::chrono::year{2026} / 11 / 22}};
  std::chrono::milliseconds step{37};  // mean time between connections
};

// Exactly `lines` lines, each with its '\n', in the order of time.
std::string make_flow_lines(const FlowLinesOptions& options);

// SplitMix64: small, and the same on every platform, unlike the distributions of <random>.
class SeededNumbers {
 public:
  explicit SeededNumbers(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15U;
    z = (z ^ z >> 30U) * 0xbf58476d1ce4e5b9U;
    z = (z ^ z >> 27U) * 0x94d049bb133111ebU;
    return z ^ z >> 31U;
  }
  // 0 to count - 1.
  std::size_t below(std::size_t count) { return next() % count; }
  bool per_mille(unsigned share) { return below(1000) < share; }

 private:
  std::uint64_t state_;
};

}  // namespace dn::records::testing
