#include "engine/flow_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/testing/flow_rig.h"
#include "wire/testing/hello_builder.h"

namespace dn::engine {
namespace {

using namespace testing;
using policy::FlowLogVerbosity;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(FlowLog, WritesReasonsAsSlugAndSentence) {
  std::string out = "before";
  FlowLog::format_reason(out, Reason::TlsNoSni);
  EXPECT_EQ(out, "tls-no-sni: the ClientHello names no server");
  FlowLog::format_reason(out, Reason::TlsAlert, "alert 40");
  EXPECT_EQ(out, "tls-alert: alert 40");
  FlowLog::format_rule(out, {.gid = "sg-1", .addr = "*.a.test", .grant = 7});
  EXPECT_EQ(out, "policy:sg-1: *.a.test");
}

struct FlowLogLines : ::testing::Test {
  FlowRig rig;
  const Bytes udp =
      wire::testing::join({{0x45, 0, 0, 33, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 1, 10, 203, 0, 113, 7},
                           {0x9c, 0x40, 0x00, 0x35, 0, 13, 0, 0},
                           wire::testing::text("query")});
};

TEST_F(FlowLogLines, AreWrittenAsTheVerbositySays) {
  const struct {
    FlowLogVerbosity verbosity;
    std::size_t lines;
  } cases[] = {{FlowLogVerbosity::Full, 4},
               {FlowLogVerbosity::OnlyDisallowed, 2},
               {FlowLogVerbosity::None, 0}};
  for (const auto& test : cases) {
    FlowRig fresh;
    policy::Preferences preferences;
    preferences.flow_log_verbosity = test.verbosity;
    fresh.use_policy({"tls:api.test"}, preferences);
    fresh.answer("api.test", {kServerAddress});
    Connection& good = fresh.connect();
    good.client_sends(tls_hello("api.test"));
    good.server_sends(tls_server_hello());
    EXPECT_EQ(good.mark(), FlowMark::Allowed);
    fresh.connect().client_sends(tls_hello("evil.test"));
    fresh.packet(udp, kQueuedFlag);
    EXPECT_THAT(fresh.lines, SizeIs(test.lines));
  }
}

TEST_F(FlowLogLines, NameTheDestinationAddressWhereThereIsNoName) {
  rig.use_policy({"tls:203.0.113.7"});
  Connection& c = rig.connect();
  c.client_sends(tls_hello_without_name());
  c.server_sends(tls_server_hello());
  ASSERT_THAT(rig.lines, SizeIs(2));
  EXPECT_EQ(rig.lines[0].dhost, kServerAddress);
  EXPECT_EQ(rig.lines[0].evidence, "address-rule");
  EXPECT_EQ(rig.lines[1].dhost, kServerAddress);
  EXPECT_EQ(rig.lines[1].src, kServerAddress);
}

TEST_F(FlowLogLines, TellEncryptedClientHelloInTheClientLineOnly) {
  rig.use_policy({"tls:api.test"});
  rig.answer("api.test", {kServerAddress});
  Connection& c = rig.connect();
  c.client_sends(
      tls_hello("api.test", 0, wire::testing::extension(0xfe0d, wire::testing::fill(30))));
  c.server_sends(tls_server_hello());
  ASSERT_THAT(rig.lines, SizeIs(2));
  EXPECT_TRUE(rig.lines[0].ech);
  EXPECT_FALSE(rig.lines[1].ech);
}

TEST_F(FlowLogLines, HttpWithAnAddressAsHostNamesIt) {
  rig.connect().client_sends(text("GET / HTTP/1.1\r\nHost: 192.0.2.1:80\r\n\r\n"));
  rig.use_policy({});
  rig.connect().client_sends(text("GET / HTTP/1.1\r\nHost: 192.0.2.1:80\r\n\r\n"));
  ASSERT_THAT(rig.lines, SizeIs(2));
  EXPECT_EQ(rig.lines[1].dhost, "192.0.2.1");
  EXPECT_EQ(rig.lines[1].slug(), "http-host-ip");
}

// -- packets outside any connection ---------------------------------------------------------------

TEST_F(FlowLogLines, OneLinePerFlowAndMinute) {
  for (int i = 0; i < 5; ++i) {
    const Verdict verdict = rig.packet(udp, kQueuedFlag);
    EXPECT_TRUE(verdict.accept);  // the kernel answers with "port unreachable"
    EXPECT_EQ(state_of(verdict.mark), FlowMark::Refused);
  }
  ASSERT_THAT(rig.texts(), ElementsAre("client disallowed unknown 203.0.113.7 proto-not-tcp"));
  EXPECT_EQ(rig.lines[0].dpt, 53);
  EXPECT_EQ(rig.engine().counters().log_lines_suppressed, 4U);
  Bytes other_source_port = udp;
  other_source_port[21] = 0x41;
  rig.packet(other_source_port, kQueuedFlag);
  EXPECT_THAT(rig.lines, SizeIs(2));
  Bytes other_port = udp;
  other_port[23] = 0x36;
  rig.packet(other_port, kQueuedFlag);
  EXPECT_THAT(rig.lines, SizeIs(3));
  rig.advance(61s);
  rig.packet(udp, kQueuedFlag);
  EXPECT_THAT(rig.lines, SizeIs(4));
}

TEST_F(FlowLogLines, FloodsAreCutToABoundedNumberPerSecond) {
  for (std::uint32_t i = 0; i < 1000; ++i) {
    Bytes packet = udp;
    packet[18] = static_cast<std::uint8_t>(i >> 8U);
    packet[19] = static_cast<std::uint8_t>(i & 0xffU);
    rig.packet(packet, kQueuedFlag);
  }
  EXPECT_THAT(rig.lines, SizeIs(50));
  EXPECT_EQ(rig.engine().counters().log_lines_suppressed, 950U);
  rig.advance(1s);
  Bytes packet = udp;
  packet[16] = 198;
  rig.packet(packet, kQueuedFlag);
  EXPECT_THAT(rig.lines, SizeIs(51));
}

TEST_F(FlowLogLines, NameQuicAndIpv6) {
  Bytes quic = udp;
  quic[23] = 0xbb;
  quic[22] = 0x01;
  quic.resize(28 + 1200);
  quic[2] = 0x04, quic[3] = 0xcc;  // total length
  quic[24] = 0x04, quic[25] = 0xb8;
  quic[28] = 0xc0;
  quic[29] = 0, quic[30] = 0, quic[31] = 0, quic[32] = 1;
  rig.packet(quic, kQueuedFlag);
  Bytes ipv6(60, 0);
  ipv6[0] = 0x60;
  ipv6[5] = 20;
  ipv6[6] = 6;
  ipv6[23] = 1;
  ipv6[39] = 2;
  const Verdict verdict = rig.packet(ipv6, kQueuedFlag);
  EXPECT_FALSE(verdict.accept);
  ASSERT_THAT(rig.texts(), ElementsAre("client disallowed unknown 203.0.113.7 proto-quic",
                                       "client disallowed unknown ::2 proto-ipv6"));
  EXPECT_EQ(rig.lines[1].src, "::1");
}

TEST_F(FlowLogLines, SayNothingOfBrokenTcpAndOfPacketsFromOutside) {
  Bytes broken = udp;
  broken[9] = 6;  // TCP, truncated
  EXPECT_FALSE(rig.packet(broken, kQueuedFlag).accept);
  EXPECT_FALSE(rig.packet(udp, kQueuedFlag, false).accept);
  EXPECT_FALSE(rig.packet({}, kQueuedFlag).accept);
  EXPECT_THAT(rig.lines, IsEmpty());
}

}  // namespace
}  // namespace dn::engine
