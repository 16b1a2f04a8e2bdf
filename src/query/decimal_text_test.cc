#include "query/decimal_text.h"

#include <gtest/gtest.h>

#include <charconv>

#include "records/testing/flow_lines.h"

namespace dn::query {
namespace {

TEST(DecimalText, TellsNumbersFromWords) {
  for (const char* text : {"0", "1", "-1", "+1000", "55.5", "1e-3", "10E3", "1e+3", "007", "1.50",
                           "-0.0", "123456789012345678901234567890"}) {
    EXPECT_TRUE(parse_decimal(text)) << text;
  }
  for (const char* text : {"", "-", "+", ".5", "1.", "1.2.3", "1e", "1e+", "e5", "0x10", "1_0",
                           "--1", "1-", "1 ", " 1", "NaN", "inf", "10e3x", "1.e3"}) {
    EXPECT_FALSE(parse_decimal(text)) << text;
  }
}

TEST(DecimalText, KnowsWhichNumbersJsonCanWrite) {
  for (const char* text : {"0", "-0", "10", "0.5", "-1.25e-7", "1E5"}) {
    EXPECT_TRUE(is_json_number(text)) << text;
  }
  for (const char* text : {"+1", "01", "-01", "00", "00.5", ".5", "1.", "", "x"}) {
    EXPECT_FALSE(is_json_number(text)) << text;
  }
}

TEST(DecimalText, ANumberShapeIsADecimalWithoutPlus) {
  for (const char* text : {"0", "-0", "007", "1.50", "-01.5E+9", "1e999", "", "-", "+1", "1.", ".5",
                           "1e", "1e-", "--1", "1x", "1e5.5"}) {
    EXPECT_EQ(has_number_shape(text), *text != '+' && parse_decimal(text).has_value()) << text;
  }
}

TEST(DecimalText, OrdersByValue) {
  const struct {
    const char *a, *b;
    std::strong_ordering want;
  } rows[] = {
      {"123", "123.0", std::strong_ordering::equal},
      {"1e3", "1000", std::strong_ordering::equal},
      {"1000e-3", "1", std::strong_ordering::equal},
      {"0.001", "1e-3", std::strong_ordering::equal},
      {"007", "7", std::strong_ordering::equal},
      {"-0", "0", std::strong_ordering::equal},
      {"0e99", "0", std::strong_ordering::equal},
      {"0.00", "-0e5", std::strong_ordering::equal},
      {"2", "10", std::strong_ordering::less},
      {"-2", "-10", std::strong_ordering::greater},
      {"-1", "1", std::strong_ordering::less},
      {"0", "0.0001", std::strong_ordering::less},
      {"0", "-0.0001", std::strong_ordering::greater},
      {"49.5", "50", std::strong_ordering::less},
      {"1.05", "1.5", std::strong_ordering::less},
      {"0.05", "0.5", std::strong_ordering::less},
      {"9007199254740993", "9007199254740992", std::strong_ordering::greater},
      {"1e400", "1e399", std::strong_ordering::greater},
      {"1e-400", "0", std::strong_ordering::greater},
      {"10.01", "10.010", std::strong_ordering::equal},
      {"1e99999999999999999999", "9e9", std::strong_ordering::greater},
  };
  for (const auto& row : rows) {
    const auto a = parse_decimal(row.a), b = parse_decimal(row.b);
    EXPECT_TRUE(compare(*a, *b) == row.want) << row.a << " " << row.b;
    EXPECT_TRUE(compare(*b, *a) == 0 <=> row.want) << row.b << " " << row.a;
  }
}

TEST(DecimalText, AgreesWithDoublesWhereTheyAreExact) {
  records::testing::SeededNumbers numbers(3);
  for (int round = 0; round < 20000; ++round) {
    const auto make = [&] {
      // Few digits and quarters: every such value is a double.
      std::string text = numbers.below(3) == 0 ? "-" : "";
      text += std::to_string(numbers.below(40));
      if (numbers.below(2) == 0) text += numbers.below(2) == 0 ? ".25" : ".50";
      if (numbers.below(3) == 0) text += "e" + std::to_string(numbers.below(3));
      return text;
    };
    const std::string a = make(), b = make();
    double x = 0, y = 0;
    std::from_chars(a.data(), a.data() + a.size(), x);
    std::from_chars(b.data(), b.data() + b.size(), y);
    const auto order = compare(*parse_decimal(a), *parse_decimal(b));
    EXPECT_TRUE(order == (x < y   ? std::strong_ordering::less
                          : x > y ? std::strong_ordering::greater
                                  : std::strong_ordering::equal))
        << a << " " << b;
  }
}

}  // namespace
}  // namespace dn::query
