// The self-test with parts that a test makes up; with real packets: tests/netfilter.
#include "daemon/self_testing.h"

#include <gtest/gtest.h>

namespace dn::daemon {
namespace {

using netfilter::kProbePackets;
using netfilter::ProbeCounts;

struct Gateway {
  bool alive = true;
  bool rules_stand = true;
  ProbeCounts counts{.sent = kProbePackets, .answered = kProbePackets};
  std::uint64_t overflows = 1000;
  std::uint64_t overflows_meanwhile = 0;

  SelfTestParts parts() {
    SelfTestParts all;
    all.loops_alive = [this] { return alive; };
    all.rules = [this]() -> Result<void> {
      if (!rules_stand) return fail("there is no table");
      return {};
    };
    all.queue_overflows = [this] { return overflows; };
    all.probe = [this] {
      overflows += overflows_meanwhile;
      return counts;
    };
    return all;
  }
  std::string run() {
    const auto outcome = run_self_test(parts());
    return outcome ? "" : outcome.error().message;
  }
};

TEST(SelfTest, PassesWhereEverythingWorks) {
  Gateway gateway;
  EXPECT_EQ(gateway.run(), "");
}

TEST(SelfTest, NamesWhatIsBroken) {
  Gateway gateway;
  gateway.counts = {.sent = 3 * kProbePackets, .answered = 2};
  EXPECT_EQ(gateway.run(), "6 of 8 packets through the own rules and queues were not answered");
  gateway.rules_stand = false;
  EXPECT_EQ(gateway.run(), "the kernel rules are not as installed: there is no table");
  gateway.alive = false;
  EXPECT_EQ(gateway.run(), "a packet loop does not answer");
}

TEST(SelfTest, TakesAFloodForNoFault) {
  Gateway gateway;
  gateway.counts = {.sent = 3 * kProbePackets, .answered = 0};
  EXPECT_NE(gateway.run(), "");
  gateway.overflows_meanwhile = 1;
  EXPECT_EQ(gateway.run(), "");
  gateway.alive = false;
  EXPECT_NE(gateway.run(), "") << "the queue of a loop that hangs overflows, too";
}

TEST(SelfTest, DoesWithoutAPacketWhereNoneCanBeSent) {
  Gateway gateway;
  SelfTestParts parts = gateway.parts();
  parts.probe = nullptr;
  EXPECT_TRUE(run_self_test(parts));
  gateway.rules_stand = false;
  EXPECT_FALSE(run_self_test(parts));
}

}  // namespace
}  // namespace dn::daemon
