#include "query/delimited_pattern.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/ascii.h"

namespace dn::query {
namespace {

using Entry = DelimitedPattern::Entry;

PatternResult<std::string_view> read_name(PatternCursor& cursor) {
  const std::size_t begin = cursor.offset();
  const std::string_view name = cursor.take_while(is_word_letter);
  if (name.empty()) return cursor.invalid_here("expected the name of a field");
  if (is_digit(name.front())) {
    return cursor.invalid_since(begin, "the name of a field begins with a letter");
  }
  return name;
}

bool at_entry_end(PatternCursor& cursor) {
  cursor.skip_blanks();
  return cursor.next_is(",") || cursor.next_is("]");
}

// name, or conditions that all name the same field.
PatternResult<Entry> read_entry(PatternCursor& cursor, RegexQuota& quota) {
  Entry entry;
  PatternCursor ahead = cursor;
  entry.name = ahead.take_while(is_word_letter);
  if (!entry.name.empty() && !is_digit(entry.name.front()) && at_entry_end(ahead)) {
    cursor = ahead;
    return entry;
  }
  entry.name.clear();
  const auto read_atom = [&](PatternCursor& at) -> PatternResult<std::uint16_t> {
    const std::size_t begin = at.offset();
    const auto name = read_name(at);
    if (!name) return tl::unexpected(name.error());
    if (entry.name.empty()) entry.name = *name;
    if (!equal_ignoring_case(entry.name, *name)) {
      return at.invalid_since(
          begin, fmt::format("every condition of this field must name it, {}", shown(entry.name)));
    }
    at.skip_blanks();
    auto test = ValueTest::parse(at, quota, *name);
    if (!test) return tl::unexpected(std::move(test.error()));
    entry.tests.push_back(std::move(*test));
    return static_cast<std::uint16_t>(entry.tests.size() - 1);
  };
  auto expression = PatternExpression::parse(cursor, read_atom);
  if (!expression) return tl::unexpected(std::move(expression.error()));
  entry.expression = std::move(*expression);
  return entry;
}

PatternResult<void> add_entry(DelimitedPattern& pattern, PatternCursor& cursor, RegexQuota& quota) {
  const std::size_t begin = cursor.offset();
  if (cursor.take("...")) {
    if (pattern.ellipsis) return cursor.invalid_since(begin, "... may stand once");
    pattern.ellipsis = pattern.entries.size();
    if (at_entry_end(cursor)) return {};
    cursor.take_while([](char c) { return c != ',' && c != ']' && !is_pattern_blank(c); });
    return cursor.invalid_since(begin, "... stands alone");
  }
  if (at_entry_end(cursor)) {
    pattern.entries.emplace_back();
    return {};
  }
  auto entry = read_entry(cursor, quota);
  if (!entry) return tl::unexpected(std::move(entry.error()));
  const bool known = std::ranges::any_of(pattern.entries, [&](const Entry& other) {
    return equal_ignoring_case(other.name, entry->name);
  });
  if (known) return invalid_term(entry->name, begin, "two fields have this name");
  pattern.entries.push_back(std::move(*entry));
  return {};
}

// Takes the next field off the front; nothing when only blanks are left.
std::optional<std::string_view> take_field(std::string_view& rest) {
  while (!rest.empty() && is_pattern_blank(rest.front())) rest.remove_prefix(1);
  if (rest.empty()) return std::nullopt;
  const char opening = rest.front();
  if (opening == '"' || opening == '[') {
    rest.remove_prefix(1);
    const std::size_t end = std::min(rest.find(opening == '"' ? '"' : ']'), rest.size());
    const std::string_view field = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return field;
  }
  const auto blank = std::ranges::find_if(rest, is_pattern_blank);
  const std::string_view field(rest.begin(), blank);
  rest.remove_prefix(field.size());
  return field;
}

// The rest of a message for the last entry: the field when it is one, else as it is written.
std::optional<std::string_view> whole_rest(std::string_view rest) {
  while (!rest.empty() && is_pattern_blank(rest.front())) rest.remove_prefix(1);
  while (!rest.empty() && is_pattern_blank(rest.back())) rest.remove_suffix(1);
  if (rest.empty()) return std::nullopt;
  std::string_view behind = rest;
  const auto field = take_field(behind);
  return behind.empty() ? *field : rest;
}

}  // namespace

PatternResult<DelimitedPattern> DelimitedPattern::parse(PatternCursor& cursor) {
  DelimitedPattern pattern;
  RegexQuota quota;
  cursor.take("[");
  cursor.skip_blanks();
  if (cursor.take("]")) {
    pattern.ellipsis = 0;
  } else {
    do {
      cursor.skip_blanks();
      if (auto done = add_entry(pattern, cursor, quota); !done) {
        return tl::unexpected(std::move(done.error()));
      }
      cursor.skip_blanks();
    } while (cursor.take(","));
    if (!cursor.take("]")) return cursor.invalid_here("expected a comma or the closing ]");
  }
  cursor.skip_blanks();
  if (!cursor.at_end()) return cursor.invalid_here("nothing may follow the closing ]");
  return pattern;
}

bool DelimitedMatcher::split(std::string_view message) {
  fields_.clear();
  const std::size_t wanted = pattern_.entries.size();
  if (pattern_.ellipsis) {
    while (const auto field = take_field(message)) fields_.push_back(*field);
    return fields_.size() >= wanted;
  }
  while (fields_.size() + 1 < wanted) {
    const auto field = take_field(message);
    if (!field) return false;
    fields_.push_back(*field);
  }
  const auto rest = whole_rest(message);
  if (rest) fields_.push_back(*rest);
  return rest.has_value();
}

const Entry* DelimitedMatcher::entry_of(std::size_t field) const {
  const auto& entries = pattern_.entries;
  if (!pattern_.ellipsis || field < *pattern_.ellipsis) return &entries[field];
  const std::size_t behind = fields_.size() - field;  // counted from the end, which is 1
  if (behind > entries.size() - *pattern_.ellipsis) return nullptr;
  return &entries[entries.size() - behind];
}

bool DelimitedMatcher::holds(const Entry& entry, std::string_view field) {
  if (!entry.expression) return true;
  holds_.clear();
  for (const ValueTest& test : entry.tests) holds_.push_back(test.holds_for_field(field) ? 1 : 0);
  return entry.expression->evaluate(holds_, stack_);
}

bool DelimitedMatcher::matches(std::string_view message) {
  if (pattern_.matches_everything()) return true;
  if (!split(message)) return false;
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    const Entry* const entry = entry_of(i);
    if (entry != nullptr && !holds(*entry, fields_[i])) return false;
  }
  return true;
}

std::vector<std::pair<std::string, std::string>> DelimitedMatcher::extracted_values(
    std::string_view message) {
  std::vector<std::pair<std::string, std::string>> values;
  if (!matches(message) || !split(message)) return values;
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    const Entry* const entry = entry_of(i);
    const bool named = entry != nullptr && !entry->name.empty();
    values.emplace_back(named ? "$" + entry->name : fmt::format("${}", i + 1), fields_[i]);
  }
  return values;
}

}  // namespace dn::query
