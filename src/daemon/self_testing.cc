#include "daemon/self_testing.h"

#include <fmt/format.h>

namespace dn::daemon {

Result<void> run_self_test(const SelfTestParts& parts) {
  if (!parts.loops_alive()) return fail("a packet loop does not answer");
  if (auto rules = parts.rules(); !rules) {
    return fail("the kernel rules are not as installed: " + rules.error().message);
  }
  if (!parts.probe) return {};
  const std::uint64_t before = parts.queue_overflows();
  const netfilter::ProbeCounts counts = parts.probe();
  if (counts.complete() || parts.queue_overflows() != before) return {};
  return fail(fmt::format("{} of {} packets through the own rules and queues were not answered",
                          netfilter::kProbePackets - counts.answered, netfilter::kProbePackets));
}

}  // namespace dn::daemon
