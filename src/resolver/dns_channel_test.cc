// One question at a time against a scripted server: outcomes, fail-over, TCP, forged replies.
#include "resolver/dns_channel.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <set>

#include "resolver/testing/fake_dns_server.h"

namespace dn::resolver {
namespace {

using namespace std::chrono_literals;
using engine::DnsStatus;
using testing::Bytes;
using testing::FakeDnsServer;
using testing::Question;
using testing::Reply;

constexpr Ipv4Address kFirst{0xC0000201};
constexpr Ipv4Address kSecond{0xC0000202};
constexpr QuestionTimeouts kPatient{5000ms, 2};
constexpr QuestionTimeouts kHasty{50ms, 2};

DomainName name(std::string_view text) {
  return DomainName::parse(text).value();
}

QuestionOutcome wait_for_outcome(DnsChannel& channel) {
  while (!channel.ended()) {
    std::vector<pollfd> polled;
    std::chrono::milliseconds wait = 1000ms;
    channel.add_to_poll(polled, wait);
    poll(polled.data(), polled.size(), static_cast<int>(wait.count()));
    for (const pollfd& ready : polled) {
      if (ready.revents != 0) channel.on_ready(ready.fd, ready.revents);
    }
    channel.on_time();
  }
  return channel.take_outcome().value();
}

QuestionOutcome ask(const std::string& servers, std::string_view host = "www.example.com",
                    QuestionTimeouts timeouts = kPatient) {
  DnsChannel channel(timeouts);
  channel.ask(name(host), servers);
  EXPECT_TRUE(channel.busy());
  EXPECT_EQ(channel.asked(), name(host));
  QuestionOutcome outcome = wait_for_outcome(channel);
  EXPECT_FALSE(channel.busy());
  return outcome;
}

TEST(DnsChannel, AsksForExactlyTheNameAndForAddressesOnly) {
  // A search list from the environment must not matter.
  setenv("LOCALDOMAIN", "corp.example", 1);
  setenv("RES_OPTIONS", "ndots:9", 1);
  FakeDnsServer server;
  for (const auto host : {"www.example.com", "localhost", "single", "_x.example"}) {
    EXPECT_EQ(ask(server.address(), host).status, DnsStatus::NoName) << host;
  }
  unsetenv("LOCALDOMAIN");
  unsetenv("RES_OPTIONS");
  const auto questions = server.questions();
  ASSERT_EQ(questions.size(), 4U);
  EXPECT_EQ(server.names_asked(),
            (std::vector<std::string>{"_x.example", "localhost", "single", "www.example.com"}));
  for (const Question& question : questions) EXPECT_EQ(question.type, 1);
}

TEST(DnsChannel, TellsTheOutcomesApart) {
  const auto loop = [](const Question& q) {
    return std::vector<Bytes>{
        Reply(q).cname(q.name, "a.example").cname("a.example", q.name).bytes()};
  };
  const auto no_data = [](const Question& q) { return std::vector<Bytes>{Reply(q).bytes()}; };
  const auto only_cname = [](const Question& q) {
    return std::vector<Bytes>{Reply(q).cname(q.name, "a.example").bytes()};
  };
  struct Case {
    const char* what;
    testing::Script script;
    DnsStatus want;
  };
  const Case cases[] = {
      {"addresses", testing::answer_with({kFirst, kSecond}), DnsStatus::Answered},
      {"no such name", testing::answer_rcode(3), DnsStatus::NoName},
      {"no data", no_data, DnsStatus::NoData},
      {"only a CNAME", only_cname, DnsStatus::NoData},
      {"CNAME loop", loop, DnsStatus::Failed},
      {"server failure", testing::answer_rcode(2), DnsStatus::Failed},
      {"refused", testing::answer_rcode(5), DnsStatus::Failed},
      {"not implemented", testing::answer_rcode(4), DnsStatus::Failed},
      {"format error", testing::answer_rcode(1), DnsStatus::Failed},
  };
  for (const Case& c : cases) {
    FakeDnsServer server;
    server.script("www.example.com", c.script);
    const auto outcome = ask(server.address());
    EXPECT_EQ(outcome.status, c.want) << c.what << ": " << outcome.problem;
    EXPECT_EQ(outcome.addresses.size(), c.want == DnsStatus::Answered ? 2U : 0U) << c.what;
    EXPECT_EQ(outcome.problem.empty(), c.want != DnsStatus::Failed) << c.what;
  }
}

TEST(DnsChannel, KeepsTheTtlOfEachAddress) {
  FakeDnsServer server;
  server.script("www.example.com", [](const Question& q) {
    return std::vector<Bytes>{Reply(q)
                                  .cname(q.name, "c.example", 9)
                                  .a("c.example", kFirst, 0)
                                  .a("c.example", kSecond, 20)
                                  .bytes()};
  });
  const auto outcome = ask(server.address());
  ASSERT_EQ(outcome.addresses.size(), 2U);
  EXPECT_EQ(outcome.addresses[0].ttl, 0s);
  EXPECT_EQ(outcome.addresses[1].ttl, 9s);
}

TEST(DnsChannel, SilenceFailsAfterEveryTry) {
  FakeDnsServer server;
  server.script_everything(testing::keep_silent());
  const auto outcome = ask(server.address(), "www.example.com", kHasty);
  EXPECT_EQ(outcome.status, DnsStatus::Failed);
  EXPECT_EQ(outcome.timeouts, 2);
  EXPECT_EQ(server.count("www.example.com"), 2U);
}

TEST(DnsChannel, GarbageIsSilence) {
  for (const std::size_t size : {0U, 1U, 11U, 12U, 500U, 2000U}) {
    FakeDnsServer server;
    server.script_everything(
        [size](const Question&) { return std::vector<Bytes>{Bytes(size, 0xa5)}; });
    const auto outcome = ask(server.address(), "www.example.com", kHasty);
    EXPECT_EQ(outcome.status, DnsStatus::Failed) << size;
    EXPECT_TRUE(outcome.addresses.empty());
  }
}

TEST(DnsChannel, ForgedRepliesAreIgnoredWhileTheTrueOneIsOnItsWay) {
  struct Case {
    const char* what;
    std::function<Bytes(const Question&)> forge;
  };
  const Case cases[] = {
      {"wrong id",
       [](const Question& q) {
         return Reply(q).id(static_cast<std::uint16_t>(q.id + 1)).a(q.name, kSecond).bytes();
       }},
      {"another name",
       [](const Question& q) {
         Question other = q;
         other.name = "evil.example";
         return Reply(other).a("www.example.com", kSecond).bytes();
       }},
      {"another type",
       [](const Question& q) {
         Question other = q;
         other.type = 28;
         return Reply(other).a(q.name, kSecond).bytes();
       }},
      {"the question itself", [](const Question& q) { return q.message; }},
      {"nothing", [](const Question&) { return Bytes(); }},
      {"a header only",
       [](const Question& q) { return Bytes(q.message.begin(), q.message.begin() + 12); }},
  };
  for (const Case& c : cases) {
    FakeDnsServer server;
    server.script_everything([&c](const Question& q) {
      return std::vector<Bytes>{c.forge(q), Reply(q).a(q.name, kFirst).bytes()};
    });
    // c-ares may take "the question itself" for an empty reply; it must never give the forged one.
    const auto outcome = ask(server.address());
    for (const auto& address : outcome.addresses) EXPECT_EQ(address.address, kFirst) << c.what;
    if (std::string_view(c.what) != "the question itself") {
      EXPECT_EQ(outcome.status, DnsStatus::Answered) << c.what << ": " << outcome.problem;
    }
  }
}

TEST(DnsChannel, RecordsOfOtherNamesGiveNoAddress) {
  FakeDnsServer server;
  server.script_everything([](const Question& q) {
    return std::vector<Bytes>{Reply(q).a("other.example", kSecond).a(q.name, kFirst).bytes()};
  });
  const auto outcome = ask(server.address());
  ASSERT_EQ(outcome.addresses.size(), 1U);
  EXPECT_EQ(outcome.addresses[0].address, kFirst);
}

// A compressed reply with so many addresses.
Bytes many_addresses(const Question& q, std::uint32_t count) {
  Bytes message = Reply(q).bytes();
  for (std::uint32_t i = 0; i < count; ++i) {
    const Bytes record = {0xc0,
                          12,
                          0,
                          1,
                          0,
                          1,
                          0,
                          0,
                          0,
                          5,
                          0,
                          4,
                          198,
                          18,
                          static_cast<std::uint8_t>(i >> 8U),
                          static_cast<std::uint8_t>(i & 0xffU)};
    message.insert(message.end(), record.begin(), record.end());
  }
  message[6] = static_cast<std::uint8_t>(count >> 8U);
  message[7] = static_cast<std::uint8_t>(count & 0xffU);
  return message;
}

TEST(DnsChannel, TruncatedRepliesComeByTcp) {
  for (const std::uint32_t count : {1U, 250U, 4000U}) {
    FakeDnsServer server;
    server.script_everything([count](const Question& q) {
      if (q.tcp) return std::vector<Bytes>{many_addresses(q, count)};
      return std::vector<Bytes>{Reply(q).truncated().a(q.name, kFirst).bytes()};
    });
    const auto outcome = ask(server.address());
    EXPECT_EQ(outcome.status, DnsStatus::Answered) << outcome.problem;
    EXPECT_EQ(outcome.addresses.size(), count);
    const auto questions = server.questions();
    ASSERT_EQ(questions.size(), 2U);
    EXPECT_FALSE(questions[0].tcp);
    EXPECT_TRUE(questions[1].tcp);
    EXPECT_EQ(questions[1].name, "www.example.com");
  }
}

TEST(DnsChannel, ATcpServerThatHangsUpFails) {
  FakeDnsServer server;
  server.script_everything([](const Question& q) {
    if (q.tcp) return std::vector<Bytes>();
    return std::vector<Bytes>{Reply(q).truncated().bytes()};
  });
  EXPECT_EQ(ask(server.address(), "www.example.com", kHasty).status, DnsStatus::Failed);
}

TEST(DnsChannel, AsksTheNextServerWhenOneIsSilentFailingOrGone) {
  for (const auto& script :
       {testing::keep_silent(), testing::answer_rcode(2), testing::answer_rcode(5)}) {
    FakeDnsServer bad;
    FakeDnsServer good;
    bad.script_everything(script);
    good.script("www.example.com", testing::answer_with({kFirst}));
    const auto outcome = ask(bad.address() + "," + good.address(), "www.example.com", {300ms, 2});
    EXPECT_EQ(outcome.status, DnsStatus::Answered) << outcome.problem;
    EXPECT_GE(bad.count("www.example.com"), 1U);
  }
  std::string gone;
  {
    FakeDnsServer server;
    gone = server.address();
  }
  FakeDnsServer good;
  good.script("www.example.com", testing::answer_with({kFirst}));
  EXPECT_EQ(ask(gone + "," + good.address()).status, DnsStatus::Answered);
  EXPECT_EQ(ask(gone, "www.example.com", kHasty).status, DnsStatus::Failed);
}

TEST(DnsChannel, FailsAtOnceWithoutServers) {
  const auto outcome = ask("");
  EXPECT_EQ(outcome.status, DnsStatus::Failed);
  EXPECT_EQ(outcome.problem, "no DNS server is configured");
}

TEST(DnsChannel, EveryQuestionLeavesFromAnotherPort) {
  FakeDnsServer server;
  server.script_everything(testing::answer_with({kFirst}));
  DnsChannel channel(kPatient);
  for (int i = 0; i < 8; ++i) {
    channel.ask(name("n" + std::to_string(i) + ".example"), server.address());
    EXPECT_EQ(wait_for_outcome(channel).status, DnsStatus::Answered);
  }
  std::set<std::uint16_t> ports;
  std::set<std::uint16_t> ids;
  for (const Question& question : server.questions()) {
    ports.insert(question.from_port);
    ids.insert(question.id);
  }
  EXPECT_GE(ports.size(), 6U);
  EXPECT_GE(ids.size(), 6U);
}

TEST(DnsChannel, TakesOtherServersForTheNextQuestion) {
  FakeDnsServer one;
  FakeDnsServer other;
  one.script_everything(testing::answer_with({kFirst}));
  other.script_everything(testing::answer_with({kSecond}));
  DnsChannel channel(kPatient);
  channel.ask(name("a.example"), one.address());
  EXPECT_EQ(wait_for_outcome(channel).addresses.at(0).address, kFirst);
  channel.ask(name("a.example"), other.address());
  EXPECT_EQ(wait_for_outcome(channel).addresses.at(0).address, kSecond);
  EXPECT_EQ(one.questions().size(), 1U);
}

TEST(DnsChannel, MayBeDroppedInTheMiddleOfAQuestion) {
  FakeDnsServer server;
  server.script_everything(testing::keep_silent());
  DnsChannel channel(kPatient);
  channel.ask(name("a.example"), server.address());
  EXPECT_FALSE(channel.take_outcome());
  EXPECT_TRUE(channel.busy());
}

}  // namespace
}  // namespace dn::resolver
