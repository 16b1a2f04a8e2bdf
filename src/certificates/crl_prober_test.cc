// The prober with its thread, against TLS servers on the loopback interface. Tests wait for events,
// never for time.
#include "certificates/crl_prober.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <map>
#include <mutex>

#include "certificates/testing/authority.h"
#include "certificates/testing/tls_server.h"

namespace dn::certificates {
namespace {

using namespace std::chrono_literals;
using namespace testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

DomainName name(std::string_view text) {
  return DomainName::parse(text).value();
}

const Issued& root() {
  static const Issued made = issue({.common_name = "root", .authority = true});
  return made;
}

Issued leaf(const std::string& host, const std::vector<std::string>& uris) {
  return issue({.dns_names = {host}, .points = points_at(uris)}, &root());
}

// Answers questions from a table, and collects what the prober tells.
class Listener {
 public:
  ProberEvents events() {
    ProberEvents events;
    events.ask = [this](const DomainName& host) {
      const std::lock_guard lock(mutex_);
      asked_.emplace_back(host.text());
      const auto answer = addresses_.find(std::string(host.text()));
      if (answer != addresses_.end()) prober_->on_answer(host, answer->second);
      changed_.notify_all();
    };
    events.on_problem = [this](const ProbeTarget& target, const std::string& problem) {
      note(std::string(target.name.text()) + ":" + std::to_string(target.port) + " " + problem);
    };
    events.on_trust_problem = [this](const std::string& problem) { note("trust " + problem); };
    return events;
  }
  void serve(CrlProber& prober) { prober_ = &prober; }
  void answer(const std::string& host, std::vector<Ipv4Address> addresses) {
    const std::lock_guard lock(mutex_);
    addresses_[host] = std::move(addresses);
  }
  // Waits, with a bound that only a broken test meets.
  bool wait_for(const std::function<bool()>& condition) {
    std::unique_lock lock(mutex_);
    for (int turns = 0; turns < 4000; ++turns) {
      if (condition()) return true;
      changed_.wait_for(lock, 5ms);
    }
    return false;
  }
  bool wait_for_problem(std::string_view text) {
    return wait_for([&] {
      return std::ranges::any_of(problems_,
                                 [&](const auto& p) { return p.find(text) != std::string::npos; });
    });
  }
  std::vector<std::string> problems() {
    const std::lock_guard lock(mutex_);
    return problems_;
  }
  std::vector<std::string> asked() {
    const std::lock_guard lock(mutex_);
    return asked_;
  }

 private:
  void note(std::string text) {
    const std::lock_guard lock(mutex_);
    problems_.push_back(std::move(text));
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  CrlProber* prober_ = nullptr;
  std::map<std::string, std::vector<Ipv4Address>> addresses_;
  std::vector<std::string> asked_, problems_;
};

struct CrlProberTest : ::testing::Test {
  CrlProberTest() {
    settings.ca_file = authorities.path();
    settings.seed = 1;
  }
  void start(const std::vector<ProbeTarget>& targets) {
    prober = std::make_unique<CrlProber>(settings, listener.events());
    listener.serve(*prober);
    prober->set_targets(targets);
    prober->start();
  }
  // "a.test /1 /2" for each host, once there is something new.
  std::vector<std::string> wait_for_findings() {
    std::vector<std::string> texts;
    const bool came = listener.wait_for([&] {
      const auto findings = prober->take_findings();
      if (!findings) return false;
      for (const ProbeFinding& finding : *findings) {
        texts.emplace_back(finding.target.name.text());
        for (const HttpUri& uri : finding.crls) texts.back() += " " + uri.path;
      }
      return true;
    });
    EXPECT_TRUE(came);
    return texts;
  }

  const TemporaryFile authorities{to_pem(root())};
  Listener listener;
  ProberSettings settings;
  std::unique_ptr<CrlProber> prober;
};

TEST_F(CrlProberTest, FindsTheListsOfItsTargets) {
  TlsServer a(leaf("a.test", {"http://crl.test/1", "http://crl.test/2"}));
  TlsServer b(leaf("b.test", {}));
  listener.answer("a.test", {kLoopback});
  listener.answer("b.test", {kLoopback});
  start({{name("a.test"), a.port()}, {name("b.test"), b.port()}});
  EXPECT_THAT(wait_for_findings(), ElementsAre("a.test /1 /2"));
  ASSERT_TRUE(listener.wait_for([&] { return b.connections() == 1; }));
  EXPECT_EQ(a.connections(), 1);
  EXPECT_THAT(a.names(), ElementsAre("a.test"));
  EXPECT_THAT(listener.asked(), ElementsAre("a.test", "b.test"));
  EXPECT_THAT(listener.problems(), IsEmpty());
  EXPECT_EQ(prober->stats().hosts, 2U);
  EXPECT_EQ(prober->take_findings(), std::nullopt);
}

TEST_F(CrlProberTest, DoesNothingBeforeItIsStartedOrWithoutTargets) {
  TlsServer server(leaf("a.test", {"http://crl.test/1"}));
  listener.answer("a.test", {kLoopback});
  CrlProber idle(settings, listener.events());
  listener.serve(idle);
  idle.set_targets({{name("a.test"), server.port()}});
  EXPECT_FALSE(idle.started());
  EXPECT_THAT(listener.asked(), IsEmpty());
  start({});
  prober->stop();
  prober->stop();
  EXPECT_THAT(listener.asked(), IsEmpty());
  EXPECT_EQ(server.connections(), 0);
}

TEST_F(CrlProberTest, LearnsAndForgetsTargetsLater) {
  TlsServer a(leaf("a.test", {"http://crl.test/1"}));
  TlsServer b(leaf("b.test", {"http://crl.test/2"}));
  listener.answer("a.test", {kLoopback});
  listener.answer("b.test", {kLoopback});
  start({{name("a.test"), a.port()}});
  EXPECT_THAT(wait_for_findings(), ElementsAre("a.test /1"));
  prober->set_targets({{name("a.test"), a.port()}, {name("b.test"), b.port()}});
  EXPECT_THAT(wait_for_findings(), ElementsAre("a.test /1", "b.test /2"));
  prober->set_targets({{name("b.test"), b.port()}});
  EXPECT_THAT(wait_for_findings(), ElementsAre("b.test /2"));
  EXPECT_EQ(a.connections(), 1);
}

TEST_F(CrlProberTest, TriesAnotherAddressWhenOneFails) {
  TlsServer server(leaf("a.test", {"http://crl.test/1"}));
  listener.answer("a.test", {kOtherLoopback, kLoopback, Ipv4Address{0x7f000003}});
  start({{name("a.test"), server.port()}});
  EXPECT_THAT(wait_for_findings(), ElementsAre("a.test /1"));
  EXPECT_THAT(listener.problems(), IsEmpty());
}

TEST_F(CrlProberTest, TriesABoundedNumberOfAddresses) {
  Port closed = 0;
  {
    closed = TlsServer(leaf("a.test", {})).port();
  }
  std::vector<Ipv4Address> many;
  for (std::uint32_t i = 0; i < 1000; ++i) many.push_back({0x7f000100 + i});
  listener.answer("a.test", many);
  start({{name("a.test"), closed}});
  ASSERT_TRUE(listener.wait_for_problem("Connection refused"));
  EXPECT_EQ(prober->stats().probes, kAddressesTriedMax);
  EXPECT_EQ(prober->stats().failures, 1U);
  EXPECT_EQ(prober->stats().problems, 1U);
}

TEST_F(CrlProberTest, TellsACertificateThatDoesNotVerifyAndLearnsNothingFromIt) {
  const Issued other = issue({.common_name = "other", .authority = true});
  TlsServer server(
      issue({.dns_names = {"a.test"}, .points = points_at({"http://evil.test/"})}, &other));
  listener.answer("a.test", {kLoopback});
  start({{name("a.test"), server.port()}});
  ASSERT_TRUE(listener.wait_for_problem("a.test:" + std::to_string(server.port()) + " unable to"));
  EXPECT_EQ(prober->take_findings(), std::nullopt);
}

TEST_F(CrlProberTest, GivesASilentServerUp) {
  settings.handshake_deadline = 50ms;
  TlsServer silent(leaf("a.test", {}), {}, Manner::Silent);
  TlsServer good(leaf("b.test", {"http://crl.test/2"}));
  listener.answer("a.test", {kLoopback});
  listener.answer("b.test", {kLoopback});
  start({{name("a.test"), silent.port()}, {name("b.test"), good.port()}});
  EXPECT_THAT(wait_for_findings(), ElementsAre("b.test /2"));
  EXPECT_TRUE(listener.wait_for_problem("no complete TLS handshake in time"));
}

TEST_F(CrlProberTest, SaysNothingAboutNamesWithoutAddress) {
  settings.addresses_deadline = 20ms;
  TlsServer good(leaf("good.test", {"http://crl.test/2"}));
  listener.answer("empty.test", {});
  listener.answer("good.test", {kLoopback});
  start({{name("empty.test"), 443}, {name("good.test"), good.port()}, {name("mute.test"), 443}});
  EXPECT_THAT(wait_for_findings(), ElementsAre("good.test /2"));
  EXPECT_TRUE(listener.wait_for([&] { return prober->stats().failures == 2; }));
  EXPECT_THAT(listener.problems(), IsEmpty());
  EXPECT_FALSE(prober->awaits(name("mute.test")));
}

TEST_F(CrlProberTest, PassesOverAnswersThatNobodyAwaits) {
  TlsServer server(leaf("a.test", {"http://crl.test/1"}));
  start({{name("a.test"), server.port()}});
  ASSERT_TRUE(listener.wait_for([&] { return prober->awaits(name("a.test")); }));
  prober->on_answer(name("b.test"), {kLoopback});
  EXPECT_TRUE(prober->awaits(name("a.test")));
  prober->on_answer(name("a.test"), {kLoopback});
  prober->on_answer(name("a.test"), {kOtherLoopback});
  EXPECT_FALSE(prober->awaits(name("a.test")));
  EXPECT_THAT(wait_for_findings(), ElementsAre("a.test /1"));
}

TEST_F(CrlProberTest, WorksOnABoundedNumberOfTargetsAtOnce) {
  TlsServer silent(leaf("a.test", {}), {}, Manner::Silent);
  std::vector<ProbeTarget> targets;
  for (int i = 10; i < 50; ++i) {
    const std::string host = "n" + std::to_string(i) + ".test";
    listener.answer(host, {kLoopback});
    targets.push_back({name(host), silent.port()});
  }
  start(targets);
  ASSERT_TRUE(
      listener.wait_for([&] { return silent.connections() == static_cast<int>(kProbesMax); }));
  EXPECT_EQ(listener.asked().size(), kProbesMax);
  EXPECT_LE(prober->stats().in_work, kProbesMax);
}

TEST_F(CrlProberTest, TellsThatThereAreNoAuthorities) {
  settings.ca_file = "/nowhere/ca.pem";
  listener.answer("a.test", {kLoopback});
  start({{name("a.test"), 443}});
  ASSERT_TRUE(listener.wait_for_problem("trust /nowhere/ca.pem: cannot be read"));
  EXPECT_THAT(listener.asked(), IsEmpty());
}

TEST_F(CrlProberTest, StopsInTheMiddleOfEverything) {
  TlsServer silent(leaf("a.test", {}), {}, Manner::Silent);
  listener.answer("a.test", {kLoopback});
  start({{name("a.test"), silent.port()}, {name("b.test"), 443}});
  ASSERT_TRUE(listener.wait_for([&] { return silent.connections() == 1; }));
  prober->stop();
  EXPECT_FALSE(prober->started());
}

}  // namespace
}  // namespace dn::certificates
