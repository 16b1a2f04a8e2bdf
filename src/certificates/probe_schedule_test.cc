// When hosts are due, and what counts of what was found.
#include "certificates/probe_schedule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dn::certificates {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

ProbeTarget target(std::string_view name, Port port = 443) {
  return {DomainName::parse(name).value(), port};
}
HttpUri uri(const std::string& path) {
  return parse_http_uri("http://crl.test/" + path).value();
}
MonotonicTime at(Duration time) {
  return MonotonicTime(1000h + time);
}

// "a.test:443 http://crl.test/1 …" for each host with lists; "unchanged".
std::vector<std::string> take(ProbeSchedule& schedule) {
  const auto findings = schedule.take_findings();
  if (!findings) return {"unchanged"};
  std::vector<std::string> texts;
  for (const ProbeFinding& finding : *findings) {
    std::string text(finding.target.name.text());
    text += ":" + std::to_string(finding.target.port);
    for (const HttpUri& found : finding.crls) text += " " + found.path;
    texts.push_back(text);
  }
  return texts;
}

struct Schedule : ::testing::Test {
  ProbeSchedule schedule{7};
  const ProbeTarget a = target("a.test");
  const ProbeTarget b = target("b.test");

  // Begins the target, which must be due then, and not a second earlier.
  void begin(const ProbeTarget& wanted, Duration time) {
    EXPECT_EQ(schedule.begin_next(at(time)), wanted);
  }
};

TEST_F(Schedule, BeginsWithAllTargetsAtOnceAndEachOnce) {
  schedule.set_targets({a, b}, at(0s));
  EXPECT_EQ(schedule.next_due(), at(0s));
  begin(a, 0s);
  begin(b, 0s);
  EXPECT_EQ(schedule.begin_next(at(100h)), std::nullopt);
  EXPECT_EQ(schedule.next_due(), std::nullopt);
  EXPECT_EQ(schedule.targets(), 2U);
}

TEST_F(Schedule, ComesBackWithinADayAfterASuccess) {
  schedule.set_targets({a}, at(0s));
  for (int day = 0; day < 50; ++day) {
    const auto due = schedule.next_due();
    ASSERT_TRUE(due);
    ASSERT_EQ(schedule.begin_next(*due), a);
    schedule.on_success(a, {}, *due);
    EXPECT_LE(*schedule.next_due(), *due + kProbeInterval);
    EXPECT_GE(*schedule.next_due(), *due + kProbeInterval * 3 / 4);
    EXPECT_EQ(schedule.begin_next(*schedule.next_due() - 1s), std::nullopt);
  }
}

TEST_F(Schedule, ComesBackLaterAfterEachFailureInARow) {
  schedule.set_targets({a}, at(0s));
  Duration last{};
  for (int failure = 0; failure < 40; ++failure) {
    const auto due = *schedule.next_due();
    schedule.begin_next(due);
    schedule.on_failure(a, "broken", due);
    const Duration pause = *schedule.next_due() - due;
    EXPECT_LE(pause, kProbeRetryMax);
    EXPECT_GE(pause, std::min<Duration>(kProbeRetryMax * 3 / 4, last));
    if (failure == 0) {
      EXPECT_LE(pause, kProbeRetryFirst);
    }
    last = pause;
  }
  EXPECT_GE(last, kProbeRetryMax * 3 / 4);
  const auto due = *schedule.next_due();
  schedule.begin_next(due);
  schedule.on_success(a, {}, due);
  schedule.begin_next(*schedule.next_due());
  const auto later = due + kProbeInterval;
  schedule.on_failure(a, "broken", later);
  EXPECT_LE(*schedule.next_due(), later + kProbeRetryFirst);
}

TEST_F(Schedule, TellsAProblemWhenItAppearsAndWhenItGoes) {
  schedule.set_targets({a}, at(0s));
  const auto fails = [&](std::string problem) {
    const auto due = *schedule.next_due();
    schedule.begin_next(due);
    return schedule.on_failure(a, std::move(problem), due);
  };
  const auto succeeds = [&] {
    const auto due = *schedule.next_due();
    schedule.begin_next(due);
    return schedule.on_success(a, {}, due);
  };
  EXPECT_EQ(fails(""), ProblemChange::None);
  EXPECT_EQ(fails("refused"), ProblemChange::Appeared);
  EXPECT_EQ(schedule.problems(), 1U);
  EXPECT_EQ(fails("refused"), ProblemChange::None);
  EXPECT_EQ(fails("another"), ProblemChange::None);
  EXPECT_EQ(fails(""), ProblemChange::None);
  EXPECT_EQ(succeeds(), ProblemChange::Went);
  EXPECT_EQ(schedule.problems(), 0U);
  EXPECT_EQ(succeeds(), ProblemChange::None);
  EXPECT_EQ(fails("refused"), ProblemChange::Appeared);
  schedule.set_targets({}, at(0s));
  EXPECT_EQ(schedule.problems(), 0U);
}

TEST_F(Schedule, KeepsWhatWasSeenForAWhile) {
  schedule.set_targets({a}, at(0s));
  EXPECT_THAT(take(schedule), ElementsAre("unchanged"));
  begin(a, 0s);
  schedule.on_success(a, {uri("2"), uri("1")}, at(0s));
  EXPECT_THAT(take(schedule), ElementsAre("a.test:443 /1 /2"));
  EXPECT_THAT(take(schedule), ElementsAre("unchanged"));
  begin(a, 24h);
  schedule.on_success(a, {uri("2"), uri("3")}, at(24h));
  EXPECT_THAT(take(schedule), ElementsAre("a.test:443 /1 /2 /3"));
  begin(a, 48h);
  schedule.on_success(a, {uri("3")}, at(48h));
  EXPECT_THAT(take(schedule), ElementsAre("unchanged"));
  begin(a, kCrlKeep + 1s);
  schedule.on_failure(a, "broken", at(kCrlKeep + 1s));
  EXPECT_THAT(take(schedule), ElementsAre("a.test:443 /2 /3"));
  begin(a, kCrlKeep + 49h);
  schedule.on_failure(a, "broken", at(kCrlKeep + 49h));
  EXPECT_THAT(take(schedule), IsEmpty());
}

TEST_F(Schedule, KeepsABoundedNumberOfLists) {
  schedule.set_targets({a}, at(0s));
  begin(a, 0s);
  schedule.on_success(a, {uri("first")}, at(0s));
  begin(a, 24h);
  std::vector<HttpUri> many;
  for (std::size_t i = 0; i < kCrlsPerHostMax; ++i) many.push_back(uri(std::to_string(i)));
  schedule.on_success(a, many, at(24h));
  const auto findings = schedule.take_findings();
  ASSERT_TRUE(findings && findings->size() == 1);
  EXPECT_EQ((*findings)[0].crls.size(), kCrlsPerHostMax);
  EXPECT_THAT((*findings)[0].crls, ::testing::Not(::testing::Contains(uri("first"))));
}

TEST_F(Schedule, ForgetsTargetsThatAreGone) {
  schedule.set_targets({a, b}, at(0s));
  begin(a, 0s);
  begin(b, 0s);
  schedule.on_success(a, {uri("1")}, at(0s));
  schedule.on_success(b, {uri("1")}, at(0s));
  EXPECT_THAT(take(schedule), ElementsAre("a.test:443 /1", "b.test:443 /1"));
  schedule.set_targets({b}, at(1h));
  EXPECT_THAT(take(schedule), ElementsAre("b.test:443 /1"));
  schedule.set_targets({a, b}, at(2h));
  EXPECT_THAT(take(schedule), ElementsAre("unchanged"));
  begin(a, 2h);  // new again
}

TEST_F(Schedule, PassesOverTheOutcomeOfATargetThatIsGone) {
  schedule.set_targets({a}, at(0s));
  begin(a, 0s);
  schedule.set_targets({}, at(1s));
  EXPECT_EQ(schedule.on_success(a, {uri("1")}, at(2s)), ProblemChange::None);
  EXPECT_EQ(schedule.on_failure(a, "broken", at(2s)), ProblemChange::None);
  EXPECT_THAT(take(schedule), ElementsAre("unchanged"));
  // Gone and new again: the old outcome is not the new one's.
  schedule.set_targets({a}, at(3s));
  EXPECT_EQ(schedule.on_success(a, {uri("1")}, at(4s)), ProblemChange::None);
  EXPECT_THAT(take(schedule), ElementsAre("unchanged"));
  begin(a, 4s);
}

TEST_F(Schedule, KnowsPortsOfOneNameApart) {
  const ProbeTarget mail = target("a.test", 465);
  schedule.set_targets({a, mail}, at(0s));
  begin(a, 0s);
  begin(mail, 0s);
  schedule.on_success(mail, {uri("mail")}, at(0s));
  EXPECT_THAT(take(schedule), ElementsAre("a.test:465 /mail"));
}

}  // namespace
}  // namespace dn::certificates
