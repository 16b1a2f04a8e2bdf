#include "query/pattern_value.h"

#include <fmt/format.h>

#include <charconv>

#include "base/check.h"
#include "query/decimal_text.h"
#include "query/find_text.h"

namespace dn::query {
namespace {

constexpr std::size_t kShortIntegerBytes = 18;

// An integer of few digits, as nearly all numbers in logs are.
std::optional<std::int64_t> short_integer(std::string_view text) {
  std::int64_t value = 0;
  if (text.size() > kShortIntegerBytes) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool is_ordering(Comparison comparison) {
  return comparison != Comparison::Equal && comparison != Comparison::NotEqual;
}

PatternResult<Comparison> read_comparison(PatternCursor& cursor) {
  // Longer ones first.
  if (cursor.take("!=")) return Comparison::NotEqual;
  if (cursor.take("<=")) return Comparison::LessEqual;
  if (cursor.take(">=")) return Comparison::GreaterEqual;
  if (cursor.take("=")) return Comparison::Equal;
  if (cursor.take("<")) return Comparison::Less;
  if (cursor.take(">")) return Comparison::Greater;
  return cursor.invalid_here("expected =, !=, <, <=, > or >=");
}

}  // namespace

PatternResult<ValueTest> ValueTest::parse(PatternCursor& cursor, RegexQuota& quota,
                                          std::string_view left_side) {
  ValueTest test;
  const auto comparison = read_comparison(cursor);
  if (!comparison) return tl::unexpected(comparison.error());
  test.comparison_ = *comparison;
  cursor.skip_blanks();
  const std::size_t begin = cursor.offset();
  if (const auto done = test.read_value(cursor, quota, left_side); !done) {
    return tl::unexpected(done.error());
  }
  if (is_ordering(test.comparison_) && test.kind_ != Kind::Number) {
    return cursor.invalid_since(begin, "<, <=, > and >= need a number without quotes");
  }
  return test;
}

PatternResult<void> ValueTest::read_value(PatternCursor& cursor, RegexQuota& quota,
                                          std::string_view left_side) {
  if (cursor.peek() == '%') return read_regex(cursor, quota);
  if (cursor.peek() == '"') {
    auto text = cursor.take_quoted();
    if (!text) return tl::unexpected(std::move(text.error()));
    take_text(std::move(*text));
    return {};
  }
  std::string word(cursor.take_while(is_bareword_letter));
  if (word.empty()) {
    return cursor.invalid_here(
        fmt::format("the value to compare {} with is missing", shown(left_side)));
  }
  if (parse_decimal(word)) {
    kind_ = Kind::Number;
    whole_ = short_integer(std::string_view(word).substr(word.front() == '+' ? 1 : 0));
    text_ = std::move(word);
  } else {
    take_text(std::move(word));
  }
  return {};
}

PatternResult<void> ValueTest::read_regex(PatternCursor& cursor, RegexQuota& quota) {
  const std::size_t begin = cursor.offset();
  cursor.take("%");
  std::string_view body;
  if (!cursor.take_until('%', body)) {
    return cursor.invalid_since(begin,
                                "the closing % of the regular expression is missing; a text "
                                "with a % needs quotes");
  }
  if (quota.count == 0) {
    return cursor.invalid_since(begin, "more than 2 regular expressions in one pattern");
  }
  --quota.count;
  auto regex = PatternRegex::compile(body, begin + 1, quota.steps);
  if (!regex) return tl::unexpected(std::move(regex.error()));
  kind_ = Kind::Regex;
  regex_ = std::move(*regex);
  return {};
}

void ValueTest::take_text(std::string text) {
  kind_ = Kind::Text;
  if (text.contains('*')) {
    kind_ = Kind::Glob;
    std::string_view rest = text;
    for (std::size_t star = rest.find('*'); star != std::string_view::npos; star = rest.find('*')) {
      // Stars side by side are one.
      if (star > 0 || pieces_.empty()) pieces_.emplace_back(rest.substr(0, star));
      rest.remove_prefix(star + 1);
    }
    pieces_.emplace_back(rest);
  }
  text_ = std::move(text);
}

const std::string* ValueTest::required_text() const {
  const bool exact = comparison_ == Comparison::Equal && kind_ == Kind::Text;
  return exact && !is_json_number(text_) ? &text_ : nullptr;
}

// The first piece begins the text, the last one ends it, and those between follow each other: the
// leftmost place for each leaves the most room for the rest, so nothing has to be tried twice.
bool ValueTest::glob_matches(std::string_view text) const {
  if (!text.starts_with(pieces_.front())) return false;
  text.remove_prefix(pieces_.front().size());
  for (std::size_t i = 1; i + 1 < pieces_.size(); ++i) {
    const std::size_t at = find_text(text, pieces_[i]);
    if (at == std::string_view::npos) return false;
    text.remove_prefix(at + pieces_[i].size());
  }
  return text.ends_with(pieces_.back());
}

bool ValueTest::equals_text(std::string_view text) const {
  switch (kind_) {
    case Kind::Number:
    case Kind::Text: return text == text_;
    case Kind::Glob: return glob_matches(text);
    case Kind::Regex: break;
  }
  return regex_->matches(text);
}

bool ValueTest::decide(std::strong_ordering order) const {
  switch (comparison_) {
    case Comparison::Equal: return order == 0;
    case Comparison::NotEqual: return order != 0;
    case Comparison::Less: return order < 0;
    case Comparison::LessEqual: return order <= 0;
    case Comparison::Greater: return order > 0;
    case Comparison::GreaterEqual: break;
  }
  return order >= 0;
}

bool ValueTest::holds_for_text(std::string_view text) const {
  if (is_ordering(comparison_)) return false;
  return equals_text(text) == (comparison_ == Comparison::Equal);
}

bool ValueTest::compare_number(std::string_view source) const {
  if (whole_) {
    if (const auto value = short_integer(source)) return decide(*value <=> *whole_);
  }
  const auto value = parse_decimal(source);
  const auto literal = parse_decimal(text_);
  DN_CHECK(literal.has_value(), "read as a number when the pattern was parsed");
  return value && decide(compare(*value, *literal));
}

bool ValueTest::holds_for_number(std::string_view source) const {
  return kind_ == Kind::Number ? compare_number(source) : holds_for_text(source);
}

bool ValueTest::holds_for_field(std::string_view text) const {
  if (kind_ == Kind::Number && parse_decimal(text)) return compare_number(text);
  return holds_for_text(text);
}

}  // namespace dn::query
