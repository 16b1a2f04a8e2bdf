// JSON patterns: `{ $.outcome = "disallowed" && $.dpt != 443 }`.
//
// A message matches when it is exactly one JSON object or array (RFC 8259, UTF-8, at most
// kJsonNestingMax deep) for which the expression holds. Any other message matches no JSON pattern,
// not even NOT EXISTS. The order of work keeps that cheap: a quick look at the bytes refuses most
// messages; the rest is scanned once and strictly; UTF-8 is checked where everything else matched.
// Covered by json_pattern_test.cc, filter_pattern_test.cc and the property tests.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "query/json_probe.h"
#include "query/pattern_expression.h"
#include "query/selector_walk.h"

namespace dn::query {

// Immutable; does not move once a matcher or a quick look borrows from it.
struct JsonPattern {
  // From the opening brace to the closing one, with which the pattern ends.
  static PatternResult<JsonPattern> parse(PatternCursor& cursor);
  records::RequiredValues required_values() const;

  std::vector<JsonCondition> conditions;
  PatternExpression expression;
  SelectorTree tree;
};

// One thread's. Borrows the pattern.
class JsonMatcher {
 public:
  explicit JsonMatcher(const JsonPattern& pattern);

  // `message` is followed by kMessagePadding readable bytes.
  bool matches(std::string_view message);
  std::vector<std::string> scout_texts() const { return quick_look_.scout_texts(); }

 private:
  const JsonPattern& pattern_;
  JsonQuickLook quick_look_;
  SelectorWalk walk_;
  std::vector<std::uint8_t> stack_;
};

}  // namespace dn::query
