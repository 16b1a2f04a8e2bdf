// The life of connections, from the first payload to the handover or the end: marks, lines, bytes.
// Evasions have a file of their own, engine_evasion_test.cc; delivery in the server's name too,
// engine_delivery_test.cc.
#include "engine/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/limits.h"
#include "engine/testing/flow_rig.h"
#include "wire/testing/hello_builder.h"

namespace dn::engine::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

const Bytes kSshBanner = text("SSH-2.0-OpenSSH_9.2p1\r\n");

std::vector<Injected> to_client(const FlowRig& rig) {
  std::vector<Injected> out;
  for (const Injected& injected : rig.injected) {
    if (!injected.to_server) out.push_back(injected);
  }
  return out;
}

// Both ends were reset, at the sequence numbers at which they accept a reset, and the kernel knows.
void expect_ended(Connection& c) {
  EXPECT_TRUE(c.at_client.reset);
  EXPECT_TRUE(c.at_server.reset);
  EXPECT_EQ(c.mark(), FlowMark::Refused);
}

// -- TLS ------------------------------------------------------------------------------------------

// One tls rule with a name whose address is known.
struct EngineTls : ::testing::Test {
  EngineTls() {
    rig.use_policy({"443 tls:api.test,*.wild.test"});
    rig.answer("api.test", {kServerAddress});
  }
  FlowRig rig;
  const Bytes hello = tls_hello("api.test");
};

TEST_F(EngineTls, HandsOverAnAllowedHelloInOneSegment) {
  Connection& c = rig.connect();
  EXPECT_EQ(c.client_sends(hello), Fate::Passed);
  EXPECT_EQ(c.mark(), FlowMark::ClientGood);
  EXPECT_EQ(c.at_server.bytes, hello);
  EXPECT_EQ(c.server_sends(tls_server_hello()), Fate::Passed);
  EXPECT_EQ(c.mark(), FlowMark::Allowed);
  EXPECT_EQ(c.grant(), policy::make_grant("sg-test", "tls", "api.test"));
  EXPECT_EQ(c.client_sends(application_data(10)), Fate::ForwardedKernel);
  EXPECT_THAT(rig.injected, IsEmpty());
  EXPECT_THAT(rig.asked, IsEmpty());
  EXPECT_THAT(rig.texts(), ElementsAre("client allowed tls api.test policy",
                                       "server allowed tls api.test policy"));
}

TEST_F(EngineTls, WritesWhatWasSeenIntoBothLines) {
  Connection& c = rig.connect();
  c.client_sends(hello);
  rig.advance(40ms);
  c.server_sends(tls_server_hello(0x0304, true));
  ASSERT_THAT(rig.lines, SizeIs(2));
  const LogLine& client = rig.lines[0];
  EXPECT_EQ(client.src, kClientAddress);
  EXPECT_EQ(client.spt, c.tuple.client_port);
  EXPECT_EQ(client.dst, kServerAddress);
  EXPECT_EQ(client.dpt, 443);
  EXPECT_EQ(client.proto_v, "1.3");
  EXPECT_EQ(client.reason, "policy:sg-test: api.test");
  EXPECT_EQ(client.evidence, "dns");
  EXPECT_EQ(client.pqc, false);
  EXPECT_EQ(client.held_ms, std::nullopt);
  EXPECT_EQ(client.see_thru_exerted, std::nullopt);
  const LogLine& server = rig.lines[1];
  EXPECT_EQ(server.src, kServerAddress);
  EXPECT_EQ(server.spt, 443);
  EXPECT_EQ(server.dst, kClientAddress);
  EXPECT_EQ(server.dpt, c.tuple.client_port);
  EXPECT_EQ(server.proto_v, "1.3");
  EXPECT_EQ(server.pqc, true);
  EXPECT_EQ(server.time - client.time, 40ms);
}

TEST_F(EngineTls, SendsItsCopyOfTheFirstHalfWhenTheSecondCompletesTheHello) {
  const Bytes big = tls_hello("api.test", 1200);
  Connection& c = rig.connect();
  EXPECT_EQ(c.client_sends(slice(big, 0, 1000)), Fate::Dropped);
  EXPECT_THAT(c.at_server.bytes, IsEmpty());
  EXPECT_EQ(c.client_sends(slice(big, 1000)), Fate::Passed);
  EXPECT_EQ(c.at_server.bytes, big);
  ASSERT_THAT(rig.injected, SizeIs(1));
  EXPECT_EQ(rig.injected[0].payload.size(), 1000U);
  EXPECT_EQ(state_of(rig.injected[0].mark), FlowMark::ClientGood);
  c.server_sends(tls_server_hello());
  EXPECT_EQ(c.mark(), FlowMark::Allowed);
  EXPECT_THAT(rig.lines, SizeIs(2));
}

TEST_F(EngineTls, PutsReversedSegmentsInOrder) {
  const Bytes big = tls_hello("api.test", 1200);
  Connection& c = rig.connect();
  EXPECT_EQ(c.client().at(1000).payload(slice(big, 1000)).send(), Fate::Dropped);
  EXPECT_EQ(c.client().at(0).payload(slice(big, 0, 1000)).send(), Fate::Dropped);
  EXPECT_EQ(c.at_server.bytes, big);  // from our copy
  c.server_sends(tls_server_hello());
  EXPECT_EQ(c.mark(), FlowMark::Allowed);
  EXPECT_THAT(rig.lines, SizeIs(2));
}

TEST_F(EngineTls, PassesRepetitionsOfReleasedBytesWithoutAnotherLine) {
  Connection& c = rig.connect();
  c.client().payload(hello).lost().send();
  EXPECT_THAT(c.at_server.bytes, IsEmpty());
  EXPECT_EQ(c.client_sends(hello), Fate::Passed);
  EXPECT_EQ(c.at_server.bytes, hello);
  c.server_sends(tls_server_hello());
  EXPECT_THAT(rig.lines, SizeIs(2));
}

TEST_F(EngineTls, HandsOverOnlyWhenTheServerHasAcknowledgedTheWholeHello) {
  Connection& c = rig.connect();
  c.client_sends(hello);
  const auto size = static_cast<std::int64_t>(hello.size());
  EXPECT_EQ(c.server().payload(tls_server_hello()).ack(size - 1).send(), Fate::Passed);
  EXPECT_EQ(c.mark(), FlowMark::ClientGood);
  EXPECT_THAT(rig.lines, SizeIs(1));
  c.server_sent += static_cast<std::int64_t>(tls_server_hello().size());
  EXPECT_EQ(c.server().payload(application_data(20)).ack(size).send(), Fate::Passed);
  EXPECT_EQ(c.mark(), FlowMark::Allowed);
  EXPECT_THAT(rig.texts(), ElementsAre("client allowed tls api.test policy",
                                       "server allowed tls api.test policy"));
}

TEST_F(EngineTls, ReadsAServerHelloInManyPieces) {
  Connection& c = rig.connect();
  c.client_sends(hello);
  const Bytes flight = join(tls_server_hello(), application_data(100));
  c.server_sends(flight, 1);
  EXPECT_EQ(c.mark(), FlowMark::Allowed);
  EXPECT_EQ(c.at_client.bytes, flight);
  EXPECT_THAT(rig.lines, SizeIs(2));
}

TEST_F(EngineTls, LetsStragglersOfAnAllowedConnectionPass) {
  Connection& c = rig.connect();
  const auto queued_before = c.client().payload(hello).bytes();
  c.client_sends(hello);
  const std::uint32_t good = rig.mark(c.tuple) | kQueuedFlag;
  c.server_sends(tls_server_hello());
  const Verdict verdict = rig.packet(queued_before, good);
  EXPECT_TRUE(verdict.accept);
  EXPECT_EQ(state_of(verdict.mark), FlowMark::Allowed);
  rig.advance(limits::kStragglers + 20ms);
  EXPECT_EQ(rig.engine().flows(), 0U);
  EXPECT_FALSE(rig.engine().has_timers());
}

TEST_F(EngineTls, JudgesAReusedPortAnew) {
  Connection& first = rig.connect();
  first.client_sends(hello);
  first.server_sends(tls_server_hello());
  ASSERT_EQ(first.mark(), FlowMark::Allowed);
  Connection& second = rig.connect(first.tuple, 0x11110000);
  EXPECT_EQ(second.client_sends(tls_hello("evil.test")), Fate::Dropped);
  expect_ended(second);
  EXPECT_THAT(rig.texts(), ElementsAre("client allowed tls api.test policy",
                                       "server allowed tls api.test policy",
                                       "client disallowed tls evil.test not-allowlisted"));
}

// A client that resets its allowed connection and opens another one with the same ports and the
// same initial sequence number, while the first is still remembered for its stragglers.
TEST_F(EngineTls, JudgesAReusedPortWithTheSameSequenceNumberAnew) {
  Connection& first = rig.connect({}, 0x22220000);
  first.client_sends(hello);
  first.server_sends(tls_server_hello());
  ASSERT_EQ(first.mark(), FlowMark::Allowed);
  Connection& second = rig.connect(first.tuple, 0x22220000);
  EXPECT_EQ(second.client_sends(tls_hello("evil.test")), Fate::Dropped);
  expect_ended(second);
  EXPECT_EQ(rig.lines.back().slug(), "not-allowlisted");
}

// -- TLS refused ----------------------------------------------------------------------------------

TEST_F(EngineTls, TellsARefusedClientByAlertAndResetsBothEnds) {
  Connection& c = rig.connect();
  EXPECT_EQ(c.client_sends(tls_hello("evil.test")), Fate::Dropped);
  EXPECT_THAT(c.at_server.bytes, IsEmpty());
  expect_ended(c);
  EXPECT_EQ(c.at_client.bytes, Bytes({0x15, 3, 3, 0, 2, 2, 49}));
  EXPECT_EQ(c.client_told, static_cast<std::int64_t>(tls_hello("evil.test").size()));
  EXPECT_THAT(rig.texts(), ElementsAre("client disallowed tls evil.test not-allowlisted"));
  EXPECT_EQ(rig.lines[0].evidence, "none");
  EXPECT_THAT(rig.asked, IsEmpty());  // never a question about a name that no rule matches
  EXPECT_EQ(c.client_sends(hello), Fate::DroppedKernel);
}

TEST_F(EngineTls, DropsStragglersOfARefusedConnection) {
  Connection& c = rig.connect();
  const std::uint32_t opening = rig.mark(c.tuple) | kQueuedFlag;
  const Bytes evil = tls_hello("evil.test");
  c.client_sends(evil);
  const std::size_t injected = rig.injected.size();
  EXPECT_FALSE(rig.packet(c.client().at(0).payload(hello).bytes(), opening).accept);
  EXPECT_THAT(rig.lines, SizeIs(1));
  EXPECT_EQ(rig.injected.size(), injected);
}

TEST_F(EngineTls, NamesTheReasonOfARefusedHello) {
  struct Case {
    Bytes hello;
    std::string want;
    Port port = 443;
  };
  const std::vector<Case> cases = {
      {tls_hello("evil.test"), "client disallowed tls evil.test not-allowlisted"},
      {tls_hello("wild.test"), "client disallowed tls wild.test not-allowlisted"},
      {tls_hello("a.b.wild.test"), "client disallowed tls a.b.wild.test not-allowlisted"},
      {tls_hello("api.test"), "client disallowed tls api.test port-not-allowed", 8443},
      {tls_hello_without_name(), "client disallowed tls 203.0.113.7 tls-no-sni"},
      {old_tls_hello("api.test"), "client disallowed tls api.test tls-version-client-too-old"},
      {tls_hello("10.0.0.1"), "client disallowed tls 203.0.113.7 tls-sni-ip-literal"},
      {text("GET / HTTP/1.1\r\nHost: api.test\r\n\r\n"),
       "client disallowed http api.test http-not-allowed"},
      {text("EHLO me\r\n"), "client disallowed unknown 203.0.113.7 starttls-smtp"},
      {text("SSH-2.0-x\r\n"), "client disallowed ssh 203.0.113.7 not-allowlisted"},
      {text("\x05\x01"), "client disallowed unknown 203.0.113.7 proto-tunnel"},
      {text("nonsense"), "client disallowed unknown 203.0.113.7 proto-unknown"},
  };
  for (const Case& test : cases) {
    rig.lines.clear();
    Connection& c = rig.connect(Tuple{ip(kClientAddress), ip(kServerAddress),
                                      static_cast<Port>(1000 + rig.engine().flows()), test.port});
    EXPECT_EQ(c.client_sends(test.hello), Fate::Dropped) << test.want;
    EXPECT_THAT(rig.texts(), ElementsAre(test.want));
    EXPECT_THAT(c.at_server.bytes, IsEmpty());
    EXPECT_TRUE(c.at_client.reset && c.at_server.reset) << test.want;
  }
  EXPECT_THAT(rig.asked, IsEmpty());
}

TEST_F(EngineTls, RefusesWithoutPolicyAndUnknownClients) {
  Connection& stranger = rig.connect(Tuple{ip("10.0.1.99"), ip(kServerAddress), 999, 443});
  stranger.client_sends(hello);
  EXPECT_EQ(rig.lines.back().slug(), "client-unknown");
  rig.drop_policy();
  Connection& c = rig.connect();
  c.client_sends(hello);
  EXPECT_EQ(rig.lines.back().slug(), "policy-missing");
  expect_ended(c);
}

TEST_F(EngineTls, RefusesATooOldServer) {
  Connection& c = rig.connect();
  const Bytes old = hello;
  c.client_sends(old);
  EXPECT_EQ(c.server_sends(tls_server_hello(0x0302)), Fate::Dropped);
  expect_ended(c);
  EXPECT_EQ(c.at_client.bytes, Bytes({0x15, 3, 3, 0, 2, 2, 49}));
  EXPECT_THAT(rig.texts(),
              ElementsAre("client allowed tls api.test policy",
                          "server disallowed tls api.test tls-version-server-too-old"));
  EXPECT_EQ(rig.lines[1].proto_v, "1.1");
}

// What is in front of the end of the server's hello has passed already: no alert in the middle of
// its record, and resets where the streams stand.
TEST_F(EngineTls, CutsOffATooOldServerInTheMiddleOfItsHello) {
  Connection& c = rig.connect();
  c.client_sends(hello);
  const Bytes answer = tls_server_hello(0x0301);
  c.server_sends(answer, 20);
  EXPECT_EQ(c.at_client.bytes, slice(answer, 0, answer.size() / 20 * 20));
  expect_ended(c);
  ASSERT_THAT(to_client(rig), SizeIs(1));
  EXPECT_EQ(rig.lines.back().slug(), "tls-version-server-too-old");
  EXPECT_THAT(rig.lines, SizeIs(2));
}

TEST_F(EngineTls, RefusesServersThatAnswerWithSomethingElse) {
  struct Case {
    Bytes answer;
    std::string_view slug;
  };
  const std::vector<Case> cases = {
      {text("HTTP/1.1 400 Bad Request\r\n\r\n"), "tls-server-mismatch"},
      {kSshBanner, "tls-server-mismatch"},
      {tls_server_hello(0x0300), "tls-version-server-too-old"},
  };
  for (const Case& test : cases) {
    rig.lines.clear();
    Connection& c = rig.connect();
    c.client_sends(hello);
    EXPECT_EQ(c.server_sends(test.answer), Fate::Dropped) << test.slug;
    expect_ended(c);
    ASSERT_THAT(rig.lines, SizeIs(2));
    EXPECT_EQ(rig.lines[1].cat, "server");
    EXPECT_EQ(rig.lines[1].outcome, "disallowed");
    EXPECT_EQ(rig.lines[1].slug(), test.slug);
  }
}

TEST_F(EngineTls, RefusesAVersionThatWasNotOffered) {
  const Bytes only13 = wire::testing::record(
      wire::testing::hello_for("api.test", wire::testing::supported_versions({0x0304})));
  Connection& c = rig.connect();
  ASSERT_EQ(c.client_sends(only13), Fate::Passed);
  EXPECT_EQ(c.server_sends(tls_server_hello(0x0303)), Fate::Dropped);
  EXPECT_EQ(rig.lines.back().slug(), "tls-version-anomaly");
  expect_ended(c);
}

TEST_F(EngineTls, PassesAnAlertOfTheServerAndEndsTheConnectionAfterwards) {
  Connection& c = rig.connect();
  c.client_sends(hello);
  EXPECT_EQ(c.server_sends(tls_alert(40)), Fate::Passed);
  EXPECT_EQ(c.at_client.bytes, tls_alert(40));
  EXPECT_EQ(c.client_sends(application_data(4)), Fate::Dropped);
  EXPECT_THAT(rig.texts(), ElementsAre("client allowed tls api.test policy",
                                       "server allowed tls api.test tls-alert"));
  EXPECT_THAT(rig.lines[1].reason, HasSubstr("alert 40"));
  rig.advance(limits::kStragglers + 20ms);
  expect_ended(c);
  rig.advance(2s);
  c.client_sends(tls_alert(0));
  EXPECT_THAT(rig.lines, SizeIs(2));
}

TEST_F(EngineTls, EndsAConnectionWhoseServerNeverAnswers) {
  Connection& c = rig.connect();
  c.client_sends(hello);
  rig.advance(limits::kServerDeadline + 20ms);
  expect_ended(c);
  EXPECT_THAT(rig.texts(), ElementsAre("client allowed tls api.test policy",
                                       "server disallowed tls api.test server-timeout"));
}

TEST_F(EngineTls, NamesWhoBrokeOffBeforeTheServerAnswered) {
  struct Case {
    bool by_client;
    std::uint8_t flag;
    const char* reason;
  };
  for (const Case& at : {Case{false, wire::kTcpRst, "server-closed"},
                         {false, wire::kTcpFin, "server-closed"},
                         {true, wire::kTcpRst, "client-reset"}}) {
    Connection& c = rig.connect();
    rig.lines.clear();
    c.client_sends(hello);
    const auto flags = static_cast<std::uint8_t>(at.flag | wire::kTcpAck);
    const Fate fate =
        at.by_client ? c.client().flags(flags).send() : c.server().flags(flags).send();
    EXPECT_EQ(fate, Fate::Passed);
    EXPECT_THAT(rig.lines, SizeIs(1));
    rig.advance(limits::kBrokenOffDeadline + 20ms);
    EXPECT_THAT(rig.texts(),
                ElementsAre("client allowed tls api.test policy",
                            std::string("server disallowed tls api.test ") + at.reason));
  }
}

TEST_F(EngineTls, NamesAServerThatEndsInTheMiddleOfItsAnswer) {
  Connection& c = rig.connect();
  c.client_sends(hello);
  const auto flags = static_cast<std::uint8_t>(wire::kTcpFin | wire::kTcpAck);
  c.server().payload(slice(tls_server_hello(), 0, 10)).flags(flags).send();
  rig.advance(limits::kBrokenOffDeadline + 20ms);
  EXPECT_THAT(rig.texts(), ElementsAre("client allowed tls api.test policy",
                                       "server disallowed tls api.test server-closed"));
}

TEST_F(EngineTls, AnAnswerThatAFinOvertookStillCounts) {
  Connection& c = rig.connect();
  c.client_sends(hello);
  c.server().flags(wire::kTcpFin | wire::kTcpAck).send();
  rig.advance(1s);
  c.server_sends(tls_server_hello());
  rig.advance(limits::kServerDeadline);
  EXPECT_THAT(rig.texts(), ElementsAre("client allowed tls api.test policy",
                                       "server allowed tls api.test policy"));
}

TEST_F(EngineTls, EndsAConnectionWhoseServerNeverAcknowledgesTheHello) {
  Connection& c = rig.connect();
  c.client_sends(hello);
  c.server().payload(tls_server_hello()).ack(3).send();
  rig.advance(limits::kServerDeadline + 20ms);
  EXPECT_THAT(rig.texts(), ElementsAre("client allowed tls api.test policy",
                                       "server disallowed tls api.test server-timeout"));
  EXPECT_EQ(rig.lines[1].proto_v, "1.3");
  EXPECT_TRUE(c.at_client.reset);
}

TEST_F(EngineTls, RefusesAHelloThatIsNotCompleteInTime) {
  Connection& c = rig.connect();
  for (std::size_t i = 0; i < 25; ++i) {
    c.client_sends(slice(hello, i, i + 1));
    rig.advance(400ms);
  }
  rig.advance(20ms);
  expect_ended(c);
  EXPECT_THAT(c.at_server.bytes, IsEmpty());
  EXPECT_THAT(rig.texts(), ElementsAre("client disallowed tls 203.0.113.7 tls-hello-timeout"));
}

TEST_F(EngineTls, RefusesAServerThatSpeaksFirst) {
  Connection& c = rig.connect();
  EXPECT_EQ(c.server_sends(text("220 mail.test ESMTP\r\n")), Fate::Dropped);
  expect_ended(c);
  EXPECT_THAT(c.at_client.bytes, IsEmpty());
  EXPECT_THAT(rig.texts(), ElementsAre("client disallowed unknown 203.0.113.7 starttls-smtp"));
  EXPECT_EQ(rig.lines[0].src, kClientAddress);
}

// -- HelloRetryRequest ----------------------------------------------------------------------------

TEST_F(EngineTls, GoesThroughAHelloRetryRequestWithTheSameName) {
  Connection& c = rig.connect();
  c.client_sends(hello);
  EXPECT_EQ(c.server_sends(join(tls_retry_request(), wire::testing::change_cipher_spec())),
            Fate::Passed);
  EXPECT_EQ(c.mark(), FlowMark::ClientGood);
  const Bytes second = join(wire::testing::change_cipher_spec(), tls_hello("api.test", 50));
  EXPECT_EQ(c.client_sends(slice(second, 0, 100)), Fate::Dropped);
  EXPECT_EQ(c.client_sends(slice(second, 100)), Fate::Passed);
  EXPECT_EQ(c.at_server.bytes, join(hello, second));
  EXPECT_EQ(c.server_sends(tls_server_hello()), Fate::Passed);
  EXPECT_EQ(c.mark(), FlowMark::Allowed);
  EXPECT_THAT(rig.texts(), ElementsAre("client allowed tls api.test policy",
                                       "server allowed tls api.test policy"));
}

TEST_F(EngineTls, RefusesAnotherNameAfterAHelloRetryRequest) {
  Connection& c = rig.connect();
  c.client_sends(hello);
  c.server_sends(tls_retry_request());
  EXPECT_EQ(c.client_sends(tls_hello("evil.test")), Fate::Dropped);
  EXPECT_EQ(c.at_server.bytes, hello);
  expect_ended(c);
  EXPECT_EQ(c.at_client.bytes, join(tls_retry_request(), Bytes({0x15, 3, 3, 0, 2, 2, 49})));
  EXPECT_THAT(rig.texts(), ElementsAre("client allowed tls api.test policy",
                                       "server disallowed tls api.test tls-hrr-sni-changed"));
}

TEST_F(EngineTls, RefusesASecondHelloRetryRequest) {
  Connection& c = rig.connect();
  c.client_sends(hello);
  c.server_sends(tls_retry_request());
  c.client_sends(hello);
  EXPECT_EQ(c.server_sends(tls_retry_request()), Fate::Dropped);
  EXPECT_EQ(rig.lines.back().slug(), "tls-hello-malformed");
  expect_ended(c);
}

TEST_F(EngineTls, RefusesASecondHelloThatDoesNotCome) {
  Connection& c = rig.connect();
  c.client_sends(hello);
  c.server_sends(tls_retry_request());
  rig.advance(limits::kHelloDeadline + 20ms);
  expect_ended(c);
  EXPECT_THAT(rig.texts(), ElementsAre("client allowed tls api.test policy",
                                       "server disallowed tls api.test tls-hello-timeout"));
}

// -- early data -----------------------------------------------------------------------------------

struct EngineEarlyData : EngineTls {
  const Bytes early_hello = tls_hello("api.test", 0, wire::testing::extension(42, {}));
};

TEST_F(EngineEarlyData, HoldsEarlyDataWithTheHelloAndLetsMoreFollow) {
  Connection& c = rig.connect();
  const Bytes early = join(wire::testing::change_cipher_spec(), application_data(300));
  EXPECT_EQ(c.client_sends(slice(early_hello, 0, 90)), Fate::Dropped);
  EXPECT_EQ(c.client_sends(join(slice(early_hello, 90), slice(early, 0, 50))), Fate::Passed);
  EXPECT_EQ(c.client_sends(slice(early, 50)), Fate::Passed);
  EXPECT_EQ(c.at_server.bytes, join(early_hello, early));
  c.server_sends(tls_server_hello());
  EXPECT_EQ(c.mark(), FlowMark::Allowed);
  EXPECT_THAT(rig.lines, SizeIs(2));
}

TEST_F(EngineEarlyData, SkipsEarlyDataInFrontOfTheSecondHello) {
  Connection& c = rig.connect();
  const Bytes early = application_data(300);
  c.client_sends(join(early_hello, slice(early, 0, 77)));  // cut in the middle of a record
  c.server_sends(tls_retry_request());
  c.client_sends(slice(early, 77));
  EXPECT_EQ(c.client_sends(hello), Fate::Passed);
  EXPECT_EQ(c.at_server.bytes, join(join(early_hello, early), hello));
  c.server_sends(tls_server_hello());
  EXPECT_EQ(c.mark(), FlowMark::Allowed);
}

// The client foresees the HelloRetryRequest: its second hello, with another name, is on its way
// before the gateway expects one.
TEST_F(EngineEarlyData, DoesNotLetASecondHelloPassAsEarlyData) {
  Connection& c = rig.connect();
  c.client_sends(early_hello);
  EXPECT_EQ(c.client_sends(tls_hello("evil.test")), Fate::Dropped);
  EXPECT_EQ(c.at_server.bytes, early_hello);
  expect_ended(c);
  EXPECT_THAT(rig.texts(), ElementsAre("client allowed tls api.test policy",
                                       "server disallowed tls api.test tls-hello-malformed"));
}

TEST_F(EngineTls, HoldsWhatFollowsAHelloWithoutEarlyDataUntilTheHandover) {
  Connection& c = rig.connect();
  c.client_sends(hello);
  const Bytes more = application_data(10);
  EXPECT_EQ(c.client().payload(more).send(), Fate::Dropped);
  EXPECT_EQ(c.at_server.bytes, hello);
  c.server_sends(tls_server_hello());
  EXPECT_EQ(c.client_sends(more), Fate::ForwardedKernel);
  EXPECT_EQ(c.at_server.bytes, join(hello, more));
}

TEST_F(EngineTls, ReleasesNothingBehindAHelloWithoutEarlyData) {
  Connection& c = rig.connect();
  EXPECT_EQ(c.client_sends(join(hello, application_data(10))), Fate::Dropped);
  EXPECT_EQ(c.at_server.bytes, hello);  // from our copy
  EXPECT_EQ(c.client().at(0).payload(hello).send(), Fate::Passed);
  c.server_sends(tls_server_hello());
  EXPECT_EQ(c.mark(), FlowMark::Allowed);
}

TEST_F(EngineEarlyData, EndsWithTheSecondHello) {
  Connection& c = rig.connect();
  c.client_sends(early_hello);
  c.server_sends(tls_retry_request());
  c.client_sends(hello);
  EXPECT_EQ(c.client().payload(application_data(10)).send(), Fate::Dropped);
  EXPECT_EQ(c.at_server.bytes, join(early_hello, hello));
  c.server_sends(tls_server_hello());
  EXPECT_EQ(c.mark(), FlowMark::Allowed);
}

// One packet brings the end of the first hello again and the second.
TEST_F(EngineTls, TakesASecondHelloTogetherWithARepetition) {
  Connection& c = rig.connect();
  c.client_sends(hello);
  c.server_sends(tls_retry_request());
  EXPECT_EQ(c.client().at(0).payload(join(hello, hello)).send(), Fate::Passed);
  EXPECT_EQ(c.at_server.bytes, join(hello, hello));
  c.server().payload(tls_server_hello()).send();
  EXPECT_EQ(c.mark(), FlowMark::Allowed);
}

// A hello that came too soon is judged when the server asks for it, even though it is not new when
// the client sends it again.
TEST_F(EngineTls, JudgesASecondHelloThatWasSentTooSoon) {
  for (const std::string_view second : {"api.test", "evil.test"}) {
    rig.lines.clear();
    Connection& c = rig.connect();
    c.client_sends(hello);
    c.client_sends(tls_hello(second));
    EXPECT_EQ(c.at_server.bytes, hello);
    c.server_sends(tls_retry_request());
    if (second == "api.test") {
      EXPECT_EQ(c.at_server.bytes, join(hello, hello));
      EXPECT_EQ(c.at_client.bytes, tls_retry_request());
    } else {
      EXPECT_EQ(rig.lines.back().slug(), "tls-hrr-sni-changed");
      EXPECT_EQ(c.at_server.bytes, hello);
    }
  }
}

// -- DNS on demand --------------------------------------------------------------------------------

TEST_F(EngineTls, HoldsTheHelloWhileItsNameIsLookedUp) {
  Connection& c = rig.connect();
  const Bytes wild = tls_hello("a.wild.test");
  EXPECT_EQ(c.client_sends(wild), Fate::Dropped);
  EXPECT_THAT(rig.asked, ElementsAre("a.wild.test"));
  EXPECT_THAT(rig.lines, IsEmpty());
  rig.advance(30ms);
  EXPECT_THAT(c.at_server.bytes, IsEmpty());
  EXPECT_EQ(c.client().at(0).payload(wild).send(), Fate::Dropped);  // the client's repetition
  rig.answer("a.wild.test", {kServerAddress});
  EXPECT_EQ(c.at_server.bytes, wild);
  c.server_sends(tls_server_hello());
  EXPECT_EQ(c.mark(), FlowMark::Allowed);
  ASSERT_THAT(rig.texts(), ElementsAre("client allowed tls a.wild.test policy",
                                       "server allowed tls a.wild.test policy"));
  EXPECT_EQ(rig.lines[0].reason, "policy:sg-test: *.wild.test");
  EXPECT_EQ(rig.lines[0].evidence, "dns-fresh");
  EXPECT_EQ(rig.lines[0].held_ms, 30);
  EXPECT_EQ(rig.lines[1].held_ms, std::nullopt);
}

TEST_F(EngineTls, AsksARoundRobinSeveralTimes) {
  Connection& c = rig.connect();
  c.client_sends(tls_hello("a.wild.test"));
  for (const std::string_view other : {"203.0.113.8", "203.0.113.9", "203.0.113.10"}) {
    rig.answer("a.wild.test", {other});
    EXPECT_THAT(c.at_server.bytes, IsEmpty());
    rig.advance(limits::kQuestionInterval + 10ms);
  }
  EXPECT_THAT(rig.asked, SizeIs(4));
  rig.answer("a.wild.test", {kServerAddress});
  EXPECT_EQ(c.at_server.bytes, tls_hello("a.wild.test"));
  EXPECT_THAT(rig.lines, SizeIs(1));
}

TEST_F(EngineTls, GivesUpAfterTheLastQuestion) {
  Connection& c = rig.connect();
  c.client_sends(tls_hello("a.wild.test"));
  for (std::size_t i = 0; i < limits::kDnsQuestionsPerHold; ++i) {
    EXPECT_THAT(rig.lines, IsEmpty());
    rig.answer("a.wild.test", {"203.0.113.8"});
    rig.advance(limits::kQuestionInterval + 10ms);
  }
  EXPECT_THAT(rig.asked, SizeIs(limits::kDnsQuestionsPerHold));
  EXPECT_THAT(rig.texts(), ElementsAre("client disallowed tls a.wild.test dns-mismatch"));
  EXPECT_EQ(rig.lines[0].evidence, "none");
  expect_ended(c);
}

TEST_F(EngineTls, RefusesAtTheDeadlineOfTheLookUp) {
  struct Case {
    std::optional<DnsStatus> status;
    std::string_view slug;
  };
  for (const Case& test : {Case{{}, "dns-not-ready"}, Case{DnsStatus::Failed, "dns-failed"},
                           Case{DnsStatus::NoName, "dns-failed"}}) {
    FlowRig fresh;
    fresh.use_policy({"tls:*.wild.test"});
    Connection& c = fresh.connect();
    c.client_sends(tls_hello("a.wild.test"));
    if (test.status) fresh.answer_failed("a.wild.test", *test.status);
    fresh.advance(limits::kResolveDeadline + 20ms);
    ASSERT_THAT(fresh.lines, SizeIs(1));
    EXPECT_EQ(fresh.lines[0].slug(), test.slug);
    EXPECT_GE(fresh.lines[0].held_ms, 1000);
    EXPECT_LE(fresh.lines[0].held_ms, 1020);
    expect_ended(c);
    EXPECT_THAT(c.at_server.bytes, IsEmpty());
  }
}

TEST_F(EngineTls, RefusesANameThatHasOnlyPrivateAddresses) {
  Connection& c = rig.connect();
  c.client_sends(tls_hello("a.wild.test"));
  rig.answer("a.wild.test", {"10.0.0.5"});
  rig.advance(limits::kResolveDeadline + 20ms);
  EXPECT_EQ(rig.lines.back().slug(), "dns-private-address");
}

TEST_F(EngineTls, OtherAnswersDoNotMoveAHeldHello) {
  Connection& c = rig.connect();
  c.client_sends(tls_hello("a.wild.test"));
  rig.answer("b.wild.test", {kServerAddress});
  rig.answer("api.test", {kServerAddress});
  EXPECT_THAT(c.at_server.bytes, IsEmpty());
  EXPECT_THAT(rig.lines, IsEmpty());
}

TEST_F(EngineTls, AnAllowedNameAtTheAddressOfAnotherAllowedNameIsAMismatch) {
  rig.answer("a.wild.test", {"203.0.113.8"});
  Connection& c = rig.connect();
  c.client_sends(tls_hello("a.wild.test"));
  for (int i = 0; i < static_cast<int>(limits::kDnsQuestionsPerHold); ++i) {
    rig.answer("a.wild.test", {"203.0.113.8"});
    rig.advance(limits::kQuestionInterval + 10ms);
  }
  EXPECT_THAT(rig.texts(), ElementsAre("client disallowed tls a.wild.test dns-mismatch"));
}

TEST_F(EngineTls, JudgesAHeldHelloByThePolicyOfTheMomentOfTheAnswer) {
  Connection& c = rig.connect();
  c.client_sends(tls_hello("a.wild.test"));
  rig.use_policy({"443 tls:api.test"});
  rig.answer("a.wild.test", {kServerAddress});
  EXPECT_THAT(rig.texts(), ElementsAre("client disallowed tls a.wild.test not-allowlisted"));
  EXPECT_THAT(c.at_server.bytes, IsEmpty());
}

// -- policy changes, restarts ---------------------------------------------------------------------

TEST_F(EngineTls, EndsConnectionsWhoseRuleGoesWhileTheyAreJudged) {
  Connection& waiting = rig.connect();
  waiting.client_sends(hello);
  Connection& retried = rig.connect();
  retried.client_sends(hello);
  retried.server_sends(tls_retry_request());
  rig.use_policy({"443 tls:other.test"});
  expect_ended(waiting);
  expect_ended(retried);
  EXPECT_THAT(rig.texts(), ElementsAre("client allowed tls api.test policy",
                                       "client allowed tls api.test policy",
                                       "server disallowed tls api.test rule-removed",
                                       "server disallowed tls api.test rule-removed"));
}

TEST_F(EngineTls, KeepsConnectionsWhoseRuleStays) {
  Connection& c = rig.connect();
  c.client_sends(hello);
  rig.use_policy({"443 tls:other.test", "tls:api.test"});
  c.server_sends(tls_server_hello());
  EXPECT_EQ(c.mark(), FlowMark::Allowed);
}

TEST_F(EngineTls, ResetsAConnectionThatWasBeingJudgedWhenTheDaemonRestarted) {
  Connection& by_client = rig.connect();
  by_client.client_sends(hello);
  Connection& by_server = rig.connect();
  by_server.client_sends(hello);
  rig.restart();
  rig.lines.clear();
  EXPECT_EQ(by_client.client().at(0).payload(hello).send(), Fate::Dropped);
  EXPECT_TRUE(by_client.at_client.reset);
  EXPECT_EQ(by_client.mark(), FlowMark::Refused);
  EXPECT_EQ(by_server.server_sends(tls_server_hello()), Fate::Dropped);
  expect_ended(by_server);
  EXPECT_THAT(rig.texts(), ElementsAre("client disallowed unknown 203.0.113.7 state-lost",
                                       "server disallowed unknown 203.0.113.7 state-lost"));
}

TEST_F(EngineTls, GoesOnWithAnOpeningConnectionAfterARestart) {
  Connection& c = rig.connect();
  c.client_sends(slice(hello, 0, 50));
  rig.restart();
  rig.answer("api.test", {kServerAddress});
  c.client().at(50).payload(slice(hello, 50)).send();
  c.client().at(0).payload(hello).send();
  EXPECT_EQ(c.at_server.bytes, hello);
  EXPECT_THAT(rig.texts(), ElementsAre("client allowed tls api.test policy"));
}

TEST_F(EngineTls, AnswersPacketsWithoutConntrackEntryByARefusalAndOneLine) {
  Connection& c = rig.connect();
  rig.flush_conntrack();
  EXPECT_EQ(c.client_sends(hello), Fate::Refused);
  EXPECT_EQ(c.client_sends(hello), Fate::Refused);
  EXPECT_EQ(c.server_sends(tls_server_hello()), Fate::Dropped);
  EXPECT_THAT(rig.texts(), ElementsAre("client disallowed unknown 203.0.113.7 state-lost"));
}

TEST_F(EngineTls, TellsBothEndsOfARevokedConnection) {
  Connection& c = rig.connect();
  c.client_sends(hello);
  c.server_sends(tls_server_hello());
  rig.lines.clear();
  rig.mark(c.tuple) = make_mark(FlowMark::Revoked, c.grant());
  EXPECT_EQ(c.client_sends(application_data(10)), Fate::Dropped);  // still remembered as allowed
  expect_ended(c);
  EXPECT_THAT(rig.lines, IsEmpty());
  EXPECT_EQ(c.at_client.bytes, tls_server_hello());  // no alert: the streams are encrypted
}

TEST_F(EngineTls, TellsBothEndsOfARevokedConnectionAtAnAcknowledgement) {
  Connection& c = rig.connect();
  c.client_sends(hello);
  c.server_sends(tls_server_hello());
  rig.advance(1s);
  rig.mark(c.tuple) = make_mark(FlowMark::Revoked, c.grant());
  EXPECT_EQ(c.server_acks(), Fate::Dropped);
  expect_ended(c);
}

// -- HTTP -----------------------------------------------------------------------------------------

TEST_F(EngineTls, RefusesHttpWithAPageThatNamesTheReason) {
  Connection& c = rig.connect();
  const Bytes request =
      text("GET /secret?x=1 HTTP/1.1\r\nHost: www.test\r\nUser-Agent: curl/8\r\n\r\n");
  c.client_sends(request);
  expect_ended(c);
  const std::string page(c.at_client.bytes.begin(), c.at_client.bytes.end());
  EXPECT_THAT(page, StartsWith("HTTP/1.1 403 Forbidden\r\n"));
  EXPECT_THAT(page, HasSubstr("http-not-allowed: plaintext HTTP is not allowed"));
  const std::string body = page.substr(page.find("\r\n\r\n") + 4);
  EXPECT_THAT(page, HasSubstr("Content-Length: " + std::to_string(body.size()) + "\r\n"));
  ASSERT_THAT(rig.texts(), ElementsAre("client disallowed http www.test http-not-allowed"));
  EXPECT_EQ(rig.lines[0].http_method, "GET");
  EXPECT_EQ(rig.lines[0].http_path, "/secret?x=1");
  EXPECT_EQ(rig.lines[0].http_user_agent, "curl/8");
  EXPECT_EQ(rig.lines[0].proto_v, "1.1");
}

// -- see-thru -------------------------------------------------------------------------------------

struct EngineSeeThru : ::testing::Test {
  FlowRig rig;
};

TEST_F(EngineSeeThru, LetsThroughWhatTheRulesRefuseAndSaysWhy) {
  rig.use_policy({"443 tls:api.test", "see-thru:2026-11-22"});
  Connection& c = rig.connect();
  EXPECT_EQ(c.client_sends(tls_hello("new.test")), Fate::Passed);
  c.server_sends(tls_server_hello());
  EXPECT_EQ(c.mark(), FlowMark::Allowed);
  EXPECT_EQ(c.grant(), policy::make_grant("sg-test", "see-thru", ""));
  ASSERT_THAT(rig.texts(), ElementsAre("client allowed tls new.test not-allowlisted",
                                       "server allowed tls new.test not-allowlisted"));
  for (const LogLine& line : rig.lines) {
    EXPECT_EQ(line.see_thru_exerted, true);
    EXPECT_EQ(line.see_thru_days, 0);
    EXPECT_EQ(line.see_thru_gid, "sg-test");
  }
  EXPECT_THAT(rig.asked, IsEmpty());
}

TEST_F(EngineSeeThru, IsNotExertedWhereARuleAllowsAnyway) {
  rig.use_policy({"443 tls:api.test", "see-thru:2026-12-24"});
  rig.answer("api.test", {kServerAddress});
  Connection& c = rig.connect();
  c.client_sends(tls_hello("api.test"));
  c.server_sends(tls_server_hello());
  ASSERT_THAT(rig.lines, SizeIs(2));
  EXPECT_EQ(rig.lines[0].reason, "policy:sg-test: api.test");
  EXPECT_EQ(rig.lines[0].see_thru_exerted, false);
  EXPECT_EQ(rig.lines[0].see_thru_days, 32);
  EXPECT_EQ(rig.lines[1].see_thru_exerted, false);
}

TEST_F(EngineSeeThru, EndsAtMidnightUtcAndWithoutATrustedClock) {
  rig.use_policy({"see-thru:2026-11-22"});
  rig.advance(12h - 1s - 20min);  // in coarse steps below
  rig.advance(20min);
  Connection& last = rig.connect();
  EXPECT_EQ(last.client_sends(tls_hello("new.test")), Fate::Passed);
  rig.trust_clock(false);
  Connection& untrusted = rig.connect();
  EXPECT_EQ(untrusted.client_sends(tls_hello("new.test")), Fate::Dropped);
  rig.trust_clock(true);
  rig.advance(1s);
  Connection& late = rig.connect();
  EXPECT_EQ(late.client_sends(tls_hello("new.test")), Fate::Dropped);
  ASSERT_THAT(rig.lines, SizeIs(3));
  EXPECT_EQ(rig.lines[2].see_thru_exerted, false);
  EXPECT_EQ(rig.lines[2].see_thru_days, 0);
  EXPECT_EQ(rig.lines[2].outcome, "disallowed");
}

TEST_F(EngineSeeThru, LetsAnOldServerThroughButNotAMalformedHello) {
  rig.use_policy({"443 tls:api.test", "see-thru:2026-12-24"});
  rig.answer("api.test", {kServerAddress});
  Connection& c = rig.connect();
  c.client_sends(tls_hello("api.test"));
  EXPECT_EQ(c.server_sends(tls_server_hello(0x0301)), Fate::Passed);
  EXPECT_EQ(c.mark(), FlowMark::Allowed);
  ASSERT_THAT(rig.texts(), ElementsAre("client allowed tls api.test policy",
                                       "server allowed tls api.test tls-version-server-too-old"));
  EXPECT_EQ(rig.lines[0].see_thru_exerted, false);
  EXPECT_EQ(rig.lines[1].see_thru_exerted, true);
  Connection& bad = rig.connect();
  EXPECT_EQ(bad.client_sends(tls_hello("10.0.0.1")), Fate::Dropped);
  EXPECT_EQ(rig.lines.back().slug(), "tls-sni-ip-literal");
}

TEST_F(EngineSeeThru, DoesNotHelpAnOldServerWhenItIsOver) {
  rig.use_policy({"443 tls:api.test", "see-thru:2026-11-21"});
  rig.answer("api.test", {kServerAddress});
  Connection& c = rig.connect();
  c.client_sends(tls_hello("api.test"));
  EXPECT_EQ(c.server_sends(tls_server_hello(0x0301)), Fate::Dropped);
  expect_ended(c);
  EXPECT_EQ(rig.lines.back().see_thru_exerted, false);
}

TEST_F(EngineSeeThru, LetsHttpThroughWithItsCodeInTheServerLine) {
  rig.use_policy({"see-thru:2026-12-24"});
  Connection& c = rig.connect();
  const Bytes request = text("POST /up HTTP/1.1\r\nHost: www.test\r\nContent-Length: 5\r\n\r\n");
  EXPECT_EQ(c.client_sends(request), Fate::Passed);
  EXPECT_EQ(c.client_sends(text("hello")), Fate::Passed);
  EXPECT_EQ(c.server_sends(text("HTTP/1.1 201 Created\r\n\r\n")), Fate::Passed);
  EXPECT_EQ(c.mark(), FlowMark::Allowed);
  ASSERT_THAT(rig.texts(), ElementsAre("client allowed http www.test http-not-allowed",
                                       "server allowed http www.test http-not-allowed"));
  EXPECT_EQ(rig.lines[0].http_path, "/up");
  EXPECT_EQ(rig.lines[1].http_code, 201);
}

TEST_F(EngineSeeThru, LetsAnUploadLargerThanTheCopyThrough) {
  rig.use_policy({"see-thru:2026-12-24"});
  Connection& c = rig.connect();
  const Bytes upload =
      join(text("PUT /big HTTP/1.1\r\nHost: www.test\r\n\r\n"), Bytes(200'000, 'x'));
  c.client_sends(upload, 1448);
  EXPECT_EQ(c.at_server.bytes.size(), upload.size());
  c.server_sends(text("HTTP/1.1 200 OK\r\n\r\n"));
  EXPECT_EQ(c.mark(), FlowMark::Allowed);
}

TEST_F(EngineSeeThru, HandsUnknownProtocolsOverAtAnAcknowledgement) {
  rig.use_policy({"see-thru:2026-12-24"});
  Connection& c = rig.connect();
  EXPECT_EQ(c.client_sends(text("nonsense")), Fate::Passed);
  EXPECT_EQ(c.mark(), FlowMark::Owned);  // so that acknowledgements are queued
  EXPECT_EQ(c.server_acks(), Fate::Passed);
  EXPECT_EQ(c.mark(), FlowMark::Allowed);
  EXPECT_THAT(rig.texts(), ElementsAre("client allowed unknown 203.0.113.7 proto-unknown"));
}

TEST_F(EngineSeeThru, LetsAServerSpeakFirst) {
  rig.use_policy({"see-thru:2026-12-24"});
  Connection& c = rig.connect();
  EXPECT_EQ(c.server_sends(text("220 mail.test ESMTP\r\n")), Fate::Passed);
  EXPECT_EQ(c.mark(), FlowMark::Allowed);
  EXPECT_THAT(rig.texts(), ElementsAre("client allowed unknown 203.0.113.7 starttls-smtp"));
  EXPECT_EQ(rig.lines[0].see_thru_exerted, true);
}

// The client's first byte was acknowledged in the server's name, so it is ours to deliver.
TEST_F(EngineSeeThru, DeliversWhatItHeldWhenTheServerSpeaksFirst) {
  rig.use_policy({"see-thru:2026-12-24"});
  Connection& c = rig.connect();
  EXPECT_EQ(c.client_sends(text("S")), Fate::Dropped);  // could become an SSH banner
  rig.advance(50ms);
  EXPECT_EQ(c.client_told, 1);
  EXPECT_EQ(c.server_sends(text("220 mail.test ESMTP\r\n")), Fate::Passed);
  EXPECT_EQ(c.at_server.bytes, text("S"));
  EXPECT_EQ(c.server_acks(), Fate::Passed);
  EXPECT_EQ(c.mark(), FlowMark::Allowed);
  EXPECT_THAT(rig.lines, SizeIs(1));
}

// -- SSH ------------------------------------------------------------------------------------------

struct EngineSsh : ::testing::Test {
  EngineSsh() { rig.use_policy({"22 ssh:git.test,other.test"}); }
  Connection& connect() {
    return rig.connect(Tuple{ip(kClientAddress), ip(kServerAddress), next_port++, 22});
  }
  FlowRig rig;
  Port next_port = 2000;
};

TEST_F(EngineSsh, HandsOverWhenTheClientSpeaksFirst) {
  rig.answer("git.test", {kServerAddress});
  Connection& c = connect();
  EXPECT_EQ(c.client_sends(kSshBanner), Fate::Passed);
  EXPECT_EQ(c.client_sends(text("key exchange")), Fate::Passed);
  EXPECT_EQ(c.server_sends(text("SSH-2.0-dropbear\r\n")), Fate::Passed);
  EXPECT_EQ(c.mark(), FlowMark::Allowed);
  EXPECT_EQ(c.at_server.bytes, join(kSshBanner, text("key exchange")));
  ASSERT_THAT(rig.texts(), ElementsAre("client allowed ssh git.test policy",
                                       "server allowed ssh git.test policy"));
  EXPECT_EQ(rig.lines[0].proto_v, "2.0");
  EXPECT_EQ(rig.lines[0].evidence, "dns");
}

TEST_F(EngineSsh, HandsOverWhenTheServerSpeaksFirst) {
  rig.answer("git.test", {kServerAddress});
  Connection& c = connect();
  EXPECT_EQ(c.server_sends(kSshBanner), Fate::Passed);
  EXPECT_THAT(rig.lines, IsEmpty());
  EXPECT_EQ(c.client_sends(text("SSH-2.0-client\r\n")), Fate::Passed);
  EXPECT_EQ(c.server_sends(text("key exchange")), Fate::Passed);
  EXPECT_EQ(c.mark(), FlowMark::Allowed);
  EXPECT_THAT(rig.texts(), ElementsAre("client allowed ssh git.test policy",
                                       "server allowed ssh git.test policy"));
}

// An acknowledgement of bytes that were not released yet proves nothing.
TEST_F(EngineSsh, DoesNotBelieveAcknowledgementsInAdvance) {
  rig.answer("git.test", {kServerAddress});
  Connection& c = connect();
  c.server().payload(kSshBanner).ack(1000).send();
  c.server_sent = static_cast<std::int64_t>(kSshBanner.size());
  c.client().payload(text("SSH-2.0-client\r\n")).lost().send();
  EXPECT_EQ(c.server_sends(text("key exchange")), Fate::Passed);
  EXPECT_EQ(c.mark(), FlowMark::ClientGood);
  c.client_sends(text("SSH-2.0-client\r\n"));
  c.server_sends(text("more"));
  EXPECT_EQ(c.mark(), FlowMark::Allowed);
}

TEST_F(EngineSsh, RefusesAServerThatIsSilent) {
  rig.answer("git.test", {kServerAddress});
  Connection& c = connect();
  c.client_sends(kSshBanner);
  rig.advance(limits::kServerDeadline + 20ms);
  expect_ended(c);
  EXPECT_THAT(rig.texts(), ElementsAre("client allowed ssh git.test policy",
                                       "server disallowed ssh git.test server-timeout"));
}

TEST_F(EngineSsh, RefusesAClientThatIsSilent) {
  rig.answer("git.test", {kServerAddress});
  Connection& c = connect();
  c.server_sends(kSshBanner);
  rig.advance(limits::kHelloDeadline + 20ms);
  expect_ended(c);
  EXPECT_THAT(rig.texts(), ElementsAre("client disallowed ssh git.test ssh-banner-timeout"));
}

TEST_F(EngineSsh, LooksUpTheNamesOfTheRulesForTheDestination) {
  Connection& c = connect();
  EXPECT_EQ(c.client_sends(kSshBanner), Fate::Dropped);
  EXPECT_THAT(rig.asked, ElementsAre("git.test", "other.test"));
  rig.answer("unasked.test", {kServerAddress});
  rig.answer("other.test", {"203.0.113.99"});
  rig.answer("other.test", {"203.0.113.99"});
  EXPECT_THAT(rig.lines, IsEmpty());  // one answer is still missing
  rig.answer("git.test", {kServerAddress});
  EXPECT_EQ(c.at_server.bytes, kSshBanner);
  ASSERT_THAT(rig.texts(), ElementsAre("client allowed ssh git.test policy"));
  EXPECT_EQ(rig.lines[0].evidence, "dns-fresh");
}

TEST_F(EngineSsh, RefusesWhenNoNameOfTheRulesHasTheDestination) {
  Connection& c = connect();
  c.client_sends(kSshBanner);
  rig.answer("other.test", {"203.0.113.99"});
  rig.answer("git.test", {"203.0.113.98"});
  expect_ended(c);
  EXPECT_THAT(rig.texts(), ElementsAre("client disallowed ssh 203.0.113.7 not-allowlisted"));
}

TEST_F(EngineSsh, HoldsAServerThatSpeaksFirstUntilTheAnswerIsThere) {
  Connection& c = connect();
  EXPECT_EQ(c.server().payload(kSshBanner).send(), Fate::Dropped);
  EXPECT_THAT(rig.asked, SizeIs(2));
  rig.answer("git.test", {kServerAddress});
  rig.advance(200ms);
  EXPECT_EQ(c.server_sends(kSshBanner), Fate::Passed);  // sent again
  EXPECT_EQ(c.at_client.bytes, kSshBanner);
  EXPECT_THAT(rig.asked, SizeIs(2));
}

TEST_F(EngineSsh, RefusesAServerThatSpeaksFirstAtAnotherAddress) {
  Connection& c = connect();
  c.server().payload(kSshBanner).send();
  rig.answer("git.test", {"203.0.113.98"});
  rig.advance(1100ms);
  EXPECT_EQ(c.server().payload(kSshBanner).send(), Fate::Dropped);
  expect_ended(c);
  EXPECT_THAT(rig.texts(), ElementsAre("client disallowed unknown 203.0.113.7 proto-server-first"));
}

TEST_F(EngineSsh, FindsTheNameOfARuleAmongManyNamesAtTheAddress) {
  for (int i = 0; i < 200; ++i) rig.answer("n" + std::to_string(i) + ".test", {kServerAddress});
  rig.answer("git.test", {kServerAddress});
  Connection& c = connect();
  EXPECT_EQ(c.client_sends(kSshBanner), Fate::Passed);
}

TEST_F(EngineSsh, NamesTheReasonOfARefusal) {
  rig.answer("git.test", {kServerAddress});
  struct Case {
    bool server;
    std::string_view bytes, want;
  };
  const std::vector<Case> cases = {
      {false, "SSH-1.5-x\r\n", "client disallowed ssh 203.0.113.7 ssh-version-client"},
      {false, "SSH-2.0-x\x01\r\n", "client disallowed ssh 203.0.113.7 ssh-banner-malformed"},
      {true, "SSH-2.0-x\x01\r\n", "client disallowed ssh git.test ssh-banner-malformed"},
      {true, "HTTP/1.1 400\r\n", "client disallowed ssh git.test proto-server-first"},
  };
  for (const Case& test : cases) {
    rig.lines.clear();
    Connection& c = connect();
    EXPECT_EQ(test.server ? c.server_sends(text(test.bytes)) : c.client_sends(text(test.bytes)),
              Fate::Dropped)
        << test.want;
    expect_ended(c);
    EXPECT_THAT(rig.texts(), ElementsAre(test.want));
  }
}

TEST_F(EngineSsh, RefusesAnOldServer) {
  rig.answer("git.test", {kServerAddress});
  for (const bool server_first : {false, true}) {
    rig.lines.clear();
    Connection& c = connect();
    if (server_first) c.server_sends(text("SSH-1.5-old\r\n"));
    c.client_sends(kSshBanner);
    if (!server_first) c.server_sends(text("SSH-1.5-old\r\n"));
    EXPECT_THAT(rig.texts(), ElementsAre("client allowed ssh git.test policy",
                                         "server disallowed ssh git.test ssh-version-server"));
    EXPECT_TRUE(c.at_client.reset);
    EXPECT_EQ(c.mark(), FlowMark::Refused);
    EXPECT_EQ(c.at_server.bytes.empty(), server_first);
  }
}

TEST_F(EngineSsh, RefusesAnotherProtocolOfTheClientToAServerThatSpokeSsh) {
  rig.answer("git.test", {kServerAddress});
  rig.use_policy({"22 ssh:git.test", "22 tls:git.test"});
  Connection& c = connect();
  c.server_sends(kSshBanner);
  EXPECT_EQ(c.client_sends(tls_hello("git.test")), Fate::Dropped);
  expect_ended(c);
  EXPECT_THAT(rig.texts(), ElementsAre("client allowed tls git.test policy",
                                       "server disallowed tls git.test tls-server-mismatch"));
  EXPECT_EQ(c.at_client.bytes, kSshBanner);  // no alert behind a banner
}

// -- other packets --------------------------------------------------------------------------------

TEST_F(EngineTls, RefusesASynWithPayloadOrOptionsOrToASpecialAddress) {
  struct Case {
    std::string_view to;
    Bytes payload;
    bool options;
    std::string_view slug;
  };
  for (const Case& test : {Case{kServerAddress, text("x"), false, "tcp-syn-data"},
                           Case{kServerAddress, {}, true, "ip-option"}}) {
    FlowRig fresh;
    Connection& c = fresh.connect(Tuple{ip(kClientAddress), ip(test.to), 5, 443});
    fresh.mark(c.tuple) = 0;
    EXPECT_EQ(c.syn(77, test.payload, test.options), Fate::Refused);
    ASSERT_THAT(fresh.lines, SizeIs(1));
    EXPECT_EQ(fresh.lines[0].slug(), test.slug);
  }
}

TEST_F(EngineTls, LetsOnlyTheSameSynPassAgain) {
  Connection& c = rig.connect({}, 1000);
  EXPECT_EQ(c.syn(1000), Fate::Passed);
  EXPECT_EQ(c.syn(1001), Fate::Dropped);
  EXPECT_EQ(c.mark(), FlowMark::Opening);
  EXPECT_THAT(rig.lines, IsEmpty());
}

TEST_F(EngineTls, PassesPayloadFreePacketsThatTheKernelAsksAbout) {
  Connection& c = rig.connect();
  EXPECT_TRUE(rig.packet(c.client().flags(wire::kTcpAck).bytes(), rig.mark(c.tuple)).accept);
  EXPECT_EQ(rig.engine().flows(), 0U);
}

}  // namespace
}  // namespace dn::engine::testing
