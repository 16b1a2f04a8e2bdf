// Connections for one revocation list: what passes, what ends them, what the log says, and that
// nothing but the judged request ever reaches the server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/limits.h"
#include "engine/engine.h"
#include "engine/testing/flow_rig.h"

namespace dn::engine::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const Bytes kRequest = text("GET /a.crl HTTP/1.1\r\nHost: crl.test\r\nUser-Agent: curl/8\r\n\r\n");
const Bytes kAnswer = text("HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n");
const Bytes kSecond = text("POST /upload HTTP/1.1\r\nHost: crl.test\r\n\r\n");

struct EngineCrl : ::testing::Test {
  EngineCrl() {
    rig.use_policy(kRules);
    rig.answer("crl.test", {kServerAddress});
  }
  Connection& connect() {
    return rig.connect(Tuple{ip(kClientAddress), ip(kServerAddress), next_port++, 80});
  }
  // One whose answer has begun.
  Connection& fetch() {
    Connection& c = connect();
    EXPECT_EQ(c.client_sends(kRequest), Fate::Passed);
    EXPECT_EQ(c.server_sends(kAnswer), Fate::Passed);
    return c;
  }
  static void expect_ended(Connection& c) {
    EXPECT_TRUE(c.at_client.reset);
    EXPECT_TRUE(c.at_server.reset);
    EXPECT_EQ(c.mark(), FlowMark::Refused);
    EXPECT_EQ(c.at_server.bytes, kRequest);
  }

  const std::vector<std::string> kRules = {"443 tls:api.test",
                                           "crl:api.test http://crl.test/a.crl"};
  FlowRig rig;
  Port next_port = 2000;
};

TEST_F(EngineCrl, FetchesAListAndNeverHandsTheConnectionOver) {
  Connection& c = fetch();
  EXPECT_EQ(c.mark(), FlowMark::ClientGood);
  const Bytes body(200'000, 'x');
  EXPECT_EQ(c.server_sends(body, 1448), Fate::Passed);
  EXPECT_EQ(c.client_acks(), Fate::ForwardedKernel);
  EXPECT_EQ(c.at_client.bytes, join(kAnswer, body));
  EXPECT_EQ(c.at_server.bytes, kRequest);
  EXPECT_EQ(c.mark(), FlowMark::ClientGood);
  EXPECT_EQ(c.grant(), policy::make_grant("sg-test", "x509-crl", "http://crl.test/a.crl"));
  EXPECT_THAT(rig.injected, IsEmpty());
  EXPECT_EQ(rig.engine().held_bytes(), kRequest.size());
  EXPECT_THAT(rig.texts(), ElementsAre("client allowed http crl.test x509-crl"));
  EXPECT_EQ(c.client().flags(wire::kTcpFin | wire::kTcpAck).send(), Fate::Passed);
  EXPECT_EQ(c.server().flags(wire::kTcpFin | wire::kTcpAck).send(), Fate::Passed);
  ASSERT_THAT(rig.texts(), ElementsAre("client allowed http crl.test x509-crl",
                                       "server allowed http crl.test x509-crl"));
  const LogLine& client = rig.lines[0];
  EXPECT_EQ(client.reason, "x509-crl:sg-test: api.test");
  EXPECT_EQ(client.http_method, "GET");
  EXPECT_EQ(client.http_path, "/a.crl");
  EXPECT_EQ(client.http_user_agent, "curl/8");
  EXPECT_EQ(client.evidence, "dns");
  EXPECT_EQ(rig.lines[1].http_code, 200);
  rig.advance(limits::kBrokenOffDeadline + 1s);
  EXPECT_EQ(rig.engine().flows(), 0U);
  EXPECT_FALSE(c.at_client.reset);  // it had ended by itself
  EXPECT_THAT(rig.lines, SizeIs(2));
}

TEST_F(EngineCrl, FetchesItsHeadToo) {
  Connection& c = connect();
  EXPECT_EQ(c.client_sends(text("HEAD /a.crl HTTP/1.0\r\nHost: CRL.test:80\r\n\r\n")),
            Fate::Passed);
  EXPECT_EQ(c.server_sends(kAnswer), Fate::Passed);
  c.server().flags(wire::kTcpFin | wire::kTcpAck).send();
  EXPECT_THAT(rig.texts(), ElementsAre("client allowed http crl.test x509-crl",
                                       "server allowed http crl.test x509-crl"));
  EXPECT_EQ(rig.lines[0].http_method, "HEAD");
}

TEST_F(EngineCrl, RefusesEverythingElse) {
  struct Case {
    std::string_view request, want;
  };
  for (const Case& test : {
           Case{"POST /a.crl HTTP/1.1\r\nHost: crl.test\r\n\r\n", "http-method"},
           Case{"GET /b.crl HTTP/1.1\r\nHost: crl.test\r\n\r\n", "http-path"},
           Case{"GET /a.crl?x HTTP/1.1\r\nHost: crl.test\r\n\r\n", "http-path"},
           Case{"GET http://crl.test/a.crl HTTP/1.1\r\nHost: crl.test\r\n\r\n", "http-path"},
           Case{"GET /a.crl HTTP/1.1\r\nHost: api.test\r\n\r\n", "http-not-allowed"},
           Case{"GET /a.crl HTTP/1.1\r\nHost: crl.test:81\r\n\r\n", "http-not-allowed"},
           Case{"GET /a.crl HTTP/1.0\r\n\r\n", "http-not-allowed"},
           Case{"GET /a.crl HTTP/1.1\r\nHost: crl.test\r\nContent-Length: 4\r\n\r\n", "http-body"},
           Case{"GET /a.crl HTTP/1.1\r\nHost: crl.test\r\nTransfer-Encoding: chunked\r\n\r\n",
                "http-body"},
           Case{"GET /a.crl HTTP/1.1\r\nHost: crl.test\r\nUpgrade: h2c\r\n\r\n", "http-upgrade"},
           Case{"CONNECT crl.test:80 HTTP/1.1\r\nHost: crl.test\r\n\r\n", "http-connect"},
           Case{"GET /a.crl HTTP/1.1\r\nHost: crl.test\r\nHost: crl.test\r\n\r\n",
                "http-malformed"},
       }) {
    rig.lines.clear();
    Connection& c = connect();
    EXPECT_EQ(c.client_sends(text(test.request)), Fate::Dropped) << test.request;
    EXPECT_THAT(c.at_server.bytes, IsEmpty()) << test.request;
    EXPECT_THAT(as_text(c.at_client.bytes), HasSubstr(test.want));
    EXPECT_EQ(c.mark(), FlowMark::Refused);
    ASSERT_THAT(rig.lines, SizeIs(1));
    EXPECT_EQ(rig.lines[0].slug(), test.want) << test.request;
    EXPECT_EQ(rig.lines[0].outcome, "disallowed");
  }
}

TEST_F(EngineCrl, RefusesAnotherClientAndAnotherAddress) {
  Connection& stranger = rig.connect(Tuple{ip("10.0.1.77"), ip(kServerAddress), 2000, 80});
  EXPECT_EQ(stranger.client_sends(kRequest), Fate::Dropped);
  Connection& elsewhere = rig.connect(Tuple{ip(kClientAddress), ip("203.0.113.99"), 2000, 80});
  EXPECT_EQ(elsewhere.client_sends(kRequest), Fate::Dropped);
  EXPECT_THAT(rig.asked, ElementsAre("crl.test"));
  for (int i = 0; i < 12; ++i) {
    rig.answer("crl.test", {kServerAddress});
    rig.advance(limits::kQuestionInterval + 20ms);
  }
  EXPECT_THAT(elsewhere.at_server.bytes, IsEmpty());
  EXPECT_THAT(rig.texts(), ElementsAre("client disallowed http crl.test client-unknown",
                                       "client disallowed http crl.test dns-mismatch"));
  EXPECT_EQ(rig.lines[1].http_path, "/a.crl");
}

TEST_F(EngineCrl, HoldsTheRequestForALookUp) {
  Connection& c = rig.connect(Tuple{ip(kClientAddress), ip("203.0.113.99"), 2000, 80});
  EXPECT_EQ(c.client_sends(kRequest), Fate::Dropped);
  rig.advance(40ms);
  rig.answer("crl.test", {"203.0.113.99"});
  EXPECT_EQ(c.at_server.bytes, kRequest);
  ASSERT_THAT(rig.texts(), ElementsAre("client allowed http crl.test x509-crl"));
  EXPECT_EQ(rig.lines[0].evidence, "dns-fresh");
  EXPECT_EQ(rig.lines[0].http_path, "/a.crl");
  EXPECT_EQ(rig.lines[0].held_ms, 40);
  EXPECT_EQ(c.client_sends(kSecond), Fate::Dropped);
  expect_ended(c);
}

TEST_F(EngineCrl, RefusesASecondRequestInTheSamePacket) {
  Connection& c = connect();
  EXPECT_EQ(c.client_sends(join(kRequest, kSecond)), Fate::Dropped);
  EXPECT_THAT(c.at_server.bytes, IsEmpty());
  EXPECT_THAT(as_text(c.at_client.bytes), HasSubstr("http-second-request"));
  EXPECT_THAT(rig.texts(), ElementsAre("client disallowed http crl.test http-second-request"));
}

TEST_F(EngineCrl, RefusesASecondRequestThatCameWhileTheFirstWasHeld) {
  Connection& c = rig.connect(Tuple{ip(kClientAddress), ip("203.0.113.99"), 2000, 80});
  c.client_sends(kRequest);
  EXPECT_EQ(c.client_sends(kSecond), Fate::Dropped);
  rig.answer("crl.test", {"203.0.113.99"});
  EXPECT_THAT(c.at_server.bytes, IsEmpty());
  EXPECT_THAT(rig.texts(), ElementsAre("client disallowed http crl.test http-second-request"));
}

TEST_F(EngineCrl, RefusesASecondRequestBeforeTheAnswer) {
  Connection& c = connect();
  c.client_sends(kRequest);
  EXPECT_EQ(c.client_sends(kSecond), Fate::Dropped);
  expect_ended(c);
  EXPECT_THAT(rig.texts(), ElementsAre("client allowed http crl.test x509-crl",
                                       "server disallowed http crl.test http-second-request"));
}

TEST_F(EngineCrl, RefusesASecondRequestAfterTheAnswer) {
  for (const bool later : {false, true}) {
    rig.lines.clear();
    Connection& c = fetch();
    c.server_sends(Bytes(400, 'x'));
    if (later) rig.advance(limits::kOneRequestPause - 1s);
    EXPECT_EQ(c.client_sends(kRequest), Fate::Dropped);  // even the same one
    expect_ended(c);
    EXPECT_THAT(rig.texts(), ElementsAre("client allowed http crl.test x509-crl",
                                         "server disallowed http crl.test http-second-request"));
    EXPECT_EQ(rig.lines.back().http_code, 200);
  }
}

TEST_F(EngineCrl, RefusesASingleByteMore) {
  for (const bool with_the_request : {false, true}) {
    Connection& c = fetch();
    const Bytes bytes = with_the_request ? join(kRequest, text("x")) : text("x");
    EXPECT_EQ(c.client().at(with_the_request ? 0 : c.client_sent).payload(bytes).send(),
              Fate::Dropped);
    expect_ended(c);
  }
}

TEST_F(EngineCrl, LetsTheRequestPassAgainWhileTheServerAnswers) {
  Connection& c = fetch();
  EXPECT_EQ(c.client().at(0).payload(kRequest).send(), Fate::Passed);
  EXPECT_EQ(c.client().at(4).payload(slice(kRequest, 4, 9)).send(), Fate::Passed);
  EXPECT_EQ(c.mark(), FlowMark::ClientGood);
  Bytes other = kRequest;
  other[6] = 'b';
  EXPECT_EQ(c.client().at(0).payload(other).send(), Fate::Dropped);
  expect_ended(c);
  EXPECT_EQ(rig.lines.back().slug(), "tcp-retransmit-conflict");
}

// What comes back after a decoy that the server never got.
TEST_F(EngineCrl, DoesNotBelieveAnEndThatTheServerNeverSaw) {
  Connection& c = fetch();
  c.client().flags(wire::kTcpFin | wire::kTcpAck).lost().send();
  c.client().flags(wire::kTcpRst | wire::kTcpAck).lost().send();
  EXPECT_EQ(c.client_sends(kSecond), Fate::Dropped);
  expect_ended(c);
  EXPECT_EQ(rig.lines.back().slug(), "http-second-request");
  Connection& forgotten = fetch();
  forgotten.client().flags(wire::kTcpRst | wire::kTcpAck).lost().send();
  rig.advance(limits::kBrokenOffDeadline + 1s);
  EXPECT_EQ(rig.engine().flows(), 0U);
  EXPECT_EQ(forgotten.client_sends(kSecond), Fate::Dropped);
  EXPECT_EQ(forgotten.at_server.bytes, kRequest);
  EXPECT_EQ(forgotten.mark(), FlowMark::Refused);
  EXPECT_EQ(rig.lines.back().slug(), "state-lost");
}

TEST_F(EngineCrl, EndsAConnectionOnWhichNothingComes) {
  Connection& c = fetch();
  rig.advance(limits::kOneRequestPause - 100ms);
  EXPECT_EQ(c.server_sends(Bytes(10, 'x')), Fate::Passed);
  rig.advance(limits::kOneRequestPause - 100ms);
  EXPECT_THAT(rig.lines, SizeIs(1));
  rig.advance(200ms);
  expect_ended(c);
  EXPECT_THAT(rig.texts(), ElementsAre("client allowed http crl.test x509-crl",
                                       "server allowed http crl.test x509-crl"));
}

TEST_F(EngineCrl, EndsAnAnswerThatTrickles) {
  Connection& c = fetch();
  const auto turns = limits::kOneRequestDeadline / 20s + 1;
  for (int i = 0; i < turns && !c.at_client.reset; ++i) {
    c.server_sends(text("x"));
    rig.advance(20s);
  }
  expect_ended(c);
}

TEST_F(EngineCrl, EndsAnAnswerWithoutEnd) {
  Connection& c = fetch();
  c.server_sent = static_cast<std::int64_t>(limits::kOneRequestAnswerBytesMax) - 10;
  EXPECT_EQ(c.server_sends(Bytes(10, 'x')), Fate::Passed);
  EXPECT_EQ(c.server_sends(Bytes(1, 'x')), Fate::Dropped);
  EXPECT_TRUE(c.at_server.reset);
  EXPECT_EQ(c.mark(), FlowMark::Refused);
  EXPECT_EQ(rig.lines.back().slug(), "overload");
}

TEST_F(EngineCrl, EndsWithItsRule) {
  Connection& c = fetch();
  rig.use_policy(kRules);
  EXPECT_EQ(c.mark(), FlowMark::ClientGood);
  rig.use_policy({"443 tls:api.test", "crl:api.test http://crl.test/b.crl"});
  expect_ended(c);
  EXPECT_EQ(rig.lines.back().slug(), "rule-removed");
  EXPECT_EQ(rig.lines.back().cat, "server");
}

TEST_F(EngineCrl, IsTornDownByARestart) {
  Connection& c = fetch();
  rig.restart();
  EXPECT_EQ(c.server_sends(Bytes(10, 'x')), Fate::Dropped);
  expect_ended(c);
  EXPECT_EQ(rig.lines.back().slug(), "state-lost");
}

TEST_F(EngineCrl, OwnsAndDeliversARequestInPieces) {
  Connection& c = connect();
  EXPECT_EQ(c.client_sends(slice(kRequest, 0, 20)), Fate::Dropped);
  rig.advance(50ms);
  EXPECT_EQ(c.client_told, 20);
  c.client_sends(slice(kRequest, 20));
  EXPECT_EQ(c.at_server.bytes, kRequest);
  EXPECT_EQ(c.mark(), FlowMark::Owned);
  EXPECT_EQ(c.server_sends(kAnswer), Fate::Passed);
  EXPECT_EQ(c.mark(), FlowMark::ClientGood);  // acknowledgements need not be queued any more
  EXPECT_EQ(c.client_sends(kSecond), Fate::Dropped);
  expect_ended(c);
}

TEST_F(EngineCrl, RefusesAServerThatDoesNotSpeakHttp) {
  Connection& c = connect();
  c.client_sends(kRequest);
  EXPECT_EQ(c.server_sends(text("SSH-2.0-x\r\n")), Fate::Dropped);
  expect_ended(c);
  EXPECT_THAT(rig.texts(), ElementsAre("client allowed http crl.test x509-crl",
                                       "server disallowed http crl.test http-server-mismatch"));
}

TEST_F(EngineCrl, ReadsAnAnswerInPieces) {
  Connection& c = connect();
  c.client_sends(kRequest);
  EXPECT_EQ(c.server_sends(kAnswer, 3), Fate::Passed);
  EXPECT_EQ(c.at_client.bytes, kAnswer);
  EXPECT_EQ(c.server().payload(text("end")).flags(wire::kTcpFin | wire::kTcpAck).send(),
            Fate::Passed);
  EXPECT_EQ(rig.lines.back().http_code, 200);
}

TEST_F(EngineCrl, AReusedPortIsJudgedAnew) {
  Connection& first = fetch();
  Connection& second = rig.connect(first.tuple, 0x33330000);
  EXPECT_EQ(second.client_sends(kSecond), Fate::Dropped);
  EXPECT_THAT(second.at_server.bytes, IsEmpty());
  EXPECT_THAT(rig.texts(), ElementsAre("client allowed http crl.test x509-crl",
                                       "server allowed http crl.test x509-crl",
                                       "client disallowed http crl.test http-path"));
}

TEST_F(EngineCrl, SeeThruLetsAFurtherRequestPass) {
  auto rules = kRules;
  rules.emplace_back("see-thru:2026-12-24");
  rig.use_policy(rules);
  Connection& c = fetch();
  EXPECT_EQ(c.mark(), FlowMark::Allowed);
  EXPECT_EQ(c.grant(), policy::make_grant("sg-test", "see-thru", ""));
  ASSERT_THAT(rig.texts(), ElementsAre("client allowed http crl.test x509-crl",
                                       "server allowed http crl.test x509-crl"));
  EXPECT_EQ(rig.lines[0].see_thru_exerted, false);
}

TEST_F(EngineCrl, KeepsNoMoreThanItsRequestForEachConnection) {
  for (int i = 0; i < 100; ++i) {
    Connection& c = fetch();
    c.server_sends(Bytes(20'000, 'x'), 1448);
  }
  EXPECT_EQ(rig.engine().flows(), 100U);
  EXPECT_LT(rig.engine().held_bytes(), 100U * 4096U);
  rig.advance(limits::kOneRequestPause + 1s);
  EXPECT_EQ(rig.engine().flows(), 0U);
}

}  // namespace
}  // namespace dn::engine::testing
