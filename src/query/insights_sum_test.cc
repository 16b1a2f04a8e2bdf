#include "query/insights_sum.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

namespace dn::query::insights {
namespace {

double sum_of(const std::vector<double>& numbers) {
  ExactSum sum;
  for (const double number : numbers) sum.add(number);
  return sum.value();
}

TEST(InsightsSum, IsExactWherePlainAdditionIsNot) {
  EXPECT_EQ(sum_of({}), 0);
  EXPECT_EQ(sum_of({0.1, 0.2, 0.3}), 0.6);
  EXPECT_EQ(sum_of({1e20, 1, -1e20}), 1);
  EXPECT_EQ(sum_of({1e308, 1e308, -1e308}), 1e308);
  EXPECT_EQ(sum_of({1e308, 1e-308, -1e308}), 1e-308);
  EXPECT_EQ(sum_of({5e-324, 5e-324}), 1e-323);
  EXPECT_EQ(sum_of({-5e-324, 1, -1}), -5e-324);
  EXPECT_EQ(sum_of({1.7976931348623157e308, 1.7976931348623157e308}),
            std::numeric_limits<double>::infinity());
  EXPECT_EQ(sum_of({9007199254740992., 1, 1}), 9007199254740994.);
  EXPECT_EQ(sum_of({9007199254740992., 1, 1e-300}), 9007199254740994.) << "a tie is broken upwards";
  EXPECT_EQ(sum_of({9007199254740992., 1, -1e-300}), 9007199254740992.);
  EXPECT_EQ(sum_of({-9007199254740992., -1, -1e-300}), -9007199254740994.);
}

// Any order and any cut gives the same bits; small sums agree with a wider type.
TEST(InsightsSum, DoesNotDependOnOrderOrParts) {
  std::mt19937_64 random(5);
  for (int round = 0; round < 300; ++round) {
    std::vector<double> numbers;
    const int spread = static_cast<int>(random() % 3);
    for (std::size_t i = random() % 40; i > 0; --i) {
      const auto digits =
          static_cast<double>(static_cast<std::int64_t>(random() % 2'000'001) - 1'000'000);
      const int range = spread == 0 ? 1 : spread == 1 ? 60 : 1500;
      const int exponent = static_cast<int>(random() % static_cast<unsigned>(range)) - range / 2;
      const double number = std::ldexp(digits, exponent);
      if (std::isfinite(number)) numbers.push_back(number);
    }
    const double want = sum_of(numbers);
    std::shuffle(numbers.begin(), numbers.end(), random);
    EXPECT_EQ(sum_of(numbers), want);
    ExactSum front, back;
    for (std::size_t i = 0; i < numbers.size(); ++i) (i % 2 == 0 ? front : back).add(numbers[i]);
    back.add(front);
    EXPECT_EQ(back.value(), want);
    if (spread == 0) {
      long double plain = 0;
      for (const double number : numbers) plain += number;
      EXPECT_EQ(want, static_cast<double>(plain));
    }
    ExactSum rest = ExactSum();
    rest.add(back);
    for (const double number : numbers) rest.add(-number);
    EXPECT_EQ(rest.value(), 0);
    EXPECT_EQ(rest.remainder(), 0);
  }
}

TEST(InsightsSum, AddsProductsExactly) {
  ExactSum sum;
  const double third = 1.0 / 3;
  sum.add_product(third, third);
  EXPECT_EQ(sum.value(), third * third);
  EXPECT_EQ(sum.remainder(), std::fma(third, third, -(third * third)));
}

TEST(InsightsSum, GrowsOnlyForUnusualNumbers) {
  ExactSum sum;
  for (int i = 0; i < 100'000; ++i) sum.add(i + 0.125);
  EXPECT_EQ(sum.heap_bytes(), 0U);
  EXPECT_EQ(sum.value(), 4999950000. + 12500);
  sum.add(1e-200);
  EXPECT_GT(sum.heap_bytes(), 0U);
}

}  // namespace
}  // namespace dn::query::insights
