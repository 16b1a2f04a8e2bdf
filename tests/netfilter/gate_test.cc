// The gate with real packets: rules, queue, injector and conntrack in network namespaces.
//
// Needs root, ip and nft; every test says what must hold even when the daemon is gone, with each
// form of the queue rule that this kernel has. Ctest runs this program as one test, because the
// namespaces have fixed names.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "lab.h"
#include "netfilter/conntrack.h"
#include "netfilter/firewall.h"
#include "netfilter/injector.h"
#include "netfilter/kernel_probe.h"
#include "netfilter/path_probe.h"

namespace dn::netfilter::lab {
namespace {

using engine::FlowMark;

class Gate : public testing::TestWithParam<QueueForm> {
 protected:
  static void SetUpTestSuite() {
    if (::geteuid() == 0) build();
  }
  static void TearDownTestSuite() {
    if (::geteuid() == 0) tear_down();
  }
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root: network namespaces";
    install_rules();
  }

  static void install_rules() {
    in(kGateway, [] {
      const auto report = install(settings(), GetParam());
      ASSERT_TRUE(report) << report.error().message;
    });
  }
  static std::vector<ConntrackEntry> entries(std::uint16_t client_port) {
    std::vector<ConntrackEntry> found;
    in(kGateway, [&] {
      const auto dumped = dump_conntrack({}, [&](const ConntrackEntry& entry) {
        if (entry.client_port() == client_port) found.push_back(entry);
      });
      ASSERT_TRUE(dumped) << dumped.error().message;
    });
    return found;
  }
  static std::uint32_t mark_of(std::uint16_t client_port) {
    const auto found = entries(client_port);
    return found.size() == 1 ? found[0].mark : ~0U;
  }
};

std::vector<QueueForm> forms_of_this_kernel() {
  const auto forms = find_queue_forms();
  return forms ? *forms : std::vector{QueueForm::Xt};  // without root there is no answer
}

INSTANTIATE_TEST_SUITE_P(Form, Gate, testing::ValuesIn(forms_of_this_kernel()),
                         [](const testing::TestParamInfo<QueueForm>& form) {
                           return form.param == QueueForm::Native ? "native" : "xt";
                         });

TEST_P(Gate, InstallReplacesVerifiesAndRemoves) {
  in(kGateway, [] {
    const auto again = install(settings());
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_FALSE(again->sysctls.empty());
    EXPECT_EQ(again->form, find_queue_forms()->front());
    EXPECT_TRUE(verify(settings()));
    RulesetSettings other = settings();
    other.queues = 2;
    ASSERT_FALSE(verify(other));
    EXPECT_EQ(
        verify(other).error().message,
        "the queue rule of table ip discriminat feeds 1 queues from 1040 on, not 2 from 1040");
    ASSERT_TRUE(remove());
    ASSERT_TRUE(remove()) << "removing what is not there is no error";
    EXPECT_FALSE(verify(settings()));
  });
  EXPECT_EQ(run_in(kGateway, {"cat", "/proc/sys/net/ipv4/ip_forward"}), "0\n");
}

TEST_P(Gate, FailedInstallLeavesForwardingOff) {
  in(kGateway, [] {
    RulesetSettings wrong = settings();
    wrong.inside = {"nosuch0"};  // the rules load, the sysctls of the interface do not exist
    const auto report = install(wrong);
    ASSERT_FALSE(report);
    EXPECT_NE(report.error().message.find("nosuch0"), std::string::npos);
    EXPECT_NE(report.error().message.find("forwarding is off"), std::string::npos);
  });
  EXPECT_EQ(run_in(kGateway, {"cat", "/proc/sys/net/ipv4/ip_forward"}), "0\n");
}

TEST_P(Gate, WithoutListenerTheHandshakePassesAndNoPayload) {
  const Peer server = Peer::listen(kServer, 443);
  const Peer client = Peer::connect(kClient, kServerAddress, 443);
  ASSERT_TRUE(client.open());
  const Peer accepted = server.accept();
  ASSERT_TRUE(accepted.open());
  ASSERT_TRUE(client.send("from the client"));
  ASSERT_TRUE(accepted.send("from the server"));
  EXPECT_EQ(accepted.receive(500), "");
  EXPECT_EQ(client.receive(100), "");
}

TEST_P(Gate, FirstPayloadCarriesTheIsn) {
  Judge judge(drop);
  const Peer server = Peer::listen(kServer, 443);
  const Peer client = Peer::connect(kClient, kServerAddress, 443);
  ASSERT_TRUE(client.send("hello"));
  const auto packet = judge.wait_for([](const SeenPacket& p) { return p.source_port() != 443; });
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->state(), FlowMark::Opening);
  EXPECT_EQ(packet->mark & engine::kQueuedFlag, engine::kQueuedFlag);
  EXPECT_EQ(engine::payload_of(packet->mark), (packet->seq() - 1) & 0x7ffffffU);
  EXPECT_NE(packet->flags() & kAck, 0);
}

TEST_P(Gate, AllowedConnectionOutlivesListenerAndReload) {
  const Peer server = Peer::listen(kServer, 443);
  const Peer client = Peer::connect(kClient, kServerAddress, 443);
  const Peer accepted = server.accept();
  {
    Judge judge(allow);
    ASSERT_TRUE(client.send("hello"));
    EXPECT_EQ(accepted.receive(), "hello");
  }
  EXPECT_EQ(mark_of(client.local_port()), engine::make_mark(FlowMark::Allowed, 77));
  install_rules();
  ASSERT_TRUE(accepted.send("answer"));
  EXPECT_EQ(client.receive(), "answer");
  ASSERT_TRUE(client.send("more"));
  EXPECT_EQ(accepted.receive(), "more");
}

TEST_P(Gate, LostQueueRuleDoesNotOpenTheGate) {
  Judge judge(allow);
  const std::string listing =
      run_in(kGateway, {"nft", "-a", "list", "chain", "ip", "discriminat", "before_verdict"});
  const std::size_t at = listing.rfind("# handle ", listing.rfind("}\n", listing.rfind('}')));
  const std::string handle = listing.substr(at + 9, listing.find('\n', at) - at - 9);
  run_in(kGateway,
         {"nft", "delete", "rule", "ip", "discriminat", "before_verdict", "handle", handle});
  in(kGateway, [] { EXPECT_FALSE(verify(settings())); });
  const Peer server = Peer::listen(kServer, 443);
  const Peer client = Peer::connect(kClient, kServerAddress, 443);
  ASSERT_TRUE(client.open());
  const Peer accepted = server.accept();
  ASSERT_TRUE(client.send("hello"));
  EXPECT_EQ(accepted.receive(500), "");
  EXPECT_GT(counter("no_queue"), 0U);

  // Worse: the whole chain is empty. Then nothing has a verdict's mark.
  run_in(kGateway, {"nft", "flush", "chain", "ip", "discriminat", "before_verdict"});
  EXPECT_FALSE(Peer::connect(kClient, kServerAddress, 443).open());
  EXPECT_GT(counter("no_verdict"), 0U);
}

TEST_P(Gate, RefusedConnectionIsClosedForGood) {
  const Peer server = Peer::listen(kServer, 443);
  const Peer client = Peer::connect(kClient, kServerAddress, 443);
  const Peer accepted = server.accept();
  Judge judge(refuse);
  ASSERT_TRUE(client.send("hello"));
  // The judged packet is dropped (the engine injects what the client shall see); any further one,
  // here its retransmission, is answered by the kernel without asking.
  EXPECT_EQ(client.last_errno(), ECONNRESET);
  EXPECT_GT(counter("refused"), 0U);
  EXPECT_EQ(engine::state_of(mark_of(client.local_port())), FlowMark::Refused);
  EXPECT_EQ(accepted.receive(200), "");
}

TEST_P(Gate, InjectedResetReachesTheServerThroughNatAndMarks) {
  Judge judge(drop);
  const Peer server = Peer::listen(kServer, 443);
  const Peer client = Peer::connect(kClient, kServerAddress, 443);
  const Peer accepted = server.accept();
  ASSERT_TRUE(client.send("hello"));
  const auto packet = judge.wait_for([](const SeenPacket& p) { return p.source_port() != 443; });
  ASSERT_TRUE(packet);
  in(kGateway, [&] {
    auto injector = Injector::open();
    ASSERT_TRUE(injector);
    const auto reset = tcp_packet({.source_port = packet->source_port(),
                                   .seq = packet->seq(),
                                   .ack = packet->ack(),
                                   .flags = kRst | kAck});
    EXPECT_TRUE(injector->send(reset, engine::make_mark(FlowMark::Refused)));
    // To the client, without entry of its own and without mark.
    const auto goodbye = tcp_packet({.source = kServerAddress,
                                     .destination = kClientAddress,
                                     .source_port = 443,
                                     .destination_port = packet->source_port(),
                                     .seq = packet->ack(),
                                     .ack = packet->seq(),
                                     .flags = kPsh | kAck,
                                     .payload = "alert"});
    EXPECT_TRUE(injector->send(goodbye, 0));
    EXPECT_EQ(injector->counters().sent, 2U);
    EXPECT_FALSE(injector->send({}, 0));
  });
  EXPECT_EQ(accepted.last_errno(), ECONNRESET);
  EXPECT_EQ(client.receive(), "alert");
  EXPECT_EQ(engine::state_of(mark_of(packet->source_port())), FlowMark::Refused);
}

TEST_P(Gate, SynOnAnAllowedConnectionIsJudgedAnew) {
  const Peer server = Peer::listen(kServer, 443);
  const Peer client = Peer::connect(kClient, kServerAddress, 443);
  const Peer accepted = server.accept();
  Judge judge(allow);
  ASSERT_TRUE(client.send("hello"));
  ASSERT_EQ(accepted.receive(), "hello");
  ASSERT_EQ(engine::state_of(mark_of(client.local_port())), FlowMark::Allowed);
  send_raw_from_client({.source_port = client.local_port(), .seq = 0x12345678, .flags = kSyn});
  EXPECT_EQ(mark_of(client.local_port()), engine::make_mark(FlowMark::Opening, 0x2345678));
  // The next one is not the kernel's to decide.
  send_raw_from_client({.source_port = client.local_port(), .seq = 0x99999999, .flags = kSyn});
  const auto syn = judge.wait_for([](const SeenPacket& p) { return p.flags() == kSyn; });
  ASSERT_TRUE(syn);
  EXPECT_EQ(syn->seq(), 0x99999999U);
  EXPECT_EQ(syn->mark, engine::make_mark(FlowMark::Opening, 0x2345678) | engine::kQueuedFlag);
}

// Conntrack does not open a new entry after a reset from the server's side: it resynchronises the
// old one, mark included, as soon as the server answers the new SYN.
TEST_P(Gate, NextConnectionOnTheTupleOfAnAllowedOneIsJudgedAnew) {
  const Peer server = Peer::listen(kServer, 443);
  Peer client = Peer::connect(kClient, kServerAddress, 443);
  Peer accepted = server.accept();
  std::atomic<bool> closed = false;
  Judge judge([&](const SeenPacket& p) { return closed ? drop(p) : allow(p); });
  ASSERT_TRUE(client.send("hello"));
  ASSERT_EQ(accepted.receive(), "hello");
  const std::uint16_t port = client.local_port();
  const auto before = entries(port);
  ASSERT_EQ(before.size(), 1U);
  closed = true;
  accepted.reset();
  ASSERT_EQ(client.last_errno(), ECONNRESET);
  client.reset();

  const Peer next = Peer::connect(kClient, kServerAddress, 443, SOCK_STREAM, port);
  ASSERT_TRUE(next.open());
  const Peer next_accepted = server.accept();
  const auto after = entries(port);
  ASSERT_EQ(after.size(), 1U);
  EXPECT_EQ(after[0].id, before[0].id) << "the same entry: that is the trap";
  ASSERT_TRUE(next.send("forbidden"));
  EXPECT_EQ(next_accepted.receive(300), "");
  const auto packet = judge.wait_for([](const SeenPacket& p) {
    return p.bytes.size() > 60 && p.state() == FlowMark::Opening &&
           as_text(p.bytes).ends_with("forbidden");
  });
  EXPECT_TRUE(packet);
}

TEST_P(Gate, SynWithPayloadOrAForbiddenOptionIsQueued) {
  Judge judge(drop);
  send_raw_from_client({.source_port = 2000, .seq = 5, .flags = kSyn, .payload = "early"});
  const auto syn = judge.wait_for([](const SeenPacket& p) { return p.source_port() == 2000; });
  ASSERT_TRUE(syn);
  EXPECT_EQ(syn->mark, engine::make_mark(FlowMark::Opening, 5) | engine::kQueuedFlag);
  std::vector<std::uint8_t> md5(20, 1);
  md5[0] = 19;
  md5[1] = 18;
  send_raw_from_client({.source_port = 2001, .flags = kSyn, .options = md5});
  std::vector<std::uint8_t> ao(16, 1);
  ao[0] = 29;
  ao[1] = 16;
  send_raw_from_client({.source_port = 2002, .flags = kSyn, .options = ao});
  for (const int port : {2001, 2002}) {
    const auto signed_syn =
        judge.wait_for([&](const SeenPacket& p) { return p.source_port() == port; });
    ASSERT_TRUE(signed_syn) << "shown to the daemon, which logs it";
    EXPECT_EQ(signed_syn->mark, engine::kQueuedFlag) << "and undecided";
  }
  send_raw_from_client({.source_port = 2003, .flags = kSyn | kFin});
  EXPECT_EQ(counter("bad_syn") + counter("no_entry"), 0U) << "conntrack: bad flags, so logged";
}

TEST_P(Gate, PacketWithoutEntryIsQueuedAsLostAndReset) {
  Judge judge(refuse);
  const Peer server = Peer::listen(kServer, 443);
  const Peer client = Peer::connect(kClient, kServerAddress, 443);
  const Peer accepted = server.accept();
  const auto found = entries(client.local_port());
  ASSERT_EQ(found.size(), 1U);
  in(kGateway, [&] {
    EXPECT_TRUE(erase_conntrack(found[0]).value_or(false));
    EXPECT_FALSE(erase_conntrack(found[0]).value_or(true)) << "gone already";
  });
  ASSERT_TRUE(client.send("hello"));
  const auto lost = judge.wait_for([](const SeenPacket& p) { return p.state() == FlowMark::Lost; });
  ASSERT_TRUE(lost);
  EXPECT_EQ(lost->mark, engine::make_mark(FlowMark::Lost) | engine::kQueuedFlag);
  EXPECT_EQ(client.last_errno(), ECONNRESET);
}

TEST_P(Gate, RevokedConnectionIsQueuedAgainWithItsGrant) {
  const Peer server = Peer::listen(kServer, 443);
  const Peer client = Peer::connect(kClient, kServerAddress, 443);
  const Peer accepted = server.accept();
  Judge judge(
      [](const SeenPacket& p) { return p.state() == FlowMark::Revoked ? drop(p) : allow(p); });
  ASSERT_TRUE(client.send("hello"));
  ASSERT_EQ(accepted.receive(), "hello");
  in(kGateway, [&] {
    std::vector<ConntrackEntry> allowed;
    const auto dumped =
        dump_conntrack({.value = engine::make_mark(FlowMark::Allowed), .mask = engine::kStateMask},
                       [&](const ConntrackEntry& entry) {
                         if (entry.client_port() == client.local_port()) allowed.push_back(entry);
                       });
    ASSERT_TRUE(dumped);
    ASSERT_EQ(allowed.size(), 1U);
    EXPECT_EQ(to_text(allowed[0].client()), kClientAddress);
    EXPECT_EQ(to_text(allowed[0].server()), kServerAddress);
    EXPECT_EQ(allowed[0].server_port(), 443);
    EXPECT_EQ(to_text(allowed[0].reply.destination), "45.0.0.1");
    EXPECT_TRUE(revoke_conntrack(allowed[0]).value_or(false));
  });
  ASSERT_TRUE(client.send("more"));
  const auto packet =
      judge.wait_for([](const SeenPacket& p) { return p.state() == FlowMark::Revoked; });
  ASSERT_TRUE(packet);
  EXPECT_EQ(engine::payload_of(packet->mark), 77U);
  EXPECT_EQ(accepted.receive(200), "");
}

TEST_P(Gate, OwnedConnectionQueuesAcknowledgementsToo) {
  const Peer server = Peer::listen(kServer, 443);
  const Peer client = Peer::connect(kClient, kServerAddress, 443);
  const Peer accepted = server.accept();
  Judge judge([](const SeenPacket&) { return Answer{true, engine::make_mark(FlowMark::Owned)}; });
  ASSERT_TRUE(client.send("hello"));
  ASSERT_EQ(accepted.receive(), "hello");
  EXPECT_TRUE(judge.wait_for([](const SeenPacket& p) {
    return p.source_port() == 443 && p.state() == FlowMark::Owned && p.bytes.size() <= 60;
  }));
}

TEST_P(Gate, LargeSegmentsComeWhole) {
  const Peer server = Peer::listen(kServer, 443);
  const Peer client = Peer::connect(kClient, kServerAddress, 443);
  Judge judge(drop);
  ASSERT_TRUE(client.send(std::string(12'000, 'x')));
  const auto packet = judge.wait_for([](const SeenPacket& p) { return p.bytes.size() > 1500; });
  ASSERT_TRUE(packet);
  EXPECT_TRUE(packet->gso);
}

TEST_P(Gate, SpecialDestinationIsQueuedAndRefusedAtOnce) {
  Judge judge(refuse);
  for (const char* address : {"169.254.169.254", "192.168.7.7", "10.9.9.9"}) {
    EXPECT_EQ(Peer::connect(kClient, address, 80).error(), ECONNREFUSED) << address;
  }
  EXPECT_GE(counter("refused"), 3U);
}

TEST_P(Gate, UdpIsQueuedAndAnsweredByPortUnreachable) {
  Judge judge(refuse);
  const Peer client = Peer::connect(kClient, kServerAddress, 443, SOCK_DGRAM);
  ASSERT_TRUE(client.send("quic"));
  EXPECT_EQ(client.last_errno(), ECONNREFUSED);
  EXPECT_TRUE(judge.wait_for([](const SeenPacket& p) { return p.mark == engine::kQueuedFlag; }));
}

TEST_P(Gate, UdpNeverPassesWhateverTheVerdict) {
  Judge judge(allow);
  const Peer client = Peer::connect(kClient, kServerAddress, 443, SOCK_DGRAM);
  ASSERT_TRUE(client.send("quic"));
  ASSERT_TRUE(judge.wait_for([](const SeenPacket&) { return true; }));
  EXPECT_TRUE(counter_reaches("no_verdict", 1));
}

TEST_P(Gate, IcmpErrorsLeaveOnlyForConnectionsJudgedGood) {
  const Peer server = Peer::listen(kServer, 443);
  const Peer client = Peer::connect(kClient, kServerAddress, 443);
  const Peer accepted = server.accept();
  const TcpFields about{.source = kServerAddress,
                        .destination = kClientAddress,
                        .source_port = 443,
                        .destination_port = client.local_port()};
  send_icmp_error_from_client(about);
  EXPECT_EQ(counter("icmp_error"), 1U);
  Judge judge(allow);
  ASSERT_TRUE(client.send("hello"));
  ASSERT_EQ(accepted.receive(), "hello");
  send_icmp_error_from_client(about);
  EXPECT_EQ(counter("icmp_error"), 1U);
  EXPECT_EQ(counter("not_tcp") + counter("no_verdict") + counter("wrong_path"), 0U);
}

TEST_P(Gate, SpoofedSourceIsDropped) {
  Judge judge(allow);
  send_raw_from_client({.source = "45.0.0.99", .source_port = 2100, .flags = kSyn});
  send_raw_from_client({.source = "10.0.1.1", .source_port = 2101, .flags = kSyn});
  EXPECT_TRUE(entries(2100).empty());
  EXPECT_TRUE(entries(2101).empty());
}

TEST_P(Gate, OnlyNamedPortsOfTheGatewayAreReachable) {
  const Peer health = Peer::listen(kGateway, 1042);
  const Peer named = Peer::listen(kGateway, 53);
  const Peer other = Peer::listen(kGateway, 2222);
  EXPECT_TRUE(Peer::connect(kClient, "10.0.1.1", 1042).open());
  EXPECT_TRUE(Peer::connect(kClient, "10.0.1.1", 53).open());
  EXPECT_EQ(Peer::connect(kClient, "10.0.1.1", 2222).error(), ETIMEDOUT);
  EXPECT_EQ(Peer::connect(kClient, "45.0.0.1", 2222).error(), ETIMEDOUT);
  EXPECT_TRUE(Peer::connect(kServer, "45.0.0.1", 2222).open()) << "outside is left alone";
}

TEST_P(Gate, NothingEntersFromOutside) {
  run_in(kServer, {"ip", "route", "replace", "10.0.1.0/24", "via", "45.0.0.1"});
  const Peer inner = Peer::listen(kClient, 8080);
  EXPECT_FALSE(Peer::connect(kServer, kClientAddress, 8080).open());
  run_in(kServer, {"ip", "route", "del", "10.0.1.0/24"});
  EXPECT_GT(counter("bad_syn"), 0U);
}

TEST_P(Gate, Ipv6IsQueuedForTheLogAndGoesNowhere) {
  Judge judge(allow);
  in(kClient, [] {
    const net::FileDescriptor fd(::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_in6 to{};
    to.sin6_family = AF_INET6;
    to.sin6_port = 0x3500;
    to.sin6_addr.s6_addr[0] = 0x20;
    to.sin6_addr.s6_addr[1] = 0x01;
    to.sin6_addr.s6_addr[15] = 1;
    EXPECT_EQ(::sendto(fd.get(), "x", 1, 0, reinterpret_cast<sockaddr*>(&to), sizeof to), 1);
  });
  const auto packet = judge.wait_for([](const SeenPacket& p) { return p.protocol == 0x86dd; });
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->mark, engine::kQueuedFlag);
}

TEST_P(Gate, SecondListenerIsTurnedAway) {
  Judge judge(drop);
  in(kGateway, [] {
    const auto second = PacketQueue::open({.number = settings().queue_base});
    ASSERT_FALSE(second);
    EXPECT_NE(second.error().message.find("another instance"), std::string::npos);
    EXPECT_TRUE(read_queue_counters(settings().queue_base));
    EXPECT_FALSE(read_queue_counters(9999));
  });
}

TEST_P(Gate, ProbeIsAnsweredWhereVerdictsAreCarriedOutOnly) {
  using std::chrono::milliseconds;
  in(kGateway, [] {
    auto probe = PathProbe::open();
    ASSERT_TRUE(probe) << probe.error().message;
    EXPECT_FALSE(PathProbe::open()) << "there is one device";
    RulesetSettings with_probe = settings();
    with_probe.inside.emplace_back(kProbeInterface);
    ASSERT_TRUE(install(with_probe, GetParam()));
    EXPECT_EQ(probe->run(milliseconds(20)).answered, 0U) << "nobody listens to the queue";
    {
      Judge judge(drop);
      const ProbeCounts counts = probe->run(milliseconds(20));
      EXPECT_EQ(counts.answered, 0U);
      EXPECT_EQ(counts.sent, 3 * kProbePackets);
    }
    Judge judge(refuse);
    for (int run = 0; run < 40; ++run) {  // over all addresses
      const ProbeCounts counts = probe->run();
      EXPECT_TRUE(counts.complete()) << run << ": " << counts.answered;
    }
    const auto seen = judge.wait_for([](const SeenPacket&) { return true; });
    ASSERT_TRUE(seen);
    EXPECT_NE(seen->mark & engine::kQueuedFlag, 0U);
    run_in(kGateway, {"sysctl", "-q", "net.ipv4.ip_forward=0"});
    EXPECT_EQ(probe->run(milliseconds(20)).answered, 0U) << "forwarding is off";
    run_in(kGateway, {"sysctl", "-q", "net.ipv4.ip_forward=1"});
    EXPECT_TRUE(probe->run().complete());
    ASSERT_TRUE(remove());
    EXPECT_EQ(probe->run(milliseconds(20)).answered, 0U) << "there are no rules";
  });
  EXPECT_EQ(run_in(kGateway, {"ip", "-br", "link"}).find(kProbeInterface), std::string::npos);
}

TEST_P(Gate, NobodyPassesForTheProbe) {
  in(kGateway, [] {
    const auto probe = PathProbe::open();
    ASSERT_TRUE(probe) << probe.error().message;
    Judge judge(allow);
    const std::string source = to_text(kProbeSource);
    send_raw_from_client({.source = source.c_str(), .source_port = 2102, .flags = kSyn});
    EXPECT_TRUE(counter_reaches("spoofed_source", 1));
    EXPECT_TRUE(entries(2102).empty());
  });
}

}  // namespace
}  // namespace dn::netfilter::lab
