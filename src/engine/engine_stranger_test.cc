// Clients that the policy does not know yet: held while they are looked up, judged as soon as they
// are known, refused when there is no such client or the look-up takes too long.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/limits.h"
#include "engine/testing/flow_rig.h"

namespace dn::engine::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// The policy of a source that finds clients, before and after it has found kClientAddress.
struct EngineStranger : ::testing::Test {
  EngineStranger() {
    unknown.clients.clear();
    unknown.clients_may_be_found = known.clients_may_be_found = true;
    rig.use_input(unknown);
    rig.answer("api.test", {kServerAddress});
  }
  policy::PolicyInput known = make_input({"443 tls:api.test,*.wild.test", "22 ssh:git.test"});
  policy::PolicyInput unknown = known;
  FlowRig rig;
  const Bytes hello = tls_hello("api.test");
};

TEST_F(EngineStranger, IsAllowedAsSoonAsAPolicyKnowsIt) {
  Connection& c = rig.connect();
  EXPECT_EQ(c.client_sends(hello), Fate::Dropped);
  EXPECT_THAT(rig.asked_clients, ElementsAre(kClientAddress));
  EXPECT_THAT(rig.lines, IsEmpty());
  rig.advance(150ms);
  EXPECT_EQ(c.client().at(0).payload(hello).send(), Fate::Dropped);  // the client's repetition
  rig.use_input(unknown);                                            // other news
  EXPECT_THAT(rig.lines, IsEmpty());
  EXPECT_THAT(c.at_server.bytes, IsEmpty());
  rig.use_input(known);
  EXPECT_EQ(c.at_server.bytes, hello);
  c.server_sends(tls_server_hello());
  EXPECT_EQ(c.mark(), FlowMark::Allowed);
  ASSERT_THAT(rig.texts(), ElementsAre("client allowed tls api.test policy",
                                       "server allowed tls api.test policy"));
  EXPECT_EQ(rig.lines[0].held_ms, 150);
  EXPECT_EQ(rig.lines[0].evidence, "dns");
  EXPECT_THAT(rig.asked_clients, SizeIs(1));
  EXPECT_THAT(rig.asked, IsEmpty());
}

TEST_F(EngineStranger, IsRefusedForWhatItsRulesSayOnceItIsKnown) {
  struct Case {
    Bytes hello;
    std::string_view want;
  };
  const std::vector<Case> cases = {
      {tls_hello("evil.test"), "client disallowed tls evil.test not-allowlisted"},
      {old_tls_hello("api.test"), "client disallowed tls api.test tls-version-client-too-old"},
      {tls_hello_without_name(), "client disallowed tls 203.0.113.7 tls-no-sni"},
      {text("GET / HTTP/1.1\r\nHost: www.test\r\n\r\n"),
       "client disallowed http www.test http-not-allowed"}};
  for (const Case& test : cases) {
    rig.lines.clear();
    rig.use_input(unknown);
    Connection& c = rig.connect();
    c.client_sends(test.hello);
    EXPECT_THAT(rig.lines, IsEmpty()) << test.want;
    rig.use_input(known);
    EXPECT_THAT(rig.texts(), ElementsAre(test.want));
    EXPECT_THAT(c.at_server.bytes, IsEmpty());
  }
}

TEST_F(EngineStranger, IsRefusedAtOnceWhenThereIsNoSuchClient) {
  Connection& c = rig.connect();
  Connection& other = rig.connect(Tuple{ip("10.0.1.99"), ip(kServerAddress), 999, 443});
  c.client_sends(hello);
  other.client_sends(hello);
  rig.advance(70ms);
  rig.client_unknown(kClientAddress);
  EXPECT_THAT(rig.texts(), ElementsAre("client disallowed tls api.test client-unknown"));
  EXPECT_EQ(rig.lines[0].held_ms, 70);
  EXPECT_TRUE(c.at_client.reset && c.at_server.reset);
  EXPECT_EQ(c.mark(), FlowMark::Refused);
  EXPECT_FALSE(other.at_client.reset);
}

TEST_F(EngineStranger, IsRefusedAtTheBoundAndNoByteHasLeft) {
  Connection& c = rig.connect();
  c.client_sends(hello);
  rig.advance(limits::kClientSearchDeadline - 20ms);
  EXPECT_THAT(rig.lines, IsEmpty());
  rig.advance(40ms);
  ASSERT_THAT(rig.texts(), ElementsAre("client disallowed tls api.test client-unknown"));
  EXPECT_GE(rig.lines[0].held_ms, 2000);
  EXPECT_LE(rig.lines[0].held_ms, 2020);
  EXPECT_THAT(c.at_server.bytes, IsEmpty());
  EXPECT_EQ(c.mark(), FlowMark::Refused);
  rig.client_unknown(kClientAddress);  // too late to matter
  rig.use_input(known);
  EXPECT_THAT(rig.lines, SizeIs(1));
  EXPECT_THAT(rig.asked_clients, SizeIs(1));
}

TEST_F(EngineStranger, ANewConnectionAsksAgain) {
  rig.connect().client_sends(hello);
  rig.client_unknown(kClientAddress);
  Connection& again = rig.connect();
  EXPECT_EQ(again.client_sends(hello), Fate::Dropped);
  EXPECT_THAT(rig.asked_clients, SizeIs(2));
  rig.use_input(known);
  EXPECT_EQ(again.at_server.bytes, hello);
}

TEST_F(EngineStranger, HasTheFullTimeForItsNameAfterwards) {
  Connection& c = rig.connect();
  c.client_sends(tls_hello("a.wild.test"));
  rig.advance(1900ms);
  EXPECT_THAT(rig.asked, IsEmpty());  // no rule has matched the name yet
  rig.use_input(known);
  EXPECT_THAT(rig.asked, ElementsAre("a.wild.test"));
  rig.advance(900ms);
  EXPECT_THAT(rig.lines, IsEmpty());
  rig.answer("a.wild.test", {kServerAddress});
  ASSERT_THAT(rig.texts(), ElementsAre("client allowed tls a.wild.test policy"));
  EXPECT_EQ(rig.lines[0].held_ms, 2800);
  EXPECT_EQ(rig.lines[0].evidence, "dns-fresh");
}

TEST_F(EngineStranger, AClientThatIsGoneWhileItsNameIsLookedUpIsLookedForOnce) {
  rig.use_input(known);
  Connection& c = rig.connect();
  c.client_sends(tls_hello("a.wild.test"));
  rig.use_input(unknown);
  rig.answer("a.wild.test", {"203.0.113.8"});
  EXPECT_THAT(rig.asked_clients, SizeIs(1));
  rig.answer("a.wild.test", {kServerAddress});
  EXPECT_THAT(rig.lines, IsEmpty());
  rig.advance(limits::kClientSearchDeadline + 20ms);
  EXPECT_THAT(rig.texts(), ElementsAre("client disallowed tls a.wild.test client-unknown"));
  EXPECT_THAT(c.at_server.bytes, IsEmpty());
}

// Two loops may have asked, and the news may come late.
TEST_F(EngineStranger, ThatIsKnownByNowIsNotHurtByTheNewsThatThereWasNone) {
  Connection& retried = rig.connect();
  retried.client_sends(hello);
  Connection& asked = rig.connect();
  asked.client_sends(tls_hello("a.wild.test"));
  Connection& spoken = rig.connect(Tuple{ip(kClientAddress), ip(kServerAddress), 999, 22});
  rig.answer("git.test", {kServerAddress});
  spoken.server().payload(text("SSH-2.0-x\r\n")).send();
  rig.use_input(known);
  spoken.server_sends(text("SSH-2.0-x\r\n"));
  retried.server_sends(tls_retry_request());
  rig.client_unknown(kClientAddress);
  EXPECT_THAT(rig.texts(), ElementsAre("client allowed tls api.test policy"));
  EXPECT_EQ(retried.client_sends(hello), Fate::Passed);
  rig.answer("a.wild.test", {kServerAddress});
  EXPECT_EQ(asked.at_server.bytes, tls_hello("a.wild.test"));
  EXPECT_EQ(spoken.client_sends(text("SSH-2.0-y\r\n")), Fate::Passed);
}

TEST_F(EngineStranger, IsHeldWhenTheServerSpeaksFirst) {
  const Bytes banner = text("SSH-2.0-OpenSSH_9.2p1\r\n");
  rig.answer("git.test", {kServerAddress});
  Connection& c = rig.connect(Tuple{ip(kClientAddress), ip(kServerAddress), 999, 22});
  EXPECT_EQ(c.server().payload(banner).send(), Fate::Dropped);
  EXPECT_EQ(c.server().payload(banner).send(), Fate::Dropped);
  EXPECT_THAT(rig.asked_clients, SizeIs(1));
  rig.use_input(known);
  EXPECT_EQ(c.server_sends(banner), Fate::Passed);  // sent again
  EXPECT_EQ(c.client_sends(banner), Fate::Passed);
  EXPECT_THAT(rig.texts(), ElementsAre("client allowed ssh git.test policy"));
}

TEST_F(EngineStranger, IsRefusedWhenTheServerSpeaksFirstAndThereIsNoSuchClient) {
  Connection& c = rig.connect(Tuple{ip(kClientAddress), ip(kServerAddress), 999, 22});
  c.server().payload(text("SSH-2.0-x\r\n")).send();
  rig.client_unknown(kClientAddress);
  EXPECT_THAT(rig.texts(), ElementsAre("client disallowed unknown 203.0.113.7 client-unknown"));
  EXPECT_TRUE(c.at_client.reset && c.at_server.reset);
}

TEST_F(EngineStranger, IsRefusedWhenTheServerSpeaksFirstBeyondTheBound) {
  Connection& c = rig.connect(Tuple{ip(kClientAddress), ip(kServerAddress), 999, 22});
  c.server().payload(text("SSH-2.0-x\r\n")).send();
  rig.advance(limits::kClientSearchDeadline + 20ms);
  c.server().payload(text("SSH-2.0-x\r\n")).send();
  EXPECT_THAT(rig.texts(), ElementsAre("client disallowed unknown 203.0.113.7 client-unknown"));
}

TEST_F(EngineStranger, IsNotHeldUnderTheDefaultSeeThru) {
  unknown.preferences.see_thru = std::chrono::year(2026) / std::chrono::December / 24;
  rig.use_input(unknown);
  Connection& c = rig.connect();
  EXPECT_EQ(c.client_sends(hello), Fate::Passed);
  EXPECT_THAT(rig.asked_clients, IsEmpty());
  EXPECT_THAT(rig.texts(), ElementsAre("client allowed tls api.test client-unknown"));
  EXPECT_EQ(rig.lines[0].see_thru_exerted, true);
  unknown.preferences.see_thru = std::chrono::year(2026) / std::chrono::November / 1;
  rig.use_input(unknown);  // over: as if there were none
  rig.connect().client_sends(hello);
  EXPECT_THAT(rig.asked_clients, SizeIs(1));
}

TEST_F(EngineStranger, PassesWhenTheDefaultSeeThruComesWhileItIsHeld) {
  Connection& c = rig.connect();
  c.client_sends(hello);
  unknown.preferences.see_thru = std::chrono::year(2026) / std::chrono::December / 24;
  rig.use_input(unknown);
  EXPECT_EQ(c.at_server.bytes, hello);
}

TEST_F(EngineStranger, IsRefusedAtOnceWhereTheSourceFindsNoClients) {
  unknown.clients_may_be_found = false;
  rig.use_input(unknown);
  rig.connect().client_sends(hello);
  EXPECT_THAT(rig.asked_clients, IsEmpty());
  ASSERT_THAT(rig.texts(), ElementsAre("client disallowed tls api.test client-unknown"));
  EXPECT_EQ(rig.lines[0].held_ms, std::nullopt);
}

TEST_F(EngineStranger, IsRefusedWhenThePolicyGoesWhileItIsHeld) {
  rig.connect().client_sends(hello);
  rig.drop_policy();
  EXPECT_THAT(rig.texts(), ElementsAre("client disallowed tls api.test policy-missing"));
}

TEST_F(EngineStranger, HoldsCountForItsLimits) {
  for (std::size_t i = 0; i <= limits::kFlowsPerClientMax; ++i) {
    rig.connect(Tuple{ip(kClientAddress), ip(kServerAddress), static_cast<Port>(1000 + i), 443})
        .client_sends(hello);
  }
  EXPECT_THAT(rig.texts(), ElementsAre("client disallowed tls api.test overload"));
  EXPECT_EQ(rig.engine().flows(), limits::kFlowsPerClientMax);
  EXPECT_EQ(rig.engine().held_bytes(), limits::kFlowsPerClientMax * hello.size());
  rig.client_unknown(kClientAddress);
  rig.advance(limits::kStragglers + 20ms);
  EXPECT_EQ(rig.engine().flows(), 0U);
  EXPECT_EQ(rig.engine().held_bytes(), 0U);
}

}  // namespace
}  // namespace dn::engine::testing
