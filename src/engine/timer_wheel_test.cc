#include "engine/timer_wheel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <vector>

namespace dn::engine {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

struct Links {
  std::vector<TimerLink> links = std::vector<TimerLink>(1000);
  TimerLink& link_of(std::uint32_t index) { return links[index]; }
};

struct TimerWheelTest : ::testing::Test {
  std::vector<std::uint32_t> advance(MonotonicTime now) {
    std::vector<std::uint32_t> fired;
    wheel.advance(now, [&](std::uint32_t index) { fired.push_back(index); });
    return fired;
  }
  const MonotonicTime start = MonotonicTime(100h);
  Links links;
  TimerWheel<Links> wheel{links};
};

TEST_F(TimerWheelTest, FiresInOrderOfTimeAndOnlyOnce) {
  wheel.set(1, start + 50ms);
  wheel.set(2, start + 20ms);
  wheel.set(3, start + 5s);
  EXPECT_THAT(advance(start), IsEmpty());
  EXPECT_THAT(advance(start + 60ms), ElementsAre(2, 1));
  EXPECT_THAT(advance(start + 4990ms), IsEmpty());
  EXPECT_THAT(advance(start + 5010ms), ElementsAre(3));
  EXPECT_TRUE(wheel.empty());
  EXPECT_THAT(advance(start + 1h), IsEmpty());
}

// A deadline in the middle of a slot, looked at earlier in that slot, must not wait for a turn.
TEST_F(TimerWheelTest, FiresAtMostOneSlotLateWhateverThePhaseOfTheTicks) {
  for (int phase = 0; phase < 10; ++phase) {
    for (int due = 0; due < 30; ++due) {
      const MonotonicTime begin = start + std::chrono::minutes(phase * 30 + due);
      advance(begin);
      const MonotonicTime deadline = begin + std::chrono::milliseconds(due);
      wheel.set(1, deadline);
      MonotonicTime now = begin + std::chrono::milliseconds(phase);
      while (advance(now).empty()) now += 10ms;
      EXPECT_GE(now, deadline);
      EXPECT_LT(now - deadline, 20ms) << phase << " " << due;
    }
  }
}

TEST_F(TimerWheelTest, FiresPassedDeadlinesAtTheNextStep) {
  advance(start);
  wheel.set(1, start - 1h);
  EXPECT_THAT(advance(start + 10ms), ElementsAre(1));
}

TEST_F(TimerWheelTest, KeepsDeadlinesBeyondOneTurn) {
  advance(start);
  wheel.set(1, start + 30s);
  wheel.set(2, start + 30s - 10240ms);
  EXPECT_THAT(advance(start + 19s), IsEmpty());
  EXPECT_THAT(advance(start + 20s), ElementsAre(2));
  EXPECT_THAT(advance(start + 29990ms), IsEmpty());
  EXPECT_THAT(advance(start + 30010ms), ElementsAre(1));
}

TEST_F(TimerWheelTest, FiresEverythingAfterALongPause) {
  advance(start);
  for (std::uint32_t i = 0; i < 100; ++i) wheel.set(i, start + i * 200ms);
  EXPECT_EQ(advance(start + 1h).size(), 100U);
  EXPECT_TRUE(wheel.empty());
}

TEST_F(TimerWheelTest, CancelsAndMovesTimersInTheSameSlot) {
  for (const std::uint32_t index : {1U, 2U, 3U}) wheel.set(index, start + 10ms);
  wheel.cancel(2);
  wheel.cancel(2);
  wheel.set(3, start + 100ms);
  EXPECT_THAT(advance(start + 20ms), ElementsAre(1));
  EXPECT_FALSE(wheel.empty());
  EXPECT_THAT(advance(start + 110ms), ElementsAre(3));
}

TEST_F(TimerWheelTest, FiringMaySetAndCancelAnyTimer) {
  for (const std::uint32_t index : {1U, 2U, 3U, 4U}) wheel.set(index, start + 10ms);
  std::vector<std::uint32_t> fired;
  wheel.advance(start + 10ms, [&](std::uint32_t index) {
    fired.push_back(index);
    if (fired.size() == 1) {
      wheel.cancel(index == 2 ? 3 : 2);
      wheel.set(index, start + 10ms);  // again, at once
    }
  });
  EXPECT_EQ(fired.size(), 3U);
  EXPECT_EQ(advance(start + 20ms), std::vector<std::uint32_t>{fired.front()});
  EXPECT_TRUE(wheel.empty());
}

TEST_F(TimerWheelTest, AgreesWithASortedList) {
  std::mt19937 random(11);
  const auto pick = [&](int below) {
    return std::uniform_int_distribution<int>(0, below - 1)(random);
  };
  std::map<std::uint32_t, MonotonicTime> model;
  MonotonicTime now = start;
  advance(now);
  for (int step = 0; step < 20'000; ++step) {
    const auto index = static_cast<std::uint32_t>(pick(1000));
    if (pick(3) > 0) {
      model[index] = now + std::chrono::milliseconds(pick(pick(10) == 0 ? 40'000 : 300));
      wheel.set(index, model[index]);
    } else {
      model.erase(index);
      wheel.cancel(index);
    }
    if (pick(4) > 0) continue;
    now += std::chrono::milliseconds(pick(40));
    for (const std::uint32_t fired : advance(now)) {
      ASSERT_TRUE(model.contains(fired));
      ASSERT_LE(model[fired], now);
      model.erase(fired);
    }
    for (const auto& [left, due] : model) ASSERT_GT(due, now - 20ms);
  }
}

}  // namespace
}  // namespace dn::engine
