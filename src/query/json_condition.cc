#include "query/json_condition.h"

#include <algorithm>

namespace dn::query {
namespace {

constexpr char to_upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

bool is_keyword(std::string_view word, std::string_view keyword) {
  return std::ranges::equal(word, keyword, {}, to_upper);
}

PatternResult<JsonCondition::Kind> read_keywords(PatternCursor& cursor) {
  const std::size_t begin = cursor.offset();
  const std::string_view first = cursor.take_while(is_word_letter);
  cursor.skip_blanks();
  if (is_keyword(first, "IS")) {
    const std::size_t second_begin = cursor.offset();
    const std::string_view second = cursor.take_while(is_word_letter);
    if (is_keyword(second, "NULL")) return JsonCondition::Kind::IsNull;
    if (is_keyword(second, "TRUE")) return JsonCondition::Kind::IsTrue;
    if (is_keyword(second, "FALSE")) return JsonCondition::Kind::IsFalse;
    if (second.empty()) return cursor.invalid_here("expected NULL, TRUE or FALSE");
    return cursor.invalid_since(second_begin, "expected NULL, TRUE or FALSE");
  }
  if (is_keyword(first, "NOT")) {
    const std::size_t second_begin = cursor.offset();
    const std::string_view second = cursor.take_while(is_word_letter);
    if (is_keyword(second, "EXISTS")) return JsonCondition::Kind::NotExists;
    if (second.empty()) return cursor.invalid_here("expected EXISTS");
    return cursor.invalid_since(second_begin, "expected EXISTS");
  }
  return invalid_term(first, begin, "expected IS, NOT EXISTS or an operator");
}

}  // namespace

PatternResult<JsonCondition> JsonCondition::parse(PatternCursor& cursor, RegexQuota& quota) {
  JsonCondition condition;
  const std::size_t begin = cursor.offset();
  auto selector = JsonSelector::parse(cursor);
  if (!selector) return tl::unexpected(std::move(selector.error()));
  condition.selector = std::move(*selector);
  const std::string_view left_side = cursor.since(begin);
  cursor.skip_blanks();
  if (is_word_letter(cursor.peek())) {
    const auto kind = read_keywords(cursor);
    if (!kind) return tl::unexpected(kind.error());
    condition.kind = *kind;
    return condition;
  }
  auto value = ValueTest::parse(cursor, quota, left_side);
  if (!value) return tl::unexpected(std::move(value.error()));
  condition.value = std::move(*value);
  return condition;
}

}  // namespace dn::query
