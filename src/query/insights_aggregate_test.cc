#include "query/insights_aggregate.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "query/insights_distinct.h"
#include "query/insights_percentile.h"

namespace dn::query::insights {
namespace {

TEST(InsightsDistinct, IsExactUpToItsCap) {
  DistinctCount count(1, 100);
  for (int i = 0; i < 300; ++i) count.add(std::to_string(i % 100));
  EXPECT_EQ(count.count(), 100);
}

TEST(InsightsDistinct, EstimatesBeyondWithinAFewPercent) {
  for (const int distinct : {101, 1000, 20'000, 200'000}) {
    DistinctCount count(1, 100);
    for (int i = 0; i < distinct; ++i) count.add(fmt::format("value {}", i));
    EXPECT_NEAR(count.count(), distinct, distinct * 0.03) << distinct;
    EXPECT_LT(count.bytes(), 20'000U);
  }
}

TEST(InsightsDistinct, AnEstimateHoldsNoTextsAnyMore) {
  DistinctCount count(1, 10'000);
  for (int i = 0; i < 10'000; ++i) count.add(fmt::format("value {}", i));
  EXPECT_GT(count.bytes(), 400'000U);
  count.add("one more");
  EXPECT_EQ(count.bytes(), 1U << 14U);
}

TEST(InsightsDistinct, PartsGiveWhatTheWholeGives) {
  for (const int distinct : {50, 99, 100, 101, 150, 5000}) {
    DistinctCount whole(1, 100), even(2, 100), odd(3, 100);
    for (int i = 0; i < distinct; ++i) {
      const std::string text = fmt::format("v{}", i);
      whole.add(text);
      (i % 2 == 0 ? even : odd).add(text);
      if (i % 5 == 0) (i % 2 == 0 ? odd : even).add(text);
    }
    DistinctCount left(4, 100), right(5, 100);
    left.merge(even);
    left.merge(odd);
    right.merge(odd);
    right.merge(even);
    EXPECT_EQ(left.count(), whole.count()) << distinct;
    EXPECT_EQ(right.count(), whole.count()) << distinct;
  }
}

TEST(InsightsPercentile, TakesTheNearestRank) {
  Percentile numbers;
  EXPECT_EQ(numbers.at(50), std::nullopt);
  for (const double number : {15., 20., 35., 40., 50.}) numbers.add(number);
  EXPECT_EQ(numbers.at(0), 15);
  EXPECT_EQ(numbers.at(5), 15);
  EXPECT_EQ(numbers.at(30), 20);
  EXPECT_EQ(numbers.at(40), 20);
  EXPECT_EQ(numbers.at(50), 35);
  EXPECT_EQ(numbers.at(100), 50);
}

TEST(InsightsPercentile, StaysWithinHalfAPercentBeyondItsCap) {
  std::mt19937_64 random(3);
  Percentile exact(1'000'000), buckets(100), even(100), odd(100);
  for (int i = 0; i < 20'000; ++i) {
    const double size = std::pow(10., static_cast<double>(random() % 1200) / 100 - 6);
    const double number = random() % 4 == 0 ? -size : random() % 50 == 0 ? 0 : size;
    exact.add(number);
    buckets.add(number);
    (i % 2 == 0 ? even : odd).add(number);
  }
  even.merge(odd);
  for (const double percent : {0., 1., 10., 25., 50., 75., 99., 99.9, 100.}) {
    const double want = *exact.at(percent);
    EXPECT_NEAR(*buckets.at(percent), want, std::fabs(want) * 0.0051) << percent;
    EXPECT_EQ(even.at(percent), buckets.at(percent)) << percent;
  }
}

// Rows in any order, in any number of parts: the same answer.
TEST(InsightsAggregate, DoesNotDependOnOrderOrParts) {
  std::mt19937_64 random(9);
  const std::vector<std::string> texts = {"1",  "1.0",   "01",   "x",     "X",
                                          "",   "-3.25", "1e2",  "100",   "10a",
                                          "9a", "0.1",   "0.30", "1e999", "é"};
  TextArena arena(1UL << 24U);
  for (int round = 0; round < 200; ++round) {
    std::vector<std::pair<Value, RowKey>> rows;
    for (std::size_t i = random() % 30; i > 0; --i) {
      Value value = Value::of_text(texts[random() % texts.size()]);
      if (random() % 10 == 0) value = {};
      if (random() % 10 == 0) value = Value::of_number(static_cast<double>(random() % 1000) / 7);
      if (random() % 20 == 0) value = Value::of_time(static_cast<double>(random() % 1000));
      rows.push_back({value, {{static_cast<std::int64_t>(random() % 4), 0, 0, i}, 0}});
    }
    for (int kind = static_cast<int>(AggregateKind::Count);
         kind <= static_cast<int>(AggregateKind::SortsLast); ++kind) {
      Aggregate aggregate;
      aggregate.kind = static_cast<AggregateKind>(kind);
      aggregate.percent = 60;
      const auto result = [&](const Accumulator& accumulator) {
        ShortText room;
        const Value value = accumulator.result(aggregate, arena);
        return value.is_absent() ? "absent" : std::string(shown(value, room));
      };
      Accumulator whole;
      for (const auto& [value, key] : rows) whole.add(aggregate.kind, value, key, 1);
      auto shuffled = rows;
      std::shuffle(shuffled.begin(), shuffled.end(), random);
      std::vector<Accumulator> parts(3);
      for (const auto& [value, key] : shuffled) {
        parts[random() % parts.size()].add(aggregate.kind, value, key, random());
      }
      parts[2].merge(aggregate.kind, parts[0], 2);
      parts[2].merge(aggregate.kind, parts[1], 3);
      EXPECT_EQ(result(parts[2]), result(whole)) << kind;
    }
  }
}

TEST(InsightsAggregate, DeviationIsOfThePopulation) {
  const auto deviation = [](const std::vector<double>& numbers) {
    TextArena arena(1UL << 20U);
    Aggregate aggregate;
    aggregate.kind = AggregateKind::Deviation;
    Accumulator accumulator;
    for (const double number : numbers) {
      accumulator.add(aggregate.kind, Value::of_number(number), {}, 1);
    }
    return accumulator.result(aggregate, arena);
  };
  EXPECT_TRUE(deviation({}).is_absent());
  EXPECT_EQ(deviation({5}).number, 0);
  EXPECT_EQ(deviation({2, 4, 4, 4, 5, 5, 7, 9}).number, 2);
  // A large common part does not swallow the difference.
  EXPECT_EQ(deviation({1e15 + 1, 1e15 + 3}).number, 1);
  EXPECT_EQ(deviation({1e15, 1e15, 1e15}).number, 0);
  EXPECT_NEAR(deviation({0.1, 0.1, 0.1}).number, 0, 1e-9);
  EXPECT_TRUE(deviation({1e200, -1e200}).is_absent()) << "its square is no double";
}

TEST(InsightsAggregate, TellsWhatMemoryItTakes) {
  Accumulator accumulator;
  std::size_t bytes = 0;
  for (int i = 0; i < 1000; ++i) {
    const std::string text = fmt::format("{:0100}", i);
    bytes += accumulator.add(AggregateKind::CountDistinct, Value::of_text(text), {}, 1);
  }
  EXPECT_GT(bytes, 100'000U);
  EXPECT_LT(bytes, 400'000U);
}

}  // namespace
}  // namespace dn::query::insights
