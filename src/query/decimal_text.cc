#include "query/decimal_text.h"

#include <algorithm>

#include "base/ascii.h"

namespace dn::query {
namespace {

constexpr std::int64_t kExponentMax = 1'000'000'000'000'000;

std::size_t count_digits(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::find_if_not(text, is_digit) - text.begin());
}

// [+-] digits: taken off the front; nothing when there is none.
std::optional<std::int64_t> take_exponent(std::string_view& text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const std::size_t digits = count_digits(text);
  if (digits == 0) return std::nullopt;
  std::int64_t value = 0;
  for (const char c : text.substr(0, digits)) {
    value = std::min(value * 10 + (c - '0'), kExponentMax);
  }
  text.remove_prefix(digits);
  return negative ? -value : value;
}

// The digits of a Decimal one by one, the '.' left out and zeros behind the end.
class Digits {
 public:
  explicit Digits(std::string_view text) : text_(text) {}
  bool at_end() const { return text_.empty(); }
  char next() {
    if (text_.starts_with('.')) text_.remove_prefix(1);
    if (text_.empty()) return '0';
    const char digit = text_.front();
    text_.remove_prefix(1);
    return digit;
  }

 private:
  std::string_view text_;
};

std::strong_ordering compare_size(const Decimal& a, const Decimal& b) {
  if (a.exponent != b.exponent) return a.exponent <=> b.exponent;
  Digits left(a.digits), right(b.digits);
  while (!left.at_end() || !right.at_end()) {
    if (const auto order = left.next() <=> right.next(); order != 0) return order;
  }
  return std::strong_ordering::equal;
}

}  // namespace

std::optional<Decimal> parse_decimal(std::string_view text) {
  Decimal number;
  number.negative = text.starts_with('-');
  if (number.negative || text.starts_with('+')) text.remove_prefix(1);
  const std::size_t whole = count_digits(text);
  if (whole == 0) return std::nullopt;
  std::size_t mantissa = whole;
  if (text.substr(whole).starts_with('.')) {
    const std::size_t fraction = count_digits(text.substr(whole + 1));
    if (fraction == 0) return std::nullopt;
    mantissa += 1 + fraction;
  }
  std::string_view rest = text.substr(mantissa);
  if (rest.starts_with('e') || rest.starts_with('E')) {
    rest.remove_prefix(1);
    const auto exponent = take_exponent(rest);
    if (!exponent) return std::nullopt;
    number.exponent = *exponent;
  }
  if (!rest.empty()) return std::nullopt;
  const std::size_t first = text.substr(0, mantissa).find_first_not_of("0.");
  if (first == std::string_view::npos) return Decimal{};  // zero has no sign
  number.digits = text.substr(first, mantissa - first);
  // How far the first digit stands in front of the point, or behind it.
  number.exponent += first < whole ? static_cast<std::int64_t>(whole - first)
                                   : -static_cast<std::int64_t>(first - whole - 1);
  return number;
}

std::strong_ordering compare(const Decimal& a, const Decimal& b) {
  const int sign_a = a.digits.empty() ? 0 : a.negative ? -1 : 1;
  const int sign_b = b.digits.empty() ? 0 : b.negative ? -1 : 1;
  if (sign_a != sign_b) return sign_a <=> sign_b;
  if (sign_a == 0) return std::strong_ordering::equal;
  return sign_a > 0 ? compare_size(a, b) : compare_size(b, a);
}

bool has_number_shape(std::string_view text) {
  std::size_t at = text.starts_with('-') ? 1 : 0;
  const auto digits = [&] {
    const std::size_t start = at;
    while (at < text.size() && is_digit(text[at])) ++at;
    return at > start;
  };
  if (!digits()) return false;
  if (at < text.size() && text[at] == '.') {
    ++at;
    if (!digits()) return false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    if (!digits()) return false;
  }
  return at == text.size();
}

bool is_json_number(std::string_view text) {
  const std::size_t first = text.starts_with('-') ? 1 : 0;
  const bool zero_first =
      text.size() > first + 1 && text[first] == '0' && is_digit(text[first + 1]);
  return !zero_first && has_number_shape(text);
}

}  // namespace dn::query
