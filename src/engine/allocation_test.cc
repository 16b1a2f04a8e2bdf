// The usual connection, an allowed hello in one segment and its answer, takes no memory from the
// heap once the engine has seen a few: only what is logged belongs to the sink.
#include <gtest/gtest.h>

#include "base/limits.h"
#include "base/testing/count_allocations.h"
#include "engine/testing/flow_rig.h"

namespace dn::engine::testing {
namespace {

class CountingSink : public EffectSink {
 public:
  void verdict(const Verdict& verdict) override { last = verdict; }
  void inject(const Injection&) override { ++others; }
  void ask(const DomainName&) override { ++others; }
  void ask_client(Ipv4Address) override { ++others; }
  void log(const records::FlowRecord& record) override {
    lines += record.outcome == records::Outcome::Allowed ? 1 : 1000;
  }
  Verdict last;
  std::size_t lines = 0, others = 0;
};

TEST(Engine, TakesNoMemoryForTheUsualConnection) {
  const auto policy = make_policy({"443 tls:api.test,*.example.test"});
  Engine engine(EngineSettings{.hash_key = 7, .ledger = {}});
  CountingSink sink;
  Now now{MonotonicTime(1h), kStartOfTest, true};
  engine.on_policy(policy, now, sink);
  DnsAnswer answer{name("api.test"), DnsStatus::Answered, {{ip(kServerAddress), 60s}}, {}, false};
  engine.on_dns_answer(answer, now, sink);

  FlowRig rig;  // only to make packets
  Connection& c = rig.connect();
  const Bytes from_client = c.client().payload(tls_hello("api.test", 1500)).bytes();
  c.at_server.bytes = tls_hello("api.test", 1500);
  const Bytes from_server =
      c.server().payload(join(tls_server_hello(), application_data(9000))).bytes();
  const std::uint32_t opening = rig.mark(c.tuple);

  const auto connection = [&] {
    engine.on_packet({from_client, opening | kQueuedFlag, true, false}, now, sink);
    const std::uint32_t good = sink.last.mark | kQueuedFlag;
    engine.on_packet({from_server, good, false, false}, now, sink);
    now.monotonic += limits::kStragglers + 20ms;
    engine.on_tick(now, sink);
  };
  for (int i = 0; i < 3; ++i) connection();
  const std::size_t before = allocations_for_test;
  for (int i = 0; i < 10; ++i) connection();
  EXPECT_EQ(allocations_for_test, before);
  EXPECT_EQ(state_of(sink.last.mark), FlowMark::Allowed);
  EXPECT_EQ(sink.lines, 26U);
  EXPECT_EQ(sink.others, 0U);
  EXPECT_EQ(engine.flows(), 0U);
}

}  // namespace
}  // namespace dn::engine::testing
