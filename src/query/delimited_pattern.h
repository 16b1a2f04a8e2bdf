// Space-delimited patterns: `[ip, user, ..., status = 4* || status = 503, bytes > 1000]`.
//
//   pattern := "[" [ entry { "," entry } ] "]"
//   entry   := "..." | "" | name [ conditions ]
//   name    := [A-Za-z_][A-Za-z0-9_]*
//
// A message is split at blanks; text between quotes or brackets is one field, without them. Each
// entry is one field, an empty one without a name. `...`, once at most, stands for any number of
// fields; without it the number must agree, where the last entry takes the rest of the message.
// `[]` matches everything. A condition is `name operator value` and its name is that of the entry,
// in any case; && || and parentheses join several. Numbers in the text compare by value.
// Covered by delimited_pattern_test.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "query/pattern_expression.h"
#include "query/pattern_value.h"

namespace dn::query {

// Immutable; shared by threads.
struct DelimitedPattern {
  struct Entry {
    std::string name;  // empty: none
    std::vector<ValueTest> tests;
    std::optional<PatternExpression> expression;  // over tests; none: any field will do
  };

  // From the opening bracket to the closing one, with which the pattern ends.
  static PatternResult<DelimitedPattern> parse(PatternCursor& cursor);
  bool matches_everything() const { return entries.empty() && ellipsis.has_value(); }

  std::vector<Entry> entries;           // without `...`
  std::optional<std::size_t> ellipsis;  // the entry that it stands before
};

// One thread's. Borrows the pattern.
class DelimitedMatcher {
 public:
  explicit DelimitedMatcher(const DelimitedPattern& pattern) : pattern_(pattern) {}

  bool matches(std::string_view message);
  // "$name" and text, or "$3" for the third field when it has no name; empty without a match.
  std::vector<std::pair<std::string, std::string>> extracted_values(std::string_view message);

 private:
  bool split(std::string_view message);
  bool holds(const DelimitedPattern::Entry& entry, std::string_view field);
  // The entry of a field; nothing for one that `...` stands for.
  const DelimitedPattern::Entry* entry_of(std::size_t field) const;

  const DelimitedPattern& pattern_;
  std::vector<std::string_view> fields_;
  std::vector<std::uint8_t> holds_, stack_;
};

}  // namespace dn::query
