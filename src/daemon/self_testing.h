// The self-test: whether this gateway's own data path works, asked from the inside.
//
// | what | catches |
// |---|---|
// | every packet loop has moved in the last seconds | a thread that hangs or is gone |
// | the rules stand as installed | another program's rules, a flush |
// | a packet through rules, queue and engine is answered (netfilter/path_probe.h) | the rest:
// forwarding off, no route, no listener, verdicts that nobody carries out |
//
// A gateway that is flooded must not be taken for a broken one: its successor would fare no better,
// and a client could have gateways replaced. So packets of the probe that are lost do not count
// where a queue overflowed meanwhile and its loop is alive. DNS is no part of it: when the resolver
// is down, all gateways would report themselves, and a new one has the same resolver.
//
// It takes up to three seconds, so it runs on no thread that packets wait for. Covered by
// self_testing_test.cc and tests/netfilter; why so: docs/decisions/0016-self-test-by-a-packet.md.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

#include "base/result.h"
#include "netfilter/path_probe.h"

namespace dn::daemon {

inline constexpr auto kSelfTestInterval = std::chrono::seconds(10);

struct SelfTestParts {
  std::function<bool()> loops_alive;
  std::function<Result<void>()> rules;  // netfilter::verify()
  // Packets that did not fit into a queue since it was opened (netfilter::KernelQueueCounters).
  std::function<std::uint64_t()> queue_overflows;
  // Absent where no packet can be sent: the other parts have to do.
  std::function<netfilter::ProbeCounts()> probe;
};

// The error says what is broken.
Result<void> run_self_test(const SelfTestParts& parts);

}  // namespace dn::daemon
