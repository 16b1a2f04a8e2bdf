// Value: what a field or an expression of Insights is for one row.
//
// Insights knows no declared types: a value is absent, a number, a text, a point in time, or a list
// or map from jsonParse. Text that reads as a number counts as one wherever a number is asked for
// ("200" equals 200), so the difference between numbers and texts hardly shows. Numbers keep the
// text they were written with and print it unchanged; computed ones print at most four decimals,
// without trailing zeros. They are doubles: beyond 2^53 neighbours are equal. Booleans are the
// numbers 1 and 0. Times print as `2026-11-22 03:15:00.123` (UTC) and count as milliseconds since
// 1970. Covered by insights_value_test.cc.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace dn::query::insights {

enum class Kind : std::uint8_t { Absent, Number, Text, Time, Json };

// Borrows its text; how long that lives is the business of whoever holds the row.
struct Value {
  Kind kind = Kind::Absent;
  bool counted = false;   // `number` is valid; always for Time
  std::string_view text;  // Text; Json: compact; Number: empty when it was computed
  double number = 0;

  bool is_absent() const { return kind == Kind::Absent; }

  static Value of_text(std::string_view text) { return {Kind::Text, false, text, 0}; }
  static Value of_number(double number);  // absent when it is not finite
  static Value of_number_text(std::string_view text) { return {Kind::Number, false, text, 0}; }
  static Value of_time(double milliseconds) { return {Kind::Time, true, {}, milliseconds}; }
  static Value of_json(std::string_view text) { return {Kind::Json, false, text, 0}; }
  static Value of_bool(bool truth) {
    return {Kind::Number, true, truth ? "1" : "0", truth ? 1. : 0};
  }
};

// -?digits[.digits][e[+-]digits], whole; nothing when the number is not finite either.
std::optional<double> parse_number(std::string_view text);

// What the value counts as in arithmetic and comparisons; absent, lists, maps and other text:
// nothing.
std::optional<double> number_of(const Value& value);

// A bare value as a condition: false for what is absent, zero, "" and "false".
bool is_true(const Value& value);

// Room for the text of a computed number or a time.
struct ShortText {
  std::array<char, 336> bytes;  // the longest double has 309 digits before its point
};

// The text that a row shows; "" for what is absent.
std::string_view shown(const Value& value, ShortText& room);

// Comparisons: as numbers if both count as one, else as shown text. False when either is absent.
bool are_equal(const Value& a, const Value& b);
bool is_less(const Value& a, const Value& b);

// Sort order: absent, then what is no number, then numbers. Text is cut into runs of digits and of
// other characters; runs of digits compare by length and then by value, others by code point.
// Negative, zero or positive.
int natural_order(const Value& a, const Value& b);

// The value with its number worked out, for what is compared often.
Value with_number(const Value& value);

}  // namespace dn::query::insights
