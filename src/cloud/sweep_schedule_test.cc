// Sweeps and calls in simulated time, with chance given by the test.
#include "cloud/sweep_schedule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <vector>

namespace dn::cloud {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

struct SweepScheduleTest : ::testing::Test {
  std::vector<Sweep> begin_all() {
    std::vector<Sweep> begun;
    while (const auto sweep = schedule.begin_next(now)) begun.push_back(*sweep);
    return begun;
  }
  // Ends the first round, so that only intervals matter.
  void settle() {
    for (const Sweep sweep : begin_all()) schedule.on_done(sweep, now);
  }

  std::uint64_t chance = 0;
  MonotonicTime now{1000s};
  SweepSchedule schedule{[this] { return chance; }, now};
};

TEST_F(SweepScheduleTest, BeginsWithEverythingButTheGroupsInUse) {
  EXPECT_THAT(begin_all(),
              ElementsAre(Sweep::Preferences, Sweep::Interfaces, Sweep::AllGroups, Sweep::Lists));
  EXPECT_EQ(schedule.next_due(), now + kUsedGroupsInterval);
  now += kUsedGroupsInterval;
  EXPECT_THAT(begin_all(), ElementsAre(Sweep::UsedGroups));
  EXPECT_EQ(schedule.next_due(), std::nullopt);  // all are in work
}

TEST_F(SweepScheduleTest, ComesBackAfterItsInterval) {
  struct Case {
    Sweep sweep;
    Duration interval;
  };
  for (const Case& test :
       {Case{Sweep::Interfaces, 60s}, Case{Sweep::UsedGroups, 20s}, Case{Sweep::AllGroups, 5min},
        Case{Sweep::Preferences, 5min}, Case{Sweep::Lists, 5min}}) {
    SweepSchedule fresh([] { return 0U; }, now);
    fresh.on_done(test.sweep, now);
    while (const auto due = fresh.begin_next(now)) EXPECT_NE(*due, test.sweep);
    EXPECT_NE(fresh.begin_next(now + test.interval - 1ns), test.sweep);
    SweepSchedule again([] { return 0U; }, now);
    again.on_done(test.sweep, now);
    bool due = false;
    while (const auto sweep = again.begin_next(now + test.interval)) {
      due = due || *sweep == test.sweep;
    }
    EXPECT_TRUE(due);
  }
}

TEST_F(SweepScheduleTest, GroupsInUseHaveTheIntervalThatIsGiven) {
  SweepSchedule slow([] { return 0U; }, now, 3min);
  while (slow.begin_next(now)) {
  }
  EXPECT_EQ(slow.next_due(), now + 3min);  // the others are in work
  now += 3min;
  EXPECT_EQ(slow.begin_next(now), Sweep::UsedGroups);
  slow.on_done(Sweep::UsedGroups, now);
  EXPECT_EQ(slow.next_due(), now + 3min);
}

TEST_F(SweepScheduleTest, ShortensAnIntervalByUpToAQuarter) {
  settle();
  std::mt19937_64 random(1);
  Duration least = 1h, most = 0s;
  for (int i = 0; i < 1000; ++i) {
    chance = random();
    schedule.on_done(Sweep::UsedGroups, now);
    const Duration wait = *schedule.next_due() - now;
    least = std::min(least, wait);
    most = std::max(most, wait);
  }
  EXPECT_GE(least, 15s);
  EXPECT_LT(least, 15100ms);
  EXPECT_LE(most, 20s);
  EXPECT_GT(most, 19900ms);
}

TEST_F(SweepScheduleTest, ServesWhatIsDueForLongestFirst) {
  settle();
  now += 10min;
  EXPECT_THAT(begin_all(), ElementsAre(Sweep::UsedGroups, Sweep::Interfaces, Sweep::Preferences,
                                       Sweep::AllGroups, Sweep::Lists));
}

TEST_F(SweepScheduleTest, ASweepThatIsGivenUpComesBackSooner) {
  settle();
  schedule.on_given_up(Sweep::AllGroups, now);
  now += Duration(kAllGroupsInterval) / 4 - 1ns;
  for (const Sweep sweep : begin_all()) EXPECT_NE(sweep, Sweep::AllGroups);
  now += 1ns;
  EXPECT_THAT(begin_all(), ElementsAre(Sweep::AllGroups));
}

TEST_F(SweepScheduleTest, HurriesASweepThatWaits) {
  settle();
  schedule.hurry(Sweep::Lists, now);
  EXPECT_THAT(begin_all(), ElementsAre(Sweep::Lists));
  schedule.hurry(Sweep::Lists, now);  // in work
  EXPECT_THAT(begin_all(), ElementsAre());
}

// -- calls ----------------------------------------------------------------------------------------

TEST_F(SweepScheduleTest, KeepsTheBudgetOfCalls) {
  int calls = 0;
  const MonotonicTime end = now + 60s;
  while (now < end) {
    if (schedule.take_call(now)) {
      ++calls;
      continue;
    }
    const MonotonicTime next = schedule.next_call(now);
    ASSERT_GT(next, now);
    now = next;
    ASSERT_EQ(schedule.next_call(now), now);
  }
  EXPECT_LE(calls, kCallBurst + 60 * kCallsPerSecond);
  EXPECT_GE(calls, kCallBurst + 60 * kCallsPerSecond - 1);
  now += 1h;
  for (calls = 0; schedule.take_call(now);) ++calls;
  EXPECT_EQ(calls, static_cast<int>(kCallBurst));
}

TEST_F(SweepScheduleTest, HalvesItsRateWhenThrottledAndGetsItBackStepByStep) {
  settle();
  for (const int want : {4, 2, 1, 1}) {
    schedule.on_throttled(now);
    EXPECT_EQ(schedule.rate(), want);
  }
  schedule.on_done(Sweep::Interfaces, now);
  EXPECT_EQ(schedule.rate(), 2);
  while (begin_all().empty()) now += 1s;
  schedule.on_done(Sweep::UsedGroups, now);
  for (int i = 0; i < 10; ++i) schedule.on_done(Sweep::UsedGroups, now);
  EXPECT_EQ(schedule.rate(), SweepSchedule::kFullRate);
}

TEST_F(SweepScheduleTest, AThrottledGatewaySweepsLessOften) {
  settle();
  schedule.on_throttled(now);
  schedule.on_throttled(now);
  schedule.on_done(Sweep::UsedGroups, now);  // a quarter, and an eighth back
  EXPECT_EQ(schedule.next_due(), now + Duration(kUsedGroupsInterval) * 8 / 3);
  while (schedule.take_call(now + 1s)) {
  }
  EXPECT_GT(schedule.next_call(now + 1s), now + 1s + 1s);  // 0.75 a second
  EXPECT_LT(schedule.next_call(now + 1s), now + 1s + 1400ms);
}

TEST_F(SweepScheduleTest, PausesAtRandomUpToADoublingLimit) {
  for (const auto most : {500ms, 1000ms, 2000ms, 4000ms, 8000ms, 16000ms, 30000ms, 30000ms}) {
    chance = static_cast<std::uint64_t>(Duration(most).count());  // the longest
    schedule.on_error(now);
    EXPECT_EQ(schedule.next_call(now), now + most);
    EXPECT_FALSE(schedule.take_call(now + most - 1ns));
    EXPECT_TRUE(schedule.take_call(now + most));
    now += most;
  }
  chance = 0;
  schedule.on_error(now);
  EXPECT_TRUE(schedule.take_call(now + 60s));
  schedule.on_answer();
  chance = static_cast<std::uint64_t>(Duration(500ms).count());
  schedule.on_error(now);
  EXPECT_EQ(schedule.next_call(now), now + 500ms);
  EXPECT_EQ(schedule.rate(), SweepSchedule::kFullRate);  // an error is no throttling
}

// Look-ups do not wait for it, and without an end to it there would be no more sweeps.
TEST_F(SweepScheduleTest, MakesAPauseNoLongerForCallsDuringIt) {
  chance = static_cast<std::uint64_t>(Duration(500ms).count());
  schedule.on_error(now);
  for (int i = 0; i < 10; ++i) schedule.on_throttled(now + 400ms);
  EXPECT_EQ(schedule.next_call(now), now + 500ms);
  EXPECT_EQ(schedule.rate(), 1);
}

}  // namespace
}  // namespace dn::cloud
