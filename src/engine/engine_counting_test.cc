// What the engine counts for the metrics: each line of a connection once, by side, outcome, reason
// and protocol; the time to the hand-over; the time held for look-ups.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "base/limits.h"
#include "engine/testing/flow_rig.h"

namespace dn::engine::testing {
namespace {

using ::testing::IsEmpty;

using Tally = std::map<std::string, std::uint64_t>;

// "client allowed tls policy"
std::string key_of(const LogLine& line) {
  return line.cat + " " + line.outcome + " " + line.proto + " " + line.slug();
}

Tally tally_of(const std::vector<LogLine>& lines) {
  Tally tally;
  for (const LogLine& line : lines) ++tally[key_of(line)];
  return tally;
}

Tally tally_of(const Decisions& decisions) {
  Tally tally;
  decisions.for_each([&](const Decision& decision, std::uint64_t count) {
    LogLine line;
    line.cat = decision.side == records::PacketOrigin::Client ? "client" : "server";
    line.outcome = decision.outcome == records::Outcome::Allowed ? "allowed" : "disallowed";
    line.proto = to_text(decision.protocol);
    line.reason = decision.reason == Reason::None ? "policy" : slug_of(decision.reason);
    tally[key_of(line)] += count;
  });
  return tally;
}

struct EngineCounting : ::testing::Test {
  EngineCounting() {
    rig.use_policy({"443 tls:api.test,*.wild.test", "22 ssh:git.test"});
    rig.answer("api.test", {kServerAddress});
    rig.answer("git.test", {kServerAddress});
  }
  const EngineCounters& counters() { return rig.engine().counters(); }
  void expect_lines_counted() { EXPECT_EQ(tally_of(counters().decisions), tally_of(rig.lines)); }
  FlowRig rig;
};

TEST_F(EngineCounting, AgreesWithTheLinesOfTheLog) {
  for (int i = 0; i < 3; ++i) {
    Connection& good = rig.connect();
    good.client_sends(tls_hello("api.test"));
    good.server_sends(tls_server_hello());
  }
  rig.connect().client_sends(tls_hello("evil.test"));
  rig.connect().client_sends(old_tls_hello("api.test"));
  rig.connect().client_sends(text("GET / HTTP/1.1\r\nHost: www.test\r\n\r\n"));
  rig.connect().client_sends(text("nonsense\r\n\r\n"));
  Connection& old_server = rig.connect();
  old_server.client_sends(tls_hello("api.test"));
  old_server.server_sends(tls_server_hello(0x0302));
  Connection& alert = rig.connect();
  alert.client_sends(tls_hello("api.test"));
  alert.server_sends(tls_alert(40));
  Connection& ssh = rig.connect(Tuple{ip(kClientAddress), ip(kServerAddress), 2000, 22});
  ssh.server_sends(text("SSH-2.0-OpenSSH_9.2p1\r\n"));
  ssh.client_sends(text("SSH-2.0-OpenSSH_9.2p1\r\n"));
  rig.advance(limits::kHelloDeadline + 1s);
  EXPECT_GE(tally_of(rig.lines).size(), 9U);
  EXPECT_EQ(tally_of(rig.lines)["server allowed tls tls-alert"], 1U);
  expect_lines_counted();
}

TEST_F(EngineCounting, NamesWhatSeeThruOverruled) {
  rig.use_policy({"443 tls:api.test", "see-thru:2026-12-24"});
  Connection& unlisted = rig.connect();
  unlisted.client_sends(tls_hello("other.test"));
  unlisted.server_sends(tls_server_hello());
  Connection& old_server = rig.connect();
  old_server.client_sends(tls_hello("api.test"));
  old_server.server_sends(tls_server_hello(0x0302));
  Connection& first = rig.connect(Tuple{ip(kClientAddress), ip(kServerAddress), 2000, 25});
  first.server_sends(text("220 mail.test ESMTP\r\n"));
  EXPECT_EQ(tally_of(rig.lines)["client allowed tls not-allowlisted"], 1U);
  EXPECT_EQ(tally_of(rig.lines)["server allowed tls tls-version-server-too-old"], 1U);
  EXPECT_EQ(tally_of(rig.lines)["client allowed unknown starttls-smtp"], 1U);
  expect_lines_counted();
}

TEST_F(EngineCounting, CountsThoughTheLogIsOff) {
  policy::Preferences quiet;
  quiet.flow_log_verbosity = policy::FlowLogVerbosity::None;
  rig.use_policy({"443 tls:api.test"}, quiet);
  rig.connect().client_sends(tls_hello("evil.test"));
  EXPECT_THAT(rig.lines, IsEmpty());
  EXPECT_EQ(tally_of(counters().decisions), (Tally{{"client disallowed tls not-allowlisted", 1}}));
}

TEST_F(EngineCounting, TimesTheHandshakeFromTheFirstByteOfTheClient) {
  const Bytes hello = tls_hello("api.test", 1200);
  Connection& c = rig.connect();
  rig.advance(500ms);  // the client has not spoken yet
  c.client_sends(slice(hello, 0, 600));
  rig.advance(10ms);
  c.client_sends(slice(hello, 600));
  rig.advance(30ms);
  EXPECT_EQ(counters().handshake.count(), 0U);
  c.server_sends(tls_server_hello());
  EXPECT_EQ(counters().handshake.count(), 1U);
  EXPECT_EQ(counters().handshake.sum(), 40ms);
  EXPECT_EQ(counters().held.count(), 0U);
  rig.connect().client_sends(tls_hello("evil.test"));
  EXPECT_EQ(counters().handshake.count(), 1U) << "a refused one has no hand-over";
}

TEST_F(EngineCounting, TimesWhatAHelloWaitedForItsLookUp) {
  Connection& c = rig.connect();
  c.client_sends(tls_hello("a.wild.test"));
  rig.advance(120ms);
  rig.answer("a.wild.test", {kServerAddress});
  ASSERT_EQ(rig.lines.size(), 1U);
  EXPECT_EQ(rig.lines[0].held_ms, 120);
  EXPECT_EQ(counters().held.count(), 1U);
  EXPECT_EQ(counters().held.sum(), 120ms);
  c.server_sends(tls_server_hello());
  EXPECT_EQ(counters().held.count(), 1U);
  EXPECT_EQ(counters().handshake.sum(), 120ms);
}

TEST_F(EngineCounting, CountsEachStrayPacketThoughItHasNoLine) {
  Connection& c = rig.connect();
  c.client_sends(tls_hello("api.test"));
  c.server_sends(tls_server_hello());
  rig.advance(limits::kStragglers + 1s);
  const std::size_t lines = rig.lines.size();
  const auto stray = static_cast<std::size_t>(Reason::StateLost);
  for (int i = 0; i < 3; ++i) {
    rig.packet(c.client().payload(application_data(5)).bytes(), make_mark(FlowMark::Lost));
  }
  EXPECT_EQ(counters().strays[stray], 3U);
  EXPECT_EQ(rig.lines.size(), lines + 1);
}

TEST(EngineCounters, LeaveOutTheGatewaysOwnProbe) {
  FlowRig fresh({.hash_key = 42, .probe_source = ip("192.0.0.8")});
  for (const char* source : {"192.0.0.8", kClientAddress.data()}) {
    for (Port port = 1; port <= 100; ++port) {
      Connection& c = fresh.connect(Tuple{ip(source), ip(kServerAddress), port, 443});
      fresh.mark(c.tuple) = 0;
      EXPECT_EQ(c.syn(77, text("x")), Fate::Refused);
    }
    const bool probe = source != kClientAddress;
    const EngineCounters& counters = fresh.engine().counters();
    EXPECT_EQ(counters.strays[static_cast<std::size_t>(Reason::TcpSynData)], probe ? 0U : 100U);
    EXPECT_EQ(counters.log_lines_suppressed == 0, probe) << "the rate limit is for clients";
    EXPECT_EQ(fresh.lines.empty(), probe);
  }
}

}  // namespace
}  // namespace dn::engine::testing
