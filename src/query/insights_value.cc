#include "query/insights_value.h"

#include <charconv>
#include <chrono>
#include <cmath>
#include <cstring>
#include <system_error>

#include "base/ascii.h"
#include "query/decimal_text.h"
#include "records/json_text.h"

namespace dn::query::insights {
namespace {

// 0000-01-01 to 9999-12-31, which four digits can say.
constexpr double kFirstTime = -62167219200000.0, kLastTime = 253402300799999.0;
constexpr int kDecimalsShown = 4;

std::string_view format_number(double number, ShortText& room) {
  char* const begin = room.bytes.data();
  char* const end = begin + room.bytes.size();
  constexpr double kWhole = 9007199254740992.0;  // 2^53
  if (std::fabs(number) < kWhole && number == std::trunc(number)) {
    const auto done = std::to_chars(begin, end, static_cast<std::int64_t>(number));
    return {begin, static_cast<std::size_t>(done.ptr - begin)};
  }
  const auto done = std::to_chars(begin, end, number, std::chars_format::fixed, kDecimalsShown);
  std::string_view text(begin, static_cast<std::size_t>(done.ptr - begin));
  while (text.back() == '0') text.remove_suffix(1);
  if (text.back() == '.') text.remove_suffix(1);
  return text == "-0" ? "0" : text;
}

std::string_view format_time(double milliseconds, ShortText& room) {
  if (!(milliseconds >= kFirstTime && milliseconds <= kLastTime)) {
    return format_number(milliseconds, room);
  }
  records::BoundedWriter writer(room.bytes.data(), room.bytes.size());
  writer.put_time(
      WallTime(std::chrono::milliseconds(static_cast<std::int64_t>(std::floor(milliseconds)))));
  // The form of the logs, "2026-11-22T03:15:00.123Z", with a blank and without its zone.
  constexpr std::size_t kBetween = 10;
  room.bytes[kBetween] = ' ';
  return {room.bytes.data(), static_cast<std::size_t>(writer.at() - room.bytes.data()) - 1};
}

std::string_view leading_run(std::string_view text) {
  std::size_t size = 1;
  while (size < text.size() && is_digit(text[size]) == is_digit(text[0])) ++size;
  return text.substr(0, size);
}

// Bytes of UTF-8 compare as code points do.
int text_order(std::string_view a, std::string_view b) {
  while (!a.empty() && !b.empty()) {
    const std::string_view left = leading_run(a), right = leading_run(b);
    if (is_digit(left[0]) && is_digit(right[0]) && left.size() != right.size()) {
      return left.size() < right.size() ? -1 : 1;
    }
    if (const int order = left.compare(right); order != 0) return order;
    a.remove_prefix(left.size());
    b.remove_prefix(right.size());
  }
  return static_cast<int>(!a.empty()) - static_cast<int>(!b.empty());
}

}  // namespace

Value Value::of_number(double number) {
  if (!std::isfinite(number)) return {};
  return {Kind::Number, true, {}, number};
}

std::optional<double> parse_number(std::string_view text) {
  // Nearly all texts fail at their first character and nearly all numbers are short and whole.
  constexpr std::size_t kShort = 15;
  if (text.empty() || (!is_digit(text[0]) && text[0] != '-')) return std::nullopt;
  if (text.size() <= kShort) {
    std::int64_t whole = 0;
    std::size_t at = 0;
    while (at < text.size() && is_digit(text[at])) whole = whole * 10 + (text[at++] - '0');
    if (at == text.size()) return static_cast<double>(whole);
  }
  if (!has_number_shape(text)) return std::nullopt;
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || !std::isfinite(number)) return std::nullopt;
  return number;
}

std::optional<double> number_of(const Value& value) {
  switch (value.kind) {
    case Kind::Absent:
    case Kind::Json: return std::nullopt;
    case Kind::Time: return value.number;
    case Kind::Number:
    case Kind::Text: break;
  }
  if (value.counted) return value.number;
  return parse_number(value.text);
}

bool is_true(const Value& value) {
  if (value.is_absent()) return false;
  if (const auto number = number_of(value)) return *number != 0;
  return !value.text.empty() && value.text != "false";
}

std::string_view shown(const Value& value, ShortText& room) {
  if (value.kind == Kind::Time) return format_time(value.number, room);
  if (value.kind == Kind::Number && value.text.empty()) return format_number(value.number, room);
  return value.text;
}

bool are_equal(const Value& a, const Value& b) {
  if (a.is_absent() || b.is_absent()) return false;
  const auto right = number_of(b);
  if (const auto left = right ? number_of(a) : right) return *left == *right;
  ShortText room_a, room_b;
  return shown(a, room_a) == shown(b, room_b);
}

bool is_less(const Value& a, const Value& b) {
  if (a.is_absent() || b.is_absent()) return false;
  const auto right = number_of(b);
  if (const auto left = right ? number_of(a) : right) return *left < *right;
  ShortText room_a, room_b;
  return shown(a, room_a) < shown(b, room_b);
}

int natural_order(const Value& a, const Value& b) {
  const auto left = number_of(a), right = number_of(b);
  if (left && right) return *left < *right ? -1 : static_cast<int>(*left > *right);
  const int rank_a = a.is_absent() ? 0 : left ? 2 : 1, rank_b = b.is_absent() ? 0 : right ? 2 : 1;
  if (rank_a != rank_b || rank_a == 0) return rank_a - rank_b;
  return text_order(a.text, b.text);
}

Value with_number(const Value& value) {
  Value result = value;
  if (const auto number = number_of(value)) {
    result.counted = true;
    result.number = *number;
  }
  return result;
}

}  // namespace dn::query::insights
