// JsonProbe: what must stand in a message, as bytes, for a condition of a JSON pattern to hold.
//
// In a message without a backslash every string stands as it is between two quotes, and between
// two strings there is no quote. So where `"name"` is not found, no member has that name; where no
// `"name":` is followed by a value that satisfies the condition, the condition does not hold,
// wherever in the message the member would have to stand. A message with a backslash tells nothing.
//
// A probe may be wrong in one direction only: what it lets pass is scanned properly afterwards. On
// a message that is not JSON it may say anything, as that matches nothing.
// Covered by json_probe_test.cc and the property tests of filter_pattern_property_test.cc.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "query/byte_finder.h"
#include "query/json_condition.h"
#include "query/pattern_expression.h"

namespace dn::query {

class JsonProbe {
 public:
  // Nothing for NOT EXISTS, and where neither a name nor a text is certain.
  static std::optional<JsonProbe> make(const JsonCondition& condition);

  // False only when `condition`, which it was made for, cannot hold in this JSON message, which
  // has no backslash and is followed by kMessagePadding readable bytes.
  bool may_hold(std::string_view message, const JsonCondition& condition) const;

  // The most telling text, with its quotes: in every message without a backslash in which the
  // condition holds.
  const std::string& text() const { return text_; }
  // How telling it is: a value counts more than a name, a long one more than a short one.
  std::size_t weight() const { return weight_; }

 private:
  explicit JsonProbe(std::string bytes) : finder_(std::move(bytes)) {}
  ByteFinder finder_;
  bool checks_value_ = false;  // the text found is the name of the member itself
  std::string text_;
  std::size_t weight_ = 0;
};

// All that a pattern's probes tell about a message before it is read. Borrows the conditions.
class JsonQuickLook {
 public:
  JsonQuickLook(const PatternExpression& expression, std::span<const JsonCondition> conditions);

  // False only when the message does not match; same padding as above.
  bool may_match(std::string_view message) const;
  // For a LineScout: empty when every line is worth a look.
  std::vector<std::string> scout_texts() const;

 private:
  struct Part {
    JsonProbe probe;
    const JsonCondition* condition;
  };
  using Clause = std::vector<Part>;  // one of them must hold
  std::vector<Clause> clauses_;      // the most telling first
};

}  // namespace dn::query
