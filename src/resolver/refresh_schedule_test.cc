// The schedule in simulated time: refresh before the TTL ends, backoff, no herd, bounded load.
#include "resolver/refresh_schedule.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <initializer_list>
#include <map>
#include <set>
#include <string>

namespace dn::resolver {
namespace {

using namespace std::chrono_literals;
using engine::DnsStatus;

MonotonicTime at(Duration since_start) {
  return MonotonicTime(1000s) + since_start;
}

NameList names(std::initializer_list<std::string_view> list) {
  NameList names;
  for (const auto name : list) names.add(name);
  names.sort();
  return names;
}

NameList numbered(int count) {
  NameList names;
  for (int i = 0; i < count; ++i) names.add("n" + std::to_string(1000000 + i) + ".example");
  names.sort();
  return names;
}

std::vector<std::string> take_all(RefreshSchedule& schedule, MonotonicTime now) {
  std::vector<std::string> taken;
  while (const auto name = schedule.take_due(now)) taken.emplace_back(*name);
  return taken;
}

using Texts = std::vector<std::string>;

TEST(RefreshSchedule, NewNamesAreDueAtOnceAndOnlyOnce) {
  RefreshSchedule schedule(1);
  EXPECT_FALSE(schedule.next_due());
  schedule.replace(names({"b", "a", "c"}), at(0s));
  EXPECT_EQ(schedule.next_due(), at(0s));
  EXPECT_EQ(take_all(schedule, at(0s)), (Texts{"a", "b", "c"}));
  EXPECT_FALSE(schedule.next_due());
  EXPECT_EQ(take_all(schedule, at(9999s)), Texts{});
}

TEST(RefreshSchedule, ComesBackShortlyBeforeTheTtlEnds) {
  struct Case {
    Duration ttl, earliest, latest;
  };
  const Case cases[] = {
      {0s, 1s, 1s},
      {1s, 1s, 1s},
      {30s, 24300ms, 29700ms},
      {300s, 243s, 297s},
      {std::chrono::hours(24 * 365 * 50), 69984s, 85536s},
      {-7s, 1s, 1s},
  };
  for (std::uint32_t seed = 1; seed < 50; ++seed) {
    for (const Case& c : cases) {
      RefreshSchedule schedule(seed);
      schedule.replace(names({"a"}), at(0s));
      take_all(schedule, at(0s));
      schedule.on_outcome("a", DnsStatus::Answered, c.ttl, at(5s));
      EXPECT_GE(schedule.next_due(), at(5s + c.earliest)) << c.ttl.count();
      EXPECT_LE(schedule.next_due(), at(5s + c.latest)) << c.ttl.count();
    }
  }
}

TEST(RefreshSchedule, FailuresDoubleTheWaitUpToTheirCap) {
  struct Case {
    DnsStatus status;
    Duration most;
  };
  for (const Case& c :
       {Case{DnsStatus::Failed, 60s}, Case{DnsStatus::NoName, 30s}, Case{DnsStatus::NoData, 30s}}) {
    RefreshSchedule schedule(7);
    schedule.replace(names({"a"}), at(0s));
    MonotonicTime now = at(0s);
    Duration want = 1s;
    for (int failure = 0; failure < 40; ++failure) {
      take_all(schedule, now);
      schedule.on_outcome("a", c.status, {}, now);
      const Duration wait = schedule.next_due().value() - now;
      EXPECT_GE(wait, std::max<Duration>(1s, want * 9 / 10));
      EXPECT_LE(wait, want * 11 / 10);
      now += wait;
      want = std::min(want * 2, c.most);
    }
    take_all(schedule, now);
    schedule.on_outcome("a", DnsStatus::Answered, 1s, now);
    schedule.on_outcome("a", c.status, {}, now);
    EXPECT_LE(schedule.next_due().value() - now, 1100ms) << "an answer ends the series";
  }
}

TEST(RefreshSchedule, NamesThatFailedTogetherDoNotComeBackTogether) {
  RefreshSchedule schedule(3);
  schedule.replace(numbered(1000), at(0s));
  for (const auto& name : take_all(schedule, at(0s))) {
    for (int i = 0; i < 10; ++i) schedule.on_outcome(name, DnsStatus::Failed, {}, at(1s));
  }
  std::size_t most = 0;
  for (Duration when = 54s; when <= 68s; when += 100ms) {
    most = std::max(most, take_all(schedule, at(when)).size());
  }
  EXPECT_LT(most, 40U);  // of 1000 over 12 s; even is 8
}

TEST(RefreshSchedule, AnOutcomeOfSomebodyElsesQuestionMovesTheName) {
  RefreshSchedule schedule(1);
  schedule.replace(names({"a", "b"}), at(0s));
  take_all(schedule, at(0s));
  schedule.on_outcome("a", DnsStatus::Answered, 100s, at(0s));
  schedule.on_outcome("b", DnsStatus::Answered, 1000s, at(0s));
  schedule.on_outcome("b", DnsStatus::Answered, 10s, at(1s));    // earlier than before
  schedule.on_outcome("a", DnsStatus::Answered, 500s, at(50s));  // later than before
  schedule.on_outcome("stranger", DnsStatus::Answered, 1s, at(50s));
  EXPECT_EQ(take_all(schedule, at(12s)), (Texts{"b"}));
  EXPECT_EQ(take_all(schedule, at(400s)), Texts{});
  EXPECT_EQ(take_all(schedule, at(600s)), (Texts{"a"}));
}

TEST(RefreshSchedule, ANewSetKeepsTheDueTimesOfNamesThatStay) {
  RefreshSchedule schedule(1);
  schedule.replace(names({"a", "b", "c"}), at(0s));
  take_all(schedule, at(0s));
  schedule.on_outcome("a", DnsStatus::Answered, 100s, at(0s));
  schedule.on_outcome("b", DnsStatus::Answered, 100s, at(0s));
  // c is still taken.
  schedule.replace(names({"b", "c", "d"}), at(10s));
  EXPECT_EQ(schedule.size(), 3U);
  EXPECT_EQ(take_all(schedule, at(10s)), (Texts{"d"}));
  schedule.on_outcome("a", DnsStatus::Answered, 1s, at(10s));
  schedule.on_outcome("c", DnsStatus::Answered, 1s, at(10s));
  EXPECT_EQ(take_all(schedule, at(20s)), (Texts{"c"}));
  EXPECT_EQ(take_all(schedule, at(100s)), (Texts{"b"}));
  schedule.replace(NameList(), at(100s));
  EXPECT_EQ(schedule.size(), 0U);
  EXPECT_FALSE(schedule.next_due());
}

TEST(RefreshSchedule, CountsTheNamesWithoutOutcome) {
  RefreshSchedule schedule(1);
  schedule.replace(names({"a", "b"}), at(0s));
  EXPECT_EQ(schedule.without_outcome(), 2U);
  take_all(schedule, at(0s));
  EXPECT_EQ(schedule.without_outcome(), 2U);
  schedule.on_outcome("a", DnsStatus::Failed, {}, at(0s));
  schedule.on_outcome("a", DnsStatus::Failed, {}, at(0s));
  EXPECT_EQ(schedule.without_outcome(), 1U);
  schedule.replace(names({"a", "b", "c"}), at(1s));
  EXPECT_EQ(schedule.without_outcome(), 2U);
  schedule.replace(names({"a"}), at(1s));
  EXPECT_EQ(schedule.without_outcome(), 0U);
}

TEST(RefreshSchedule, ManyNamesWithShortTtlsAskNoMoreThanTheRate) {
  constexpr int kNames = 20000;
  RefreshSchedule schedule(1);
  schedule.replace(numbered(kNames), at(0s));
  std::size_t asked = 0;
  constexpr int kSeconds = 200;
  for (int second = 0; second < kSeconds; ++second) {
    for (const auto& name : take_all(schedule, at(second * 1s))) {
      ++asked;
      schedule.on_outcome(name, DnsStatus::Answered, 0s, at(second * 1s));
    }
  }
  EXPECT_LT(asked, kNames + kRefreshesPerSecondMax * kSeconds * 11 / 10);
  EXPECT_GT(asked, kRefreshesPerSecondMax * kSeconds * 8 / 10);
}

// The heap against a map, over a random history.
TEST(RefreshSchedule, AlwaysTakesTheNameThatIsDueLongest) {
  std::minstd_rand random(5);
  RefreshSchedule schedule(5);
  schedule.replace(numbered(200), at(0s));
  std::set<std::string> taken;
  for (int step = 0; step < 5000; ++step) {
    const MonotonicTime now = at(step * 250ms);
    if (step % 500 == 499) schedule.replace(numbered(100 + step / 50), now);
    const auto due = schedule.next_due();
    if (due) {
      const auto name = schedule.take_due(*due);
      ASSERT_TRUE(name);
      EXPECT_FALSE(schedule.next_due() && *schedule.next_due() < *due);
      EXPECT_TRUE(taken.insert(std::string(*name)).second) << "taken twice: " << *name;
    }
    if (taken.size() < 50) continue;
    const auto chosen = std::next(taken.begin(), static_cast<std::ptrdiff_t>(random() % 50));
    schedule.on_outcome(*chosen, static_cast<DnsStatus>(random() % 4),
                        std::chrono::seconds(random() % 100), now);
    taken.erase(chosen);
  }
}

}  // namespace
}  // namespace dn::resolver
