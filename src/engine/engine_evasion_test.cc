// Evasions of the threat catalogue (TCP-…, IP-…) that reach user space. The truth is what the model
// server received: no byte of a name that was not logged as allowed, whichever version of
// overlapping bytes its TCP prefers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <random>

#include "base/limits.h"
#include "engine/protocols.h"
#include "engine/testing/flow_rig.h"
#include "wire/testing/hello_builder.h"

namespace dn::engine::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Same length, different in the first letters of the name.
const Bytes kGood = tls_hello("allowed.test");
const Bytes kEvil = tls_hello("blocked.test");

std::size_t first_difference() {
  std::size_t at = 0;
  while (kGood[at] == kEvil[at]) ++at;
  return at;
}
const std::size_t kName = first_difference();
const auto kSize = static_cast<std::int64_t>(kGood.size());

struct EngineEvasion : ::testing::Test {
  EngineEvasion() {
    rig.use_policy({"443 tls:allowed.test", "22 ssh:allowed.test"});
    rig.answer("allowed.test", {kServerAddress});
  }
  FlowRig rig;
};

// What must hold whatever was sent: one client line, at most one server line, and the server's
// first hello, as far as it has one, is the one that was logged as allowed.
void expect_truth(const FlowRig& rig, const Connection& c) {
  std::size_t client_lines = 0, server_lines = 0;
  bool allowed = false;
  for (const LogLine& line : rig.lines) {
    if ((line.cat == "client" ? line.spt : line.dpt) != c.tuple.client_port) continue;
    ++(line.cat == "client" ? client_lines : server_lines);
    if (line.cat == "client") allowed = line.outcome == "allowed" && line.dhost == "allowed.test";
  }
  EXPECT_LE(client_lines, 1U) << ::testing::PrintToString(rig.texts());
  EXPECT_LE(server_lines, 1U);
  if (c.at_server.bytes.empty()) return;
  EXPECT_TRUE(allowed);
  const Bytes& read = c.at_server.bytes;
  const std::size_t compared = std::min(read.size(), kGood.size());
  EXPECT_EQ(slice(read, 0, compared), slice(kGood, 0, compared));
}

// Decoys and what follows them. The real bytes are for the blocked name wherever that could pay.
struct Evasion {
  std::string_view id;
  std::function<void(Connection&)> play;
  std::vector<std::string_view> slugs;  // of the lines
  std::size_t received = 0;             // bytes at the server
};

constexpr std::string_view kRetransmit = "tcp-retransmit-conflict";
constexpr std::string_view kOverlap = "tcp-overlap-conflict";

std::vector<Evasion> overlaps() {
  const std::size_t all = kGood.size();
  return {
      {"TCP-05 other bytes on the second sending, both arrive",
       [](Connection& c) {
         c.client().payload(kGood).send();
         c.client().payload(kEvil).send();
       },
       {"policy", kRetransmit},
       all},
      {"TCP-06 a tail ahead, then a full segment with another tail",
       [](Connection& c) {
         c.client().at(60).payload(slice(kEvil, 60)).send();
         c.client().at(0).payload(kGood).send();
       },
       {kOverlap}},
      {"TCP-07 two versions of a tail ahead",
       [](Connection& c) {
         c.client().at(60).payload(slice(kGood, 60)).send();
         c.client().at(60).payload(slice(kEvil, 60)).send();
         c.client().at(0).payload(slice(kGood, 0, 60)).send();
       },
       {kOverlap}},
      {"TCP-08 partial overlap on the left",
       [](Connection& c) {
         c.client().at(0).payload(slice(kGood, 0, kName + 4)).send();
         c.client().at(static_cast<std::int64_t>(kName)).payload(slice(kEvil, kName)).send();
       },
       {kRetransmit}},
      {"TCP-08 partial overlap on the right",
       [](Connection& c) {
         c.client().at(static_cast<std::int64_t>(kName)).payload(slice(kGood, kName)).send();
         c.client().at(0).payload(slice(kEvil, 0, kName + 4)).send();
       },
       {kOverlap}},
  };
}

// Bytes that pass the gateway and never reach the server, then others in their place.
std::vector<Evasion> decoys() {
  return {
      {"TCP-11 low TTL decoy, then other bytes",
       [](Connection& c) {
         c.client().payload(kGood).lost().send();
         c.client().payload(kEvil).send();
       },
       {"policy", kRetransmit}},
      {"TCP-11 low TTL decoy of a part, then other bytes",
       [](Connection& c) {
         c.client().payload(kGood).lost().send();
         c.client().at(0).payload(slice(kGood, 0, kName)).send();
         c.client().at(static_cast<std::int64_t>(kName)).payload(slice(kEvil, kName)).send();
       },
       {"policy", kRetransmit},
       kName},
      {"TCP-13 stale acknowledgement on the decoy",
       [](Connection& c) {
         c.client().payload(kGood).ack(-200'000).lost().send();
         c.client().payload(kEvil).send();
       },
       {"policy", kRetransmit}},
      {"TCP-15 old timestamp on the decoy",
       [](Connection& c) {
         c.client().payload(kGood).timestamps(1, 1).lost().send();
         c.client().payload(kEvil).timestamps(1'000'000, 1).send();
       },
       {"policy", kRetransmit}},
      {"the decoy is answered by nobody, the conflict comes late",
       [](Connection& c) {
         c.client().payload(kGood).lost().send();
         c.server_acks();
         c.client().at(10).payload(slice(kEvil, 10)).send();
       },
       {"policy", kRetransmit}},
  };
}

TEST_F(EngineEvasion, OtherBytesForAKnownPlaceEndTheConnection) {
  for (const bool prefers_new : {false, true}) {
    auto evasions = overlaps();
    std::ranges::move(decoys(), std::back_inserter(evasions));
    for (const Evasion& evasion : evasions) {
      SCOPED_TRACE(evasion.id);
      rig.lines.clear();
      Connection& c = rig.connect();
      c.at_server.prefers_new = prefers_new;
      evasion.play(c);
      std::vector<std::string> slugs;
      for (const LogLine& line : rig.lines) slugs.push_back(line.slug());
      EXPECT_THAT(slugs, ::testing::ElementsAreArray(evasion.slugs));
      EXPECT_EQ(rig.lines.back().outcome, "disallowed");
      EXPECT_EQ(c.at_server.bytes.size(), evasion.received);
      EXPECT_EQ(c.mark(), FlowMark::Refused);
      EXPECT_TRUE(c.at_client.reset);
      // A server that has read half of the released bytes cannot be reset blindly.
      EXPECT_EQ(c.at_server.reset, evasion.received == 0 || evasion.received == kGood.size());
      expect_truth(rig, c);
    }
  }
}

// The conflict comes between the server's answer and its full acknowledgement: the server line was
// not written yet, and says what happened.
TEST_F(EngineEvasion, AConflictAfterTheServersAnswerIsTheOneServerLine) {
  Connection& c = rig.connect();
  c.client().payload(kGood).lost().send();
  c.server().payload(tls_server_hello()).ack(0).send();
  c.server_sent = static_cast<std::int64_t>(tls_server_hello().size());
  c.client().payload(kEvil).send();
  EXPECT_THAT(rig.texts(), ElementsAre("client allowed tls allowed.test policy",
                                       "server disallowed tls allowed.test "
                                       "tcp-retransmit-conflict"));
  EXPECT_EQ(rig.lines[1].proto_v, "1.3");
  EXPECT_EQ(c.mark(), FlowMark::Refused);
  EXPECT_TRUE(c.at_client.reset);  // behind the server's answer, which has passed
  EXPECT_TRUE(c.at_server.reset);
  EXPECT_THAT(c.at_server.bytes, IsEmpty());
}

TEST_F(EngineEvasion, ServerPacketsAfterTheAnswerMoveTheResetAlong) {
  Connection& c = rig.connect();
  c.client().payload(kGood).lost().send();
  c.server().payload(tls_server_hello()).ack(0).send();
  c.server_sent = static_cast<std::int64_t>(tls_server_hello().size());
  c.server().payload(application_data(500)).ack(0).send();
  c.client().payload(kEvil).send();
  EXPECT_EQ(c.at_client.bytes, join(tls_server_hello(), application_data(500)));
  EXPECT_TRUE(c.at_client.reset);
}

TEST_F(EngineEvasion, AConflictAfterAnAlertWritesNoSecondServerLine) {
  Connection& c = rig.connect();
  c.client().payload(kGood).send();
  c.server_sends(tls_alert(112));
  c.client().payload(kEvil).send();
  EXPECT_THAT(rig.texts(), ElementsAre("client allowed tls allowed.test policy",
                                       "server allowed tls allowed.test tls-alert"));
  EXPECT_EQ(c.mark(), FlowMark::Refused);
}

// -- packets whose payload is not of the stream ---------------------------------------------------

TEST_F(EngineEvasion, DecoysOutsideTheStreamAreDroppedAndChangeNothing) {
  const std::vector<Evasion> decoys = {
      {"TCP-09 fake bytes in front of the stream",
       [](Connection& c) { c.client().at(-50).payload(join(Bytes(50, 'x'), kEvil)).send(); },
       {}},
      {"TCP-10 wrong checksum",
       [](Connection& c) { c.client().payload(kEvil).bad_checksum().send(); },
       {}},
      {"TCP-12 TCP-MD5", [](Connection& c) { c.client().payload(kEvil).md5().send(); }, {}},
      {"TCP-17 below the window",
       [](Connection& c) { c.client().at(-70'000).payload(kEvil).send(); },
       {}},
      {"TCP-16 beyond the window",
       [](Connection& c) { c.client().at(10'000'000).payload(kEvil).send(); },
       {}},
      {"TCP-18 no ACK flag", [](Connection& c) { c.client().payload(kEvil).flags(8).send(); }, {}},
      {"TCP-18 no flags", [](Connection& c) { c.client().payload(kEvil).flags(0).send(); }, {}},
      {"TCP-19 reset with payload",
       [](Connection& c) {
         c.client().payload(kEvil).flags(wire::kTcpRst | wire::kTcpAck).lost().send();
       },
       {}},
      {"TCP-19 reset", [](Connection& c) { c.client().flags(wire::kTcpRst).lost().send(); }, {}},
      {"TCP-41 keep-alive probe", [](Connection& c) { c.client().at(-1).payload({0}).send(); }, {}},
      {"TCP-21 FIN",
       [](Connection& c) { c.client().flags(wire::kTcpFin | wire::kTcpAck).lost().send(); },
       {}},
      {"TCP-22 second SYN with another number", [](Connection& c) { c.syn(5); }, {}},
  };
  for (const Evasion& decoy : decoys) {
    SCOPED_TRACE(decoy.id);
    rig.lines.clear();
    Connection& c = rig.connect();
    decoy.play(c);
    EXPECT_THAT(c.at_server.bytes, IsEmpty());
    EXPECT_THAT(rig.lines, IsEmpty());
    c.client().payload(slice(kGood, 0, 30)).send();
    decoy.play(c);  // in the middle of the hello too
    EXPECT_EQ(c.client().at(30).payload(slice(kGood, 30)).send(), Fate::Passed);
    decoy.play(c);  // and after it
    EXPECT_EQ(c.at_server.bytes, kGood);
    c.server_sends(tls_server_hello());
    EXPECT_EQ(c.mark(), FlowMark::Allowed);
    EXPECT_THAT(rig.texts(), ElementsAre("client allowed tls allowed.test policy",
                                         "server allowed tls allowed.test policy"));
  }
}

TEST_F(EngineEvasion, UrgentDataEndsTheConnection) {
  for (const std::size_t before : {std::size_t{0}, std::size_t{30}}) {
    rig.lines.clear();
    Connection& c = rig.connect();
    if (before > 0) c.client_sends(slice(kGood, 0, before));
    c.client().payload(slice(kGood, before)).flags(wire::kTcpAck | wire::kTcpUrg).send();
    EXPECT_THAT(rig.lines, SizeIs(1));
    EXPECT_EQ(rig.lines[0].slug(), "tcp-urgent");
    EXPECT_THAT(c.at_server.bytes, IsEmpty());
    EXPECT_TRUE(c.at_client.reset);
    EXPECT_TRUE(c.at_server.reset);
  }
}

TEST_F(EngineEvasion, IpOptionsEndTheConnection) {
  for (const bool by_server : {false, true}) {
    rig.lines.clear();
    Connection& c = rig.connect();
    if (by_server) {
      c.server().payload(kGood).ip_options().send();
    } else {
      c.client().payload(kGood).ip_options().send();
    }
    ASSERT_THAT(rig.lines, SizeIs(1));
    EXPECT_EQ(rig.lines[0].slug(), "ip-option");
    EXPECT_EQ(rig.lines[0].cat, "client");
    EXPECT_THAT(c.at_server.bytes, IsEmpty());
    EXPECT_TRUE(c.at_client.reset);
  }
}

TEST_F(EngineEvasion, DataWithoutConnectionIsRefused) {
  // TCP-20: after a reset decoy and eleven seconds conntrack has forgotten the connection.
  Connection& c = rig.connect();
  c.client().flags(wire::kTcpRst).lost().send();
  rig.flush_conntrack();
  EXPECT_EQ(c.client().payload(kGood).send(), Fate::Refused);
  EXPECT_THAT(c.at_server.bytes, IsEmpty());
  EXPECT_EQ(rig.lines.back().slug(), "state-lost");
}

// -- what looks odd and is none -------------------------------------------------------------------

TEST_F(EngineEvasion, HonestOdditiesGetTheVerdictOfTheirBytes) {
  const std::vector<Evasion> oddities = {
      {"TCP-01 segments of one byte", [](Connection& c) { c.client_sends(kGood, 1); }, {}},
      {"TCP-02 split in the record header and in the name",
       [](Connection& c) {
         c.client_sends(slice(kGood, 0, 3));
         c.client_sends(slice(kGood, 3, kName + 2));
         c.client_sends(slice(kGood, kName + 2));
       },
       {}},
      {"TCP-03 reversed",
       [](Connection& c) {
         for (std::size_t at = kGood.size(); at-- > 0;) {
           c.client().at(static_cast<std::int64_t>(at)).payload({kGood[at]}).send();
         }
       },
       {}},
      {"TCP-04 sent twice before the verdict",
       [](Connection& c) {
         c.client().payload(slice(kGood, 0, 50)).send();
         c.client().payload(slice(kGood, 0, 50)).send();
         c.client().payload(kGood).send();
         c.client().payload(kGood).send();
       },
       {}},
      {"TCP-08 overlaps with equal bytes",
       [](Connection& c) {
         c.client().at(40).payload(slice(kGood, 40, 90)).send();
         c.client().at(20).payload(slice(kGood, 20, 70)).send();
         c.client().at(0).payload(slice(kGood, 0, 45)).send();
         c.client().at(60).payload(slice(kGood, 60)).send();
       },
       {}},
      {"TCP-27 FIN with the hello",
       [](Connection& c) { c.client().payload(kGood).flags(wire::kTcpAck | wire::kTcpFin).send(); },
       {}},
      {"TCP-34 reserved and ECN flags",
       [](Connection& c) { c.client().payload(kGood).flags(wire::kTcpAck | 0xc0).send(); },
       {}},
      {"TCP-37 small segments", [](Connection& c) { c.client_sends(kGood, 48); }, {}},
  };
  for (const Evasion& oddity : oddities) {
    SCOPED_TRACE(oddity.id);
    rig.lines.clear();
    Connection& c = rig.connect();
    oddity.play(c);
    EXPECT_EQ(c.at_server.bytes, kGood);
    c.server().payload(tls_server_hello()).ack(kSize).send();
    EXPECT_EQ(c.mark(), FlowMark::Allowed);
    expect_truth(rig, c);
    EXPECT_THAT(rig.lines, SizeIs(2));
  }
}

TEST_F(EngineEvasion, TakesAHelloOf64KibInOneGsoPacket) {
  Connection& c = rig.connect();
  const Bytes big = tls_hello("allowed.test", 64'000);
  EXPECT_EQ(c.client_sends(big), Fate::Passed);
  EXPECT_EQ(c.at_server.bytes, big);
  EXPECT_THAT(rig.injected, IsEmpty());
}

TEST_F(EngineEvasion, AGapThatIsNeverFilledEndsAtTheDeadline) {
  Connection& c = rig.connect();
  c.client().at(1).payload(slice(kGood, 1)).send();
  rig.advance(limits::kHelloDeadline + 20ms);
  EXPECT_THAT(rig.texts(), ElementsAre("client disallowed unknown 203.0.113.7 tcp-gap"));
  EXPECT_TRUE(c.at_client.reset);
  EXPECT_TRUE(c.at_server.reset);
  EXPECT_THAT(c.at_server.bytes, IsEmpty());
}

TEST_F(EngineEvasion, AFinWithoutPayloadIsTheKernelsBusiness) {
  Connection& c = rig.connect();
  EXPECT_EQ(c.client().flags(wire::kTcpFin | wire::kTcpAck).send(), Fate::ForwardedKernel);
  EXPECT_EQ(rig.engine().flows(), 0U);
  EXPECT_THAT(rig.lines, IsEmpty());
}

// -- the server's side ----------------------------------------------------------------------------

TEST_F(EngineEvasion, AServerThatContradictsItselfEndsTheConnection) {
  Connection& c = rig.connect();
  c.client_sends(kGood);
  const Bytes answer = tls_server_hello();
  c.server().payload(slice(answer, 0, 40)).send();
  c.server().at(10).payload(text("something else")).send();
  EXPECT_THAT(rig.texts(), ElementsAre("client allowed tls allowed.test policy",
                                       "server disallowed tls allowed.test "
                                       "tcp-retransmit-conflict"));
  EXPECT_TRUE(c.at_client.reset);
  EXPECT_TRUE(c.at_server.reset);
}

TEST_F(EngineEvasion, ServerBytesOutOfOrderWaitForTheirTurn) {
  Connection& c = rig.connect();
  c.client_sends(kGood);
  const Bytes answer = tls_server_hello();
  EXPECT_EQ(c.server().at(40).payload(slice(answer, 40)).send(), Fate::Dropped);
  EXPECT_EQ(c.server().at(0).payload(slice(answer, 0, 40)).send(), Fate::Passed);
  EXPECT_EQ(c.server().at(-1).payload({7}).send(), Fate::Dropped);
  EXPECT_EQ(c.server().at(40).payload(slice(answer, 40)).send(), Fate::Passed);
  EXPECT_EQ(c.mark(), FlowMark::Allowed);
  EXPECT_EQ(c.at_client.bytes, answer);
}

TEST_F(EngineEvasion, ASynAckWithPayloadIsIgnored) {
  Connection& c = rig.connect();
  EXPECT_EQ(c.server().payload(tls_server_hello()).flags(wire::kTcpSyn | wire::kTcpAck).send(),
            Fate::Dropped);
  EXPECT_THAT(rig.lines, IsEmpty());
}

TEST_F(EngineEvasion, NeverAsksAboutNamesThatNoRuleMatches) {
  rig.use_policy({"443 tls:*.allowed.test", "22 ssh:git.test", "see-thru:2020-01-01"});
  const std::vector<Bytes> hellos = {tls_hello("secret-data.attacker.test"),
                                     tls_hello("allowed.test"),
                                     tls_hello("a.b.allowed.test"),
                                     tls_hello("git.test"),
                                     tls_hello_without_name(),
                                     text("GET / HTTP/1.1\r\nHost: x.allowed.test\r\n\r\n"),
                                     text("SSH-2.0-secret.attacker.test\r\n")};
  for (const Bytes& hello : hellos) {
    rig.connect().client_sends(hello);
    rig.advance(2s);
  }
  EXPECT_THAT(rig.asked, IsEmpty());
  Connection& ssh = rig.connect(Tuple{ip(kClientAddress), ip(kServerAddress), 3, 22});
  ssh.client_sends(text("SSH-2.0-secret.attacker.test\r\n"));
  EXPECT_THAT(rig.asked, ElementsAre("git.test"));
}

// -- random games ---------------------------------------------------------------------------------

using Random = std::mt19937;
std::size_t pick(Random& random, std::size_t below) {
  return std::uniform_int_distribution<std::size_t>(0, below - 1)(random);
}

// Any cutting, order, repetition and loss on the way to the gateway, as an honest TCP would send
// it: the same verdict, one line each, the server reads the hello.
TEST_F(EngineEvasion, HonestDisorderNeverChangesTheVerdict) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    rig.lines.clear();
    const Bytes hello = tls_hello("allowed.test", pick(random, 4) * pick(random, 3000));
    Connection& c = rig.connect();
    c.at_server.prefers_new = pick(random, 2) == 0;
    for (int round = 0; round < 200 && c.at_server.bytes.size() < hello.size(); ++round) {
      const std::size_t from = static_cast<std::size_t>(c.client_told);
      const std::size_t most = 1 + pick(random, 1448);
      std::vector<std::size_t> starts;
      for (std::size_t at = from; at < hello.size(); at += most) starts.push_back(at);
      if (pick(random, 3) > 0) std::ranges::shuffle(starts, random);
      for (const std::size_t at : starts) {
        if (pick(random, 5) == 0) continue;  // lost in front of the gateway
        const bool lost = pick(random, 10) == 0;
        for (std::size_t copies = 1 + pick(random, 2); copies > 0; --copies) {
          PacketDraft draft = c.client();
          draft.at(static_cast<std::int64_t>(at)).payload(slice(hello, at, at + most));
          if (lost) draft.lost();  // behind the gateway
          draft.send();
        }
        if (pick(random, 8) == 0) c.server_acks();
      }
      rig.advance(std::chrono::milliseconds(pick(random, 40)));
      c.server_acks();
      if (c.mark() == FlowMark::Owned) rig.advance(300ms);
    }
    ASSERT_EQ(c.at_server.bytes, hello);
    c.server_sends(tls_server_hello());
    EXPECT_EQ(c.mark(), FlowMark::Allowed);
    EXPECT_THAT(rig.texts(), ElementsAre("client allowed tls allowed.test policy",
                                         "server allowed tls allowed.test policy"));
  }
}

// One random packet of an attacker who controls every byte, and both ends' willingness to help.
void random_move(Random& random, FlowRig& rig, Connection& c) {
  const std::size_t begin = pick(random, 3) == 0 ? 0 : pick(random, kGood.size());
  const std::size_t end = pick(random, 3) == 0 ? kGood.size() : begin + pick(random, kGood.size());
  const Bytes& source = pick(random, 4) > 0 ? kGood : kEvil;
  PacketDraft draft = c.client();
  draft.at(static_cast<std::int64_t>(begin)).payload(slice(source, begin, end));
  switch (pick(random, 24)) {
    case 0: draft.md5(); break;
    case 1: draft.bad_checksum(); break;
    case 2: draft.flags(wire::kTcpRst | wire::kTcpAck).lost(); break;
    case 3: draft.flags(wire::kTcpAck | wire::kTcpFin); break;
    case 4: draft.flags(0); break;
    case 5: draft.at(-static_cast<std::int64_t>(pick(random, 300))); break;
    case 6: draft.ack(-static_cast<std::int64_t>(pick(random, 100'000))); break;
    case 7: c.syn(static_cast<std::uint32_t>(random())); return;
    case 8: c.server_acks(); return;
    case 9: c.server().payload(tls_server_hello()).send(); return;
    case 10: c.server().payload(slice(tls_server_hello(), 0, 30)).send(); return;
    case 11: c.server_sends(tls_retry_request()); return;
    case 12: rig.advance(std::chrono::milliseconds(pick(random, 400))); return;
    case 13: draft.payload(join(slice(source, begin, end), application_data(5))); break;
    case 14: c.client_acks(); return;
    default: break;
  }
  if (pick(random, 3) == 0) draft.lost();
  draft.send();
}

TEST_F(EngineEvasion, NoRandomGameBringsABlockedNameToTheServer) {
  std::size_t allowed = 0, refused = 0;
  for (unsigned seed = 0; seed < 6000; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    rig.lines.clear();
    Connection& c = rig.connect();
    c.at_server.prefers_new = pick(random, 2) == 0;
    std::size_t moves = 3 + pick(random, 25);
    while (moves-- > 0 && c.mark() != FlowMark::Allowed) random_move(random, rig, c);
    if (c.mark() == FlowMark::Allowed) {
      ++allowed;
      EXPECT_EQ(slice(c.at_server.bytes, 0, kGood.size()), kGood);
    }
    if (c.mark() == FlowMark::Refused) ++refused;
    expect_truth(rig, c);
    if (HasFailure()) break;
  }
  // The games are worth playing only when they end both ways.
  EXPECT_GT(allowed, 100U);
  EXPECT_GT(refused, 1000U);
}

}  // namespace
}  // namespace dn::engine::testing
