// Holding without deadlock: bytes that the gateway acknowledges in the server's name and delivers
// itself; and the limits on what it holds.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/limits.h"
#include "engine/testing/flow_rig.h"

namespace dn::engine::testing {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Le;
using ::testing::SizeIs;

struct EngineDelivery : ::testing::Test {
  EngineDelivery() {
    rig.use_policy({"tls:api.test", "22 ssh:git.test"});
    rig.answer("api.test", {kServerAddress});
    rig.answer("git.test", {kServerAddress});
  }
  // The client sends what its window allows and waits for acknowledgements.
  void send_with_window(Connection& c, const Bytes& bytes, std::size_t segment,
                        std::size_t window) {
    const auto size = static_cast<std::int64_t>(bytes.size());
    for (int rounds = 0; rounds < 2000 && c.client_sent < size; ++rounds) {
      while (c.client_sent < size &&
             c.client_sent - c.client_told < static_cast<std::int64_t>(window)) {
        const auto at = static_cast<std::size_t>(c.client_sent);
        c.client_sends(slice(bytes, at, at + segment));
      }
      if (c.client_sent < size) rig.advance(10ms);
    }
  }
  std::size_t sent_to_server() const {
    std::size_t count = 0;
    for (const Injected& packet : rig.injected) count += packet.to_server ? 1U : 0U;
    return count;
  }
  FlowRig rig;
  const Bytes hello = tls_hello("api.test");
};

TEST_F(EngineDelivery, AcknowledgesAStalledHelloInTheServersNameOnly) {
  Connection& c = rig.connect();
  c.client().payload(slice(hello, 0, 40)).timestamps(111, 222).send();
  c.client_sent = 40;
  rig.advance(limits::kStallBeforeAck - 10ms);
  EXPECT_THAT(rig.injected, IsEmpty());
  rig.advance(20ms);
  ASSERT_THAT(rig.injected, SizeIs(1));
  const Injected& ack = rig.injected[0];
  EXPECT_FALSE(ack.to_server);
  EXPECT_EQ(ack.segment.flags, wire::kTcpAck);
  EXPECT_EQ(ack.segment.seq, c.at_client.start);
  EXPECT_EQ(ack.segment.ack, c.at_server.start + 40);
  EXPECT_TRUE(ack.segment.has_timestamps);
  EXPECT_EQ(ack.segment.timestamp, 222U);
  EXPECT_EQ(ack.segment.timestamp_echo, 111U);
  EXPECT_EQ(c.client_told, 40);
  EXPECT_THAT(c.at_server.bytes, IsEmpty());
  EXPECT_EQ(c.client_sends(slice(hello, 40)), Fate::Dropped);
  EXPECT_EQ(c.at_server.bytes, hello);  // from our copy
  EXPECT_EQ(c.mark(), FlowMark::Owned);
  EXPECT_EQ(c.server_sends(tls_server_hello()), Fate::Passed);
  EXPECT_EQ(c.mark(), FlowMark::Allowed);
  EXPECT_THAT(rig.lines, SizeIs(2));
}

TEST_F(EngineDelivery, TakesHellosThatDoNotFitTheClientsWindow) {
  struct Case {
    std::size_t hello, segment, window;
  };
  for (const Case& test : {Case{0, 1, 1}, Case{0, 100, 1}, Case{8700, 524, 5240},
                           Case{65000, 1448, 14480}, Case{65000, 1460, 65535}}) {
    Connection& c = rig.connect();
    const Bytes big = tls_hello("api.test", test.hello);
    send_with_window(c, big, test.segment, test.window);
    for (int i = 0; i < 100 && c.at_server.bytes.size() < big.size(); ++i) c.server_acks();
    EXPECT_EQ(c.at_server.bytes, big);
    EXPECT_EQ(c.server_sends(tls_server_hello()), Fate::Passed);
    EXPECT_EQ(c.mark(), FlowMark::Allowed);
  }
  EXPECT_THAT(rig.lines, SizeIs(10));
}

TEST_F(EngineDelivery, NoByteLeavesBeforeTheVerdictHoweverTheHelloIsCut) {
  const Bytes evil = tls_hello("evil.test", 9000);
  Connection& c = rig.connect();
  send_with_window(c, evil, 524, 5240);
  EXPECT_THAT(c.at_server.bytes, IsEmpty());
  EXPECT_TRUE(c.at_client.reset);
  EXPECT_TRUE(c.at_server.reset);
  EXPECT_THAT(rig.texts(), ElementsAre("client disallowed tls evil.test not-allowlisted"));
}

TEST_F(EngineDelivery, SendsInWindowsAndContinuesAtAcknowledgements) {
  const Bytes big = tls_hello("api.test", 40'000);
  Connection& c = rig.connect();
  c.client_sends(slice(big, 0, 30'000), 1000);
  rig.advance(30ms);
  c.client_sends(slice(big, 30'000), 1000);
  EXPECT_EQ(sent_to_server(), 10U);
  EXPECT_EQ(c.at_server.bytes.size(), 12'200U);
  EXPECT_EQ(c.server().flags(wire::kTcpAck).ack(2440).send(), Fate::Dropped);  // partly
  EXPECT_EQ(sent_to_server(), 12U);
  EXPECT_EQ(c.at_server.bytes.size(), 14'640U);
  while (c.at_server.bytes.size() < big.size()) c.server_acks();
  // Nothing was sent twice.
  EXPECT_EQ(sent_to_server(), (big.size() + 1219) / 1220);
  EXPECT_EQ(c.at_server.bytes, big);
  EXPECT_EQ(c.server_acks(), Fate::Passed);
  c.server_sends(tls_server_hello());
  EXPECT_EQ(c.mark(), FlowMark::Allowed);
}

TEST_F(EngineDelivery, SendsAgainWithBackOffUntilTheServerAcknowledges) {
  Connection& c = rig.connect();
  c.client_sends(slice(hello, 0, 40));
  rig.advance(30ms);
  c.client_sends(slice(hello, 40));
  ASSERT_EQ(sent_to_server(), 1U);
  std::vector<std::int64_t> waits;
  std::size_t before = sent_to_server();
  std::int64_t waited = 0;
  for (int step = 0; step < 2000 && waits.size() < 6; ++step) {
    rig.advance(10ms);
    waited += 10;
    if (sent_to_server() == before) continue;
    before = sent_to_server();
    waits.push_back(waited);
    waited = 0;
  }
  EXPECT_THAT(waits, ElementsAre(250, 500, 1000, 2000, 2000, 2000));
  // All of it, and again from what is not acknowledged.
  EXPECT_EQ(rig.injected.back().payload, hello);
  c.server().flags(wire::kTcpAck).ack(100).send();
  rig.advance(260ms);
  EXPECT_EQ(rig.injected.back().payload, slice(hello, 100));
  c.server_acks();
  before = sent_to_server();
  rig.advance(5s);
  EXPECT_EQ(sent_to_server(), before);
}

TEST_F(EngineDelivery, RepeatsAnAcknowledgementThatGotLost) {
  Connection& c = rig.connect();
  c.client_sends(slice(hello, 0, 40));
  rig.advance(30ms);
  const std::size_t before = rig.injected.size();
  EXPECT_EQ(c.client().at(0).payload(slice(hello, 0, 40)).send(), Fate::Dropped);
  ASSERT_EQ(rig.injected.size(), before + 1);
  EXPECT_EQ(rig.injected.back().segment.ack, c.at_server.start + 40);
  // Also after the release, as long as the server has not acknowledged them itself.
  c.client_sends(slice(hello, 40));
  EXPECT_EQ(c.client().at(0).payload(slice(hello, 0, 40)).send(), Fate::Dropped);
  EXPECT_EQ(rig.injected.back().segment.ack, c.at_server.start + 40);
  EXPECT_FALSE(rig.injected.back().to_server);
}

TEST_F(EngineDelivery, ConflictingBytesForAcknowledgedOnesEndTheConnection) {
  Connection& c = rig.connect();
  c.client_sends(slice(hello, 0, 40));
  rig.advance(30ms);
  c.client().at(10).payload(text("other")).send();
  EXPECT_THAT(rig.texts(),
              ElementsAre("client disallowed tls 203.0.113.7 tcp-retransmit-conflict"));
  EXPECT_TRUE(c.at_client.reset);
  EXPECT_TRUE(c.at_server.reset);
}

TEST_F(EngineDelivery, PassesResetsAndFinsOfTheServerAtOnce) {
  for (const std::uint8_t flag : {wire::kTcpRst, wire::kTcpFin}) {
    Connection& c = rig.connect();
    c.client_sends(slice(hello, 0, 40));
    rig.advance(30ms);
    c.client_sends(slice(hello, 40));
    EXPECT_EQ(c.server().flags(static_cast<std::uint8_t>(flag | wire::kTcpAck)).ack(5).send(),
              Fate::Passed);
    EXPECT_EQ(c.server().flags(wire::kTcpAck).ack(6).send(), Fate::Dropped);
  }
}

TEST_F(EngineDelivery, TheClientGoesOnWhenItsOwnedBytesAreAcknowledged) {
  rig.use_policy({"see-thru:2026-12-24"});
  Connection& c = rig.connect();
  const Bytes head = text("POST /up HTTP/1.1\r\nHost: www.test\r\n\r\n");
  c.client_sends(slice(head, 0, 9));
  rig.advance(30ms);
  c.client_sends(slice(head, 9));
  EXPECT_EQ(c.client().payload(text("body")).send(), Fate::Dropped);  // ours first
  c.server_acks();
  EXPECT_EQ(c.client_sends(text("body")), Fate::Passed);
  EXPECT_EQ(c.at_server.bytes, join(head, text("body")));
  c.server_sends(text("HTTP/1.1 200 OK\r\n\r\n"));
  EXPECT_EQ(c.mark(), FlowMark::Allowed);
}

TEST_F(EngineDelivery, ASecondHelloMayStallToo) {
  Connection& c = rig.connect();
  c.client_sends(hello);
  c.server_sends(tls_retry_request());
  c.client_sends(slice(hello, 0, 40));
  rig.advance(30ms);
  EXPECT_EQ(c.client_told, static_cast<std::int64_t>(hello.size()) + 40);
  c.client_sends(slice(hello, 40));
  EXPECT_EQ(c.at_server.bytes, join(hello, hello));
  c.server_sends(tls_server_hello());
  EXPECT_EQ(c.mark(), FlowMark::Allowed);
  EXPECT_THAT(rig.lines, SizeIs(2));
}

TEST_F(EngineDelivery, ABannerTypedByteByByteGetsThrough) {
  Connection& c = rig.connect(Tuple{ip(kClientAddress), ip(kServerAddress), 77, 22});
  for (const char byte : std::string("SSH-2.0-slow\r\n")) {
    c.client_sends({static_cast<std::uint8_t>(byte)});
    rig.advance(50ms);
  }
  EXPECT_EQ(c.at_server.bytes, text("SSH-2.0-slow\r\n"));
  c.server_sends(text("SSH-2.0-server\r\n"));
  EXPECT_EQ(c.mark(), FlowMark::Allowed);
}

// The client's TCP discards what is older than what it has (RFC 7323 section 5), whatever the
// client itself echoes; timestamps wrap.
TEST_F(EngineDelivery, SpeaksWithTheNewestTimestampOfTheServer) {
  Connection& c = rig.connect();
  c.client().payload(hello).timestamps(50, 0xfffffff0).send();
  c.client().payload(hello).timestamps(51, 7).send();
  c.client().payload(hello).timestamps(52, 0xfffffff8).send();
  c.server().payload(tls_server_hello(0x0302)).timestamps(5, 52).send();
  ASSERT_FALSE(rig.injected.empty());
  EXPECT_EQ(rig.injected[0].payload.size(), 7U);  // the alert
  EXPECT_EQ(rig.injected[0].segment.timestamp, 7U);
  EXPECT_EQ(rig.injected[0].segment.timestamp_echo, 52U);
}

// -- limits ---------------------------------------------------------------------------------------

TEST_F(EngineDelivery, EvictsTheOldestFlowOfTheClientThatHoldsTooManyAndServesTheNewcomer) {
  Connection& oldest = rig.connect();
  oldest.client_sends(slice(hello, 0, 40));
  for (std::size_t i = 1; i < limits::kFlowsPerClientMax; ++i) {
    rig.connect(Tuple{ip(kClientAddress),
                      {ip(kServerAddress).value + 1 + static_cast<std::uint32_t>(i)},
                      9,
                      443})
        .client_sends(slice(hello, 0, 40));
  }
  EXPECT_THAT(rig.lines, IsEmpty());
  Connection& newcomer = rig.connect();
  EXPECT_EQ(newcomer.client_sends(hello), Fate::Passed);
  EXPECT_THAT(rig.texts(), ElementsAre("client disallowed tls 203.0.113.7 overload",
                                       "client allowed tls api.test policy"));
  EXPECT_TRUE(oldest.at_client.reset);
  EXPECT_EQ(rig.engine().flows(), limits::kFlowsPerClientMax);
  EXPECT_EQ(rig.engine().counters().evicted, 1U);
}

TEST_F(EngineDelivery, GivesTheMemoryOfDecidedConnectionsBack) {
  const Bytes big = tls_hello("api.test", 60'000);
  Connection& c = rig.connect();
  c.client_sends(slice(big, 0, 50'000), 1400);
  EXPECT_GE(rig.engine().held_bytes(), 50'000U);
  c.client().at(3).payload(text("other")).send();
  EXPECT_LE(rig.engine().held_bytes(), 4096U);
  rig.advance(limits::kStragglers + 20ms);
  EXPECT_EQ(rig.engine().held_bytes(), 0U);
  EXPECT_EQ(rig.engine().flows(), 0U);
}

TEST_F(EngineDelivery, HoldsNoMoreThanItsShareForOneClient) {
  // Each flow holds 80 KiB for one byte far ahead.
  const std::size_t flows = limits::kHeldBytesPerClientMax / limits::kFlowBytesMax + 50;
  for (std::size_t i = 0; i < flows; ++i) {
    Connection& c = rig.connect(
        Tuple{ip(kClientAddress), {0xcb007200U + static_cast<std::uint32_t>(i)}, 9, 443});
    c.client().at(limits::kFlowBytesMax - 1).payload({1}).send();
  }
  EXPECT_LE(rig.engine().held_bytes(), limits::kHeldBytesPerClientMax);
  EXPECT_GE(rig.engine().counters().evicted, 40U);
  for (const LogLine& line : rig.lines) EXPECT_EQ(line.slug(), "overload");
}

TEST_F(EngineDelivery, MakesPacketsThatFitEveryPath) {
  Connection& c = rig.connect();
  const Bytes big = tls_hello("api.test", 9000);
  c.client_sends(slice(big, 0, 5000));
  c.client_sends(slice(big, 5000));
  std::vector<std::size_t> sizes;
  for (const Injected& packet : rig.injected) sizes.push_back(packet.payload.size());
  EXPECT_THAT(sizes, Each(Le(kInjectedPayloadMax)));
  EXPECT_EQ(c.at_server.bytes, big);
}

}  // namespace
}  // namespace dn::engine::testing
