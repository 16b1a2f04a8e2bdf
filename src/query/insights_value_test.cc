#include "query/insights_value.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

namespace dn::query::insights {
namespace {

std::string text_of(const Value& value) {
  ShortText room;
  return std::string(shown(value, room));
}

TEST(InsightsValue, ReadsNumbersOfOneShapeOnly) {
  const struct {
    const char* text;
    double want;
  } numbers[] = {{"0", 0},
                 {"42", 42},
                 {"-7", -7},
                 {"007", 7},
                 {"1.50", 1.5},
                 {"-0.25", -0.25},
                 {"1e3", 1000},
                 {"2.5E-1", 0.25},
                 {"1e+2", 100},
                 {"-0", 0},
                 {"1e-5", 1e-5},
                 {"999999999999999", 999999999999999.},
                 {"12345678901234567890", 12345678901234567890.}};
  for (const auto& [text, want] : numbers) EXPECT_EQ(parse_number(text), want) << text;
  for (const char* const text :
       {"",    "-",   "+1",   ".5",    "5.",  "1e",    "1e+", "0x10", "1_000", " 1", "1 ",
        "inf", "nan", "-inf", "1e999", "1,5", "1.2.3", "--1", "1-",   "1e5.5", "٣"}) {
    EXPECT_EQ(parse_number(text), std::nullopt) << text;
  }
}

TEST(InsightsValue, ShowsComputedNumbersWithFourDecimalsAtMost) {
  const struct {
    double number;
    const char* want;
  } numbers[] = {{0, "0"},
                 {-0.0, "0"},
                 {1.5, "1.5"},
                 {1.0 / 3, "0.3333"},
                 {2.0 / 3, "0.6667"},
                 {100, "100"},
                 {-1e-9, "0"},
                 {0.00005001, "0.0001"},
                 {1e15, "1000000000000000"},
                 {1e22, "10000000000000000000000"},
                 {9007199254740993.0, "9007199254740992"},
                 {123456.789012, "123456.789"},
                 {-2.50, "-2.5"}};
  for (const auto& [number, want] : numbers) {
    EXPECT_EQ(text_of(Value::of_number(number)), want) << number;
  }
  EXPECT_EQ(text_of(Value::of_number(1.7976931348623157e308)).size(), 309U);
  EXPECT_EQ(text_of(Value::of_number(-1.7976931348623157e308)).size(), 310U);
  EXPECT_TRUE(Value::of_number(std::nan("")).is_absent());
  EXPECT_TRUE(Value::of_number(HUGE_VAL).is_absent());
}

TEST(InsightsValue, KeepsTheTextThatANumberWasWrittenWith) {
  EXPECT_EQ(text_of(Value::of_number_text("1.500")), "1.500");
  EXPECT_EQ(text_of(with_number(Value::of_number_text("1e2"))), "1e2");
  EXPECT_EQ(text_of(Value::of_bool(true)), "1");
}

TEST(InsightsValue, ShowsTimesOutsideOfFourDigitYearsAsNumbers) {
  EXPECT_EQ(text_of(Value::of_time(253402300799999.0)), "9999-12-31 23:59:59.999");
  EXPECT_EQ(text_of(Value::of_time(253402300800000.0)), "253402300800000");
  EXPECT_EQ(text_of(Value::of_time(-62167219200000.0)), "0000-01-01 00:00:00.000");
  EXPECT_EQ(text_of(Value::of_time(-62167219200001.0)), "-62167219200001");
  EXPECT_EQ(text_of(Value::of_time(1e300)).size(), 301U);
}

TEST(InsightsValue, ComparesNumbersByValueAndTextByCodePoint) {
  const auto text = [](const char* t) { return Value::of_text(t); };
  EXPECT_TRUE(are_equal(text("200"), Value::of_number(200)));
  EXPECT_TRUE(are_equal(text("2e2"), text("200.0")));
  EXPECT_FALSE(are_equal(text("abc"), text("ABC")));
  EXPECT_FALSE(are_equal(Value(), Value()));
  EXPECT_TRUE(is_less(text("9"), text("10")));
  EXPECT_TRUE(is_less(text("10x"), text("9x")));
  EXPECT_TRUE(is_less(text("z"), text("\xC3\xA9")));
  EXPECT_FALSE(is_less(Value(), text("a")));
  EXPECT_TRUE(are_equal(Value::of_time(5), text("5")));
  EXPECT_TRUE(are_equal(Value::of_time(0), text("1970-01-01 00:00:00.000")));
  EXPECT_FALSE(are_equal(Value::of_json("[5]"), text("5")));
  EXPECT_TRUE(are_equal(Value::of_json("[5]"), text("[5]")));
}

TEST(InsightsValue, SortsInNaturalOrder) {
  const std::vector<std::string> want = {"",          "!:",    "#", "*%04", "0#", "5A",
                                         "111A",      "2345_", "@", "@_",   "A",  "A9876fghj",
                                         "a12345hfh", "-1",    "0", "2",    "10"};
  std::vector<std::string> got = want;
  std::mt19937_64 random(7);
  for (int round = 0; round < 50; ++round) {
    std::shuffle(got.begin(), got.end(), random);
    std::ranges::sort(got, [](const std::string& a, const std::string& b) {
      return natural_order(Value::of_text(a), Value::of_text(b)) < 0;
    });
    EXPECT_EQ(got, want);
  }
  EXPECT_LT(natural_order(Value(), Value::of_text("")), 0);
  EXPECT_EQ(natural_order(Value(), Value()), 0);
  EXPECT_EQ(natural_order(Value::of_text("01"), Value::of_number(1)), 0);
}

// What std::sort needs of it: otherwise it may read beyond its range.
TEST(InsightsValue, NaturalOrderIsAnOrder) {
  std::mt19937_64 random(11);
  std::vector<std::string> texts;
  const std::string_view alphabet = "019aA.-e\xC3\xA9";
  for (int i = 0; i < 120; ++i) {
    std::string& text = texts.emplace_back();
    for (std::size_t size = random() % 5; size > 0; --size)
      text += alphabet[random() % alphabet.size()];
  }
  const auto order = [&](std::size_t a, std::size_t b) {
    return natural_order(Value::of_text(texts[a]), Value::of_text(texts[b]));
  };
  for (std::size_t a = 0; a < texts.size(); ++a) {
    for (std::size_t b = 0; b < texts.size(); ++b) {
      ASSERT_EQ(order(a, b) < 0, order(b, a) > 0) << texts[a] << " " << texts[b];
      for (std::size_t c = 0; c < texts.size(); ++c) {
        if (order(a, b) <= 0 && order(b, c) <= 0) {
          ASSERT_LE(order(a, c), 0) << texts[a] << " " << texts[b] << " " << texts[c];
        }
      }
    }
  }
}

TEST(InsightsValue, IsTrueUnlessAbsentZeroEmptyOrFalse) {
  for (const char* const text : {"", "0", "0.0", "-0", "false"}) {
    EXPECT_FALSE(is_true(Value::of_text(text))) << text;
  }
  for (const char* const text : {"1", "-1", "0.1", "true", "False", "x", " "}) {
    EXPECT_TRUE(is_true(Value::of_text(text))) << text;
  }
  EXPECT_FALSE(is_true(Value()));
  EXPECT_TRUE(is_true(Value::of_json("[]")));
}

}  // namespace
}  // namespace dn::query::insights
