// The whole resolver against a scripted server on the loopback interface. Nothing here asserts how
// long something takes: tests wait for what they expect, at most a generous time.
#include "resolver/resolver.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <set>

#include "base/testing/eventually.h"
#include "resolver/testing/fake_dns_server.h"

namespace dn::resolver {
namespace {

using namespace std::chrono_literals;
using engine::DnsAnswer;
using engine::DnsStatus;
using testing::answer_rcode;
using testing::answer_with;
using testing::Bytes;
using testing::FakeDnsServer;
using testing::keep_silent;
using testing::Question;
using testing::Reply;

using Texts = std::vector<std::string>;

constexpr Ipv4Address kFirst{0xC0000201};
constexpr Ipv4Address kSecond{0xC0000202};
constexpr QuestionTimeouts kHasty{50ms, 2};

DomainName name(std::string_view text) {
  return DomainName::parse(text).value();
}

// Collects what the resolver tells, and lets the test wait for it.
class Listener {
 public:
  ResolverEvents events() {
    return {[this](const DnsAnswer& answer) {
              const std::lock_guard lock(mutex_);
              answers_.push_back(answer);
              changed_.notify_all();
            },
            [this](const std::string& warning) {
              const std::lock_guard lock(mutex_);
              warnings_.push_back(warning);
              changed_.notify_all();
            }};
  }
  std::optional<DnsAnswer> wait_for(const std::string& host, std::size_t times = 1) {
    const auto is_it = [&](const DnsAnswer& answer) { return answer.name.text() == host; };
    std::unique_lock lock(mutex_);
    const bool came = changed_.wait_for(lock, 30s, [&] {
      return static_cast<std::size_t>(std::ranges::count_if(answers_, is_it)) >= times;
    });
    if (!came) return {};
    return *std::find_if(answers_.rbegin(), answers_.rend(), is_it);
  }
  bool wait_for_warning() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 30s, [&] { return !warnings_.empty(); });
  }
  std::vector<DnsAnswer> answers() {
    const std::lock_guard lock(mutex_);
    return answers_;
  }
  Texts warnings() {
    const std::lock_guard lock(mutex_);
    return warnings_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<DnsAnswer> answers_;
  Texts warnings_;
};

class ResolverTest : public ::testing::Test {
 protected:
  ResolverTest() {
    std::string pattern = ::testing::TempDir() + "resolver-XXXXXX";
    directory_ = mkdtemp(pattern.data());
  }
  ~ResolverTest() override {
    resolver_.reset();
    std::filesystem::remove_all(directory_);
  }

  ResolverSettings settings() const {
    ResolverSettings settings;
    settings.servers = {server_.address()};
    settings.timeouts = {5000ms, 2};
    return settings;
  }
  void start(ResolverSettings settings) {
    resolver_ = std::move(Resolver::start(std::move(settings), listener_.events()).value());
  }
  void start() { start(settings()); }

  std::string directory_;
  FakeDnsServer server_;
  Listener listener_;
  std::unique_ptr<Resolver> resolver_;
};

TEST_F(ResolverTest, LooksUpTheNamesOfThePolicyAndNothingElse) {
  server_.script("a.example", answer_with({kFirst, kSecond}, 300));
  server_.script("b.example", answer_with({kSecond}, 300));
  start();
  EXPECT_FALSE(resolver_->primed());
  resolver_->set_names(Texts{"b.example", "a.example", "b.example"});
  const auto a = listener_.wait_for("a.example");
  const auto b = listener_.wait_for("b.example");
  ASSERT_TRUE(a && b);
  EXPECT_EQ(a->status, DnsStatus::Answered);
  EXPECT_EQ(a->addresses.size(), 2U);
  EXPECT_EQ(a->age, 0s);
  EXPECT_FALSE(a->on_demand);
  EXPECT_TRUE(eventually([&] { return resolver_->primed(); }));
  resolver_->stop();
  EXPECT_EQ(server_.names_asked(), (Texts{"a.example", "b.example"}));
  EXPECT_EQ(server_.questions().size(), 2U);
  for (const Question& question : server_.questions()) EXPECT_EQ(question.type, 1);
  const auto stats = resolver_->stats();
  EXPECT_EQ(stats.asked, 2U);
  EXPECT_EQ(stats.answered, 2U);
  EXPECT_EQ(stats.names, 2U);
  EXPECT_EQ(stats.names_unanswered, 0U);
  EXPECT_EQ(stats.ledger_names, 2U);
  EXPECT_EQ(stats.ledger_addresses, 3U);
  EXPECT_EQ(stats.servers, (Texts{server_.address()}));
}

TEST_F(ResolverTest, TakesNamesAsThePolicyHoldsThem) {
  start();
  resolver_->set_names(std::vector<DomainName>{name("a.example"), name("b.example")});
  EXPECT_TRUE(listener_.wait_for("a.example"));
  EXPECT_TRUE(listener_.wait_for("b.example"));
}

TEST_F(ResolverTest, AnEmptyPolicyIsPrimedAtOnce) {
  start();
  resolver_->set_names(Texts{});
  EXPECT_TRUE(eventually([&] { return resolver_->primed(); }));
  EXPECT_TRUE(server_.questions().empty());
}

TEST_F(ResolverTest, TellsEveryKindOfOutcome) {
  server_.script("silent.example", keep_silent());
  server_.script("servfail.example", answer_rcode(2));
  server_.script("no-data.example",
                 [](const Question& q) { return std::vector<Bytes>{Reply(q).bytes()}; });
  server_.script("good.example", answer_with({kFirst}));
  auto settings = this->settings();
  settings.timeouts = {300ms, 1};
  start(settings);
  resolver_->set_names(Texts{"good.example", "no-data.example", "no-name.example",
                             "servfail.example", "silent.example"});
  ASSERT_TRUE(eventually([&] { return resolver_->primed(); }));
  const std::pair<const char*, DnsStatus> wanted[] = {{"good.example", DnsStatus::Answered},
                                                      {"no-data.example", DnsStatus::NoData},
                                                      {"no-name.example", DnsStatus::NoName},
                                                      {"servfail.example", DnsStatus::Failed},
                                                      {"silent.example", DnsStatus::Failed}};
  for (const auto& [host, status] : wanted) {
    const auto answer = listener_.wait_for(host);
    ASSERT_TRUE(answer) << host;
    EXPECT_EQ(answer->status, status) << host;
  }
  resolver_->stop();
  const auto stats = resolver_->stats();
  EXPECT_GE(stats.failed, 2U);
  EXPECT_GE(stats.no_name, 1U);
  EXPECT_GE(stats.no_data, 1U);
  EXPECT_GE(stats.timeouts, 1U);
  EXPECT_NE(stats.last_failure.find(".example: "), std::string::npos);
}

TEST_F(ResolverTest, KeepsNamesFreshAndRetriesFailures) {
  server_.script("short.example", answer_with({kFirst}, 0));
  server_.script("failing.example", answer_rcode(2));
  start();
  resolver_->set_names(Texts{"failing.example", "short.example"});
  EXPECT_TRUE(server_.wait_for("short.example", 2));
  EXPECT_TRUE(server_.wait_for("failing.example", 2));
}

TEST_F(ResolverTest, NamesThatLeftThePolicyAreNoLongerAsked) {
  server_.script_everything(answer_with({kFirst}, 0));
  start();
  resolver_->set_names(Texts{"gone.example", "stays.example"});
  ASSERT_TRUE(listener_.wait_for("gone.example"));
  ASSERT_TRUE(listener_.wait_for("stays.example"));
  resolver_->set_names(Texts{"new.example", "stays.example"});
  ASSERT_TRUE(listener_.wait_for("new.example"));
  const std::size_t asked = server_.count("gone.example");
  ASSERT_TRUE(server_.wait_for("stays.example", server_.count("stays.example") + 1));
  EXPECT_LE(server_.count("gone.example"), asked);
}

TEST_F(ResolverTest, AsksOnDemandEveryTimeAndDoesNotKeepItFresh) {
  server_.script("x.pattern.example", answer_with({kFirst}, 0));
  server_.script("rule.example", answer_with({kSecond}, 0));
  start();
  resolver_->set_names(Texts{"rule.example"});
  EXPECT_TRUE(resolver_->ask(name("x.pattern.example")));
  const auto answer = listener_.wait_for("x.pattern.example");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, DnsStatus::Answered);
  EXPECT_TRUE(answer->on_demand);
  EXPECT_TRUE(resolver_->ask(name("x.pattern.example")));
  EXPECT_TRUE(listener_.wait_for("x.pattern.example", 2));
  // The rule's name is refreshed meanwhile, the other one is not.
  ASSERT_TRUE(server_.wait_for("rule.example", 2));
  EXPECT_EQ(server_.count("x.pattern.example"), 2U);
  EXPECT_EQ(server_.names_asked(), (Texts{"rule.example", "x.pattern.example"}));
  // Asking on demand for a name of the policy is an answer for that name.
  EXPECT_TRUE(resolver_->ask(name("rule.example")));
  EXPECT_FALSE(listener_.wait_for("rule.example")->on_demand);
}

TEST_F(ResolverTest, OneQuestionInFlightServesAllWhoAsk) {
  std::mutex mutex;
  std::condition_variable changed;
  bool released = false;
  server_.script("slow.example", [&](const Question& q) {
    std::unique_lock lock(mutex);
    changed.wait_for(lock, 30s, [&] { return released; });
    return answer_with({kFirst})(q);
  });
  start();
  ASSERT_TRUE(resolver_->ask(name("slow.example")));
  ASSERT_TRUE(server_.wait_for("slow.example"));
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(resolver_->ask(name("slow.example")));
  // All hundred have been looked at once this one is in flight too.
  ASSERT_TRUE(resolver_->ask(name("other.example")));
  ASSERT_TRUE(eventually([&] { return resolver_->stats().in_flight == 2; }));
  {
    const std::lock_guard lock(mutex);
    released = true;
  }
  changed.notify_all();
  ASSERT_TRUE(listener_.wait_for("slow.example"));
  ASSERT_TRUE(listener_.wait_for("other.example"));
  resolver_->stop();
  EXPECT_EQ(server_.count("slow.example"), 1U);
}

TEST_F(ResolverTest, SilentNamesOfThePolicyDoNotHoldUpQuestionsOnDemand) {
  server_.script_everything(keep_silent());
  server_.script("urgent.example", answer_with({kFirst}));
  auto settings = this->settings();
  settings.concurrent_max = 4;
  settings.timeouts = {20000ms, 2};
  start(settings);
  Texts names;
  for (int i = 0; i < 50; ++i) names.push_back("silent" + std::to_string(i) + ".example");
  resolver_->set_names(names);
  ASSERT_TRUE(eventually([&] { return resolver_->stats().in_flight == 3; }));
  EXPECT_TRUE(resolver_->ask(name("urgent.example")));
  EXPECT_TRUE(listener_.wait_for("urgent.example"));
  EXPECT_TRUE(eventually([&] { return resolver_->stats().in_flight == 3; }));
  EXPECT_FALSE(resolver_->primed());
}

TEST_F(ResolverTest, DropsAndCountsQuestionsBeyondTheQueue) {
  server_.script_everything(keep_silent());
  auto settings = this->settings();
  settings.concurrent_max = 2;
  settings.asks_waiting_max = 3;
  settings.timeouts = {20000ms, 2};
  start(settings);
  const auto ask = [&](int i) {
    return resolver_->ask(name("n" + std::to_string(i) + ".example"));
  };
  ASSERT_TRUE(ask(0) && ask(1));
  ASSERT_TRUE(eventually([&] { return resolver_->stats().in_flight == 2; }));
  EXPECT_TRUE(ask(2) && ask(3) && ask(4));
  EXPECT_TRUE(ask(4)) << "it is waiting already";
  EXPECT_FALSE(ask(5));
  EXPECT_FALSE(ask(6));
  EXPECT_EQ(resolver_->stats().dropped, 2U);
}

TEST_F(ResolverTest, BeginsWithTheServerThatAnsweredLast) {
  FakeDnsServer silent;
  silent.script_everything(keep_silent());
  server_.script_everything(answer_with({kFirst}, 300));
  auto settings = this->settings();
  settings.servers = {silent.address(), server_.address()};
  settings.timeouts = {300ms, 3};
  start(settings);
  ASSERT_TRUE(resolver_->ask(name("first.example")));
  ASSERT_EQ(listener_.wait_for("first.example")->status, DnsStatus::Answered);
  ASSERT_TRUE(resolver_->ask(name("second.example")));
  ASSERT_EQ(listener_.wait_for("second.example")->status, DnsStatus::Answered);
  EXPECT_EQ(silent.count("second.example"), 0U);
  EXPECT_TRUE(eventually(
      [&] { return resolver_->stats().servers == Texts{server_.address(), silent.address()}; }));
}

TEST_F(ResolverTest, RecoversWhenTheServersDo) {
  server_.script_everything(keep_silent());
  auto settings = this->settings();
  settings.timeouts = kHasty;
  start(settings);
  Texts names;
  for (int i = 0; i < 200; ++i) names.push_back("n" + std::to_string(i) + ".example");
  resolver_->set_names(names);
  ASSERT_TRUE(eventually([&] { return resolver_->primed(); }));
  EXPECT_EQ(resolver_->stats().answered, 0U);
  server_.script_everything(answer_with({kFirst}, 300));
  EXPECT_TRUE(eventually([&] { return resolver_->stats().ledger_addresses == 200; }));
}

TEST_F(ResolverTest, RestoresTheLedgerBeforeItAsks) {
  auto settings = this->settings();
  settings.ledger_file = directory_ + "/dns-ledger.jsonl";
  server_.script("a.example", answer_with({kFirst, kSecond}, 1));
  server_.script("x.pattern.example", answer_with({kFirst}, 1));
  start(settings);
  resolver_->set_names(Texts{"a.example"});
  resolver_->ask(name("x.pattern.example"));
  ASSERT_TRUE(listener_.wait_for("a.example"));
  ASSERT_TRUE(listener_.wait_for("x.pattern.example"));
  resolver_->stop();
  ASSERT_TRUE(std::filesystem::exists(settings.ledger_file));

  Listener later;
  FakeDnsServer down;
  down.script_everything(keep_silent());
  settings.servers = {down.address()};
  auto again = std::move(Resolver::start(settings, later.events()).value());
  again->set_names(Texts{"a.example"});
  const auto a = later.wait_for("a.example");
  const auto x = later.wait_for("x.pattern.example");
  ASSERT_TRUE(a && x);
  EXPECT_EQ(a->status, DnsStatus::Answered);
  EXPECT_EQ(a->addresses.size(), 2U);
  EXPECT_FALSE(a->on_demand);
  EXPECT_TRUE(x->on_demand);
  ASSERT_TRUE(down.wait_for("a.example"));
  EXPECT_FALSE(again->primed());
  again->stop();
  EXPECT_EQ(again->stats().restored, 2U);
  EXPECT_EQ(down.names_asked(), (Texts{"a.example"}));
}

TEST_F(ResolverTest, SavesWhileItRuns) {
  auto settings = this->settings();
  settings.ledger_file = directory_ + "/dns-ledger.jsonl";
  settings.save_interval = 1ms;
  server_.script_everything(answer_with({kFirst}, 0));
  start(settings);
  resolver_->set_names(Texts{"a.example"});
  EXPECT_TRUE(eventually([&] { return std::filesystem::exists(settings.ledger_file); }));
}

TEST_F(ResolverTest, ACorruptLedgerFileIsCountedAndIgnored) {
  auto settings = this->settings();
  settings.ledger_file = directory_ + "/dns-ledger.jsonl";
  std::ofstream(settings.ledger_file) << "{\"discriminat_dns_ledger\":1}\nrubbish\n";
  server_.script_everything(answer_with({kFirst}));
  start(settings);
  ASSERT_TRUE(listener_.wait_for_warning());
  EXPECT_EQ(listener_.warnings().at(0), "the saved DNS ledger is corrupt; starting without it");
  resolver_->set_names(Texts{"a.example"});
  EXPECT_TRUE(listener_.wait_for("a.example"));
  EXPECT_TRUE(eventually([&] { return resolver_->stats().ledger_file_problems == 1; }));
  EXPECT_EQ(listener_.answers().size(), 1U);
}

TEST_F(ResolverTest, ALedgerThatCannotBeSavedWarnsOnceAndStopsNothing) {
  auto settings = this->settings();
  settings.ledger_file = directory_ + "/missing/dns-ledger.jsonl";
  settings.save_interval = 1ms;
  server_.script_everything(answer_with({kFirst}, 0));
  start(settings);
  resolver_->set_names(Texts{"a.example"});
  ASSERT_TRUE(listener_.wait_for("a.example", 2));
  ASSERT_TRUE(eventually([&] { return resolver_->stats().ledger_file_problems >= 2; }));
  EXPECT_EQ(listener_.warnings().size(), 1U);
}

TEST_F(ResolverTest, FollowsChangesOfResolvConf) {
  // resolv.conf has no ports, so these addresses are only looked at, not asked.
  const std::string path = directory_ + "/resolv.conf";
  auto settings = this->settings();
  settings.servers.clear();
  settings.resolv_conf = path;
  settings.reread_interval = 1ms;
  start(settings);
  ASSERT_TRUE(listener_.wait_for_warning());
  EXPECT_EQ(listener_.warnings().at(0), "no nameserver in " + path + ": no name can be looked up");
  resolver_->ask(name("a.example"));
  EXPECT_EQ(listener_.wait_for("a.example")->status, DnsStatus::Failed);
  const auto servers_become = [&](const std::string& text, const Texts& servers) {
    std::ofstream(path + ".new") << text;
    std::filesystem::rename(path + ".new", path);
    return eventually([&] {
      resolver_->set_names(Texts{});  // wakes it
      return resolver_->stats().servers == servers;
    });
  };
  EXPECT_TRUE(servers_become("nameserver 127.0.0.2\nnameserver 127.0.0.3\n",
                             {"127.0.0.2:53", "127.0.0.3:53"}));
  EXPECT_TRUE(servers_become("nameserver 127.0.0.4\n", {"127.0.0.4:53"}));
  EXPECT_TRUE(servers_become("# being written\n", {"127.0.0.4:53"}));
  EXPECT_TRUE(servers_become("nameserver ::1\n", {"[::1]:53"}));
  EXPECT_EQ(resolver_->stats().asked, 0U);
}

TEST_F(ResolverTest, RefusesServersThatAreNone) {
  auto settings = this->settings();
  settings.servers = {"192.0.2.53", "dns.example"};
  const auto resolver = Resolver::start(settings, listener_.events());
  ASSERT_FALSE(resolver);
  EXPECT_NE(resolver.error().message.find("\"dns.example\" is not a DNS server"),
            std::string::npos);
}

TEST_F(ResolverTest, StopsInTheMiddleOfQuestionsAndTwice) {
  server_.script_everything(keep_silent());
  auto settings = this->settings();
  settings.timeouts = {60000ms, 4};
  start(settings);
  Texts names;
  for (int i = 0; i < 1000; ++i) names.push_back("n" + std::to_string(i) + ".example");
  resolver_->set_names(names);
  ASSERT_TRUE(eventually([&] { return resolver_->stats().in_flight > 0; }));
  resolver_->stop();
  resolver_->stop();
  EXPECT_TRUE(listener_.answers().empty());
}

TEST_F(ResolverTest, LooksUpThousandsOfNamesEachOnce) {
  server_.script_everything(answer_with({kFirst}, 3600));
  start();
  Texts names;
  for (int i = 0; i < 5000; ++i) names.push_back("n" + std::to_string(i) + ".example");
  resolver_->set_names(names);
  ASSERT_TRUE(eventually([&] { return resolver_->primed(); }));
  resolver_->stop();
  std::ranges::sort(names);
  EXPECT_EQ(server_.names_asked(), names);
  EXPECT_EQ(server_.questions().size(), names.size());
}

}  // namespace
}  // namespace dn::resolver
