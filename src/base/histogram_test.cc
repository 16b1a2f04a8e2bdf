#include "base/histogram.h"

#include <gtest/gtest.h>

#include <vector>

namespace dn {
namespace {

using namespace std::chrono_literals;

constexpr std::array<Duration, 3> kBounds = {Duration(10), Duration(20), Duration(30)};

std::vector<std::uint64_t> counts(const Histogram& histogram) {
  return {histogram.counts().begin(), histogram.counts().end()};
}

TEST(Histogram, PutsABoundIntoItsOwnBucket) {
  struct Case {
    std::int64_t took;
    std::size_t want;
  };
  for (const auto& [took, want] : {Case{-1, 0},
                                   {0, 0},
                                   {10, 0},
                                   {11, 1},
                                   {20, 1},
                                   {21, 2},
                                   {30, 2},
                                   {31, 3},
                                   {1'000'000, 3}}) {
    Histogram histogram(kBounds);
    histogram.add(Duration(took));
    std::vector<std::uint64_t> expected(4, 0);
    expected[want] = 1;
    EXPECT_EQ(counts(histogram), expected) << took;
  }
}

TEST(Histogram, CountsManyAtOnce) {
  Histogram histogram(kBounds);
  histogram.add(Duration(15), 32);
  histogram.add(Duration(40));
  histogram.add(Duration(5), 0);
  EXPECT_EQ(counts(histogram), (std::vector<std::uint64_t>{0, 32, 0, 1}));
  EXPECT_EQ(histogram.count(), 33U);
  EXPECT_EQ(histogram.sum(), Duration(15 * 32 + 40));
}

TEST(Histogram, MergesToTheSum) {
  Histogram one(kBounds), other(kBounds);
  one.add(Duration(10), 2);
  other.add(Duration(10), 3);
  other.add(Duration(99));
  one.merge(other);
  EXPECT_EQ(counts(one), (std::vector<std::uint64_t>{5, 0, 0, 1}));
  EXPECT_EQ(one.sum(), Duration(149));
}

TEST(HistogramDeathTest, DoesNotAddDifferentBuckets) {
  Histogram one(kHandshakeBounds);
  EXPECT_DEATH(one.merge(Histogram(kAddedBounds)), "different widths");
}

TEST(Histogram, BoundsOfTheTablesAscend) {
  EXPECT_TRUE(std::ranges::is_sorted(kHandshakeBounds, std::less_equal<>{}));
  EXPECT_TRUE(std::ranges::is_sorted(kAddedBounds, std::less_equal<>{}));
  EXPECT_EQ(kHandshakeBounds.back(), 10s);
}

}  // namespace
}  // namespace dn
