// Decimal numbers as text: is it one, and which of two is greater.
//
// Compared digit by digit and never turned into a double, so that 9007199254740993 is not
// 9007199254740992 and a long number is a number. Exponents beyond ten to the fifteenth are taken
// for that. Linear in the length of both texts. Covered by decimal_text_test.cc.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>

namespace dn::query {

// [+-] digits [. digits] [(e|E) [+-] digits]. Views the text that it was read from.
struct Decimal {
  bool negative = false;
  std::string_view digits;    // from the first one that is not 0; may hold a '.'; empty: zero
  std::int64_t exponent = 0;  // the value is 0.digits times ten to it
};

// Nothing when the whole text is not such a number.
std::optional<Decimal> parse_decimal(std::string_view text);

std::strong_ordering compare(const Decimal& a, const Decimal& b);

// -?digits[.digits][(e|E)[+-]digits], whatever its size: a Decimal without '+'.
bool has_number_shape(std::string_view text);
// As JSON writes numbers: no leading zeros either.
bool is_json_number(std::string_view text);

}  // namespace dn::query
