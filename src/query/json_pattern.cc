#include "query/json_pattern.h"

#include <simdjson.h>

#include <algorithm>

namespace dn::query {

PatternResult<JsonPattern> JsonPattern::parse(PatternCursor& cursor) {
  JsonPattern pattern;
  RegexQuota quota;
  std::size_t wildcards = 0;
  const auto read_atom = [&](PatternCursor& at) -> PatternResult<std::uint16_t> {
    const std::size_t begin = at.offset();
    auto condition = JsonCondition::parse(at, quota);
    if (!condition) return tl::unexpected(std::move(condition.error()));
    if (condition->selector.has_wildcard() && ++wildcards > kWildcardsMax) {
      return at.invalid_since(begin, "more than 3 wildcards in one pattern");
    }
    const auto number = static_cast<std::uint16_t>(pattern.conditions.size());
    pattern.tree.add(condition->selector, number);
    pattern.conditions.push_back(std::move(*condition));
    return number;
  };
  cursor.take("{");
  auto expression = PatternExpression::parse(cursor, read_atom);
  if (!expression) return tl::unexpected(std::move(expression.error()));
  pattern.expression = std::move(*expression);
  if (!cursor.take("}")) return cursor.invalid_here("expected &&, || or the closing }");
  cursor.skip_blanks();
  if (!cursor.at_end()) return cursor.invalid_here("nothing may follow the closing }");
  return pattern;
}

records::RequiredValues JsonPattern::required_values() const {
  const auto text_of = [&](std::uint16_t number) -> const std::string* {
    const JsonCondition& condition = conditions[number];
    const std::string* const text = condition.value ? condition.value->required_text() : nullptr;
    // The empty text stands in most lines, and whoever keeps an index may well leave it out.
    return text == nullptr || text->empty() ? nullptr : text;
  };
  records::RequiredValues required;
  for (const auto& clause :
       expression.clauses([&](std::uint16_t number) { return text_of(number) != nullptr; })) {
    auto& texts = required.emplace_back();
    for (const std::uint16_t number : clause) texts.push_back(*text_of(number));
  }
  return required;
}

JsonMatcher::JsonMatcher(const JsonPattern& pattern)
    : pattern_(pattern),
      quick_look_(pattern.expression, pattern.conditions),
      walk_(pattern.tree, pattern.conditions) {}

bool JsonMatcher::matches(std::string_view message) {
  if (!quick_look_.may_match(message)) return false;
  walk_.begin();
  if (!JsonScan(message, walk_).run()) return false;
  return pattern_.expression.evaluate(walk_.results(), stack_) && simdjson::validate_utf8(message);
}

}  // namespace dn::query
