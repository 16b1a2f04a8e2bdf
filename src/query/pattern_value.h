// ValueTest: the right side of a comparison in a JSON or space-delimited pattern.
//
//   value    := quoted | regex | number | bareword
//   number   := [+-] digits [ "." digits ] [ (e|E) [+-] digits ]
//   bareword := [A-Za-z0-9_.*+-]+
//
// A number that is not quoted compares by value with numbers and as text with texts; everything
// else compares as text, also with the text of a number. `*` in a quoted or bare word stands for
// any text, anywhere. `<` and its like need a number that is not quoted.
// Covered by json_pattern_test.cc and delimited_pattern_test.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "query/pattern_regex.h"

namespace dn::query {

enum class Comparison : std::uint8_t { Equal, NotEqual, Less, LessEqual, Greater, GreaterEqual };

// What one pattern has left of its quotas.
struct RegexQuota {
  std::size_t count = kRegexesMax;
  std::size_t steps = kRegexStepsMax;
};

// Immutable.
class ValueTest {
 public:
  // Reads an operator and a value. `left_side` is the text of what they belong to, for errors.
  static PatternResult<ValueTest> parse(PatternCursor& cursor, RegexQuota& quota,
                                        std::string_view left_side);

  // For a string and for a number of a JSON message, which keeps its text.
  bool holds_for_text(std::string_view text) const;
  bool holds_for_number(std::string_view source) const;
  // For a field of a line of text, which is a number when it looks like one.
  bool holds_for_field(std::string_view text) const;

  // The one text that a JSON string must be; nothing when other values may satisfy the test too.
  const std::string* required_text() const;

 private:
  enum class Kind : std::uint8_t { Number, Text, Glob, Regex };

  PatternResult<void> read_value(PatternCursor& cursor, RegexQuota& quota,
                                 std::string_view left_side);
  PatternResult<void> read_regex(PatternCursor& cursor, RegexQuota& quota);
  void take_text(std::string text);
  bool equals_text(std::string_view text) const;
  bool glob_matches(std::string_view text) const;
  bool compare_number(std::string_view source) const;
  bool decide(std::strong_ordering order) const;

  Comparison comparison_ = Comparison::Equal;
  Kind kind_ = Kind::Text;
  std::string text_;                   // Number, Text: as it compares with texts
  std::optional<std::int64_t> whole_;  // Number: when it is a short integer
  std::vector<std::string> pieces_;    // Glob: what stands between the stars, at least two
  std::optional<PatternRegex> regex_;  // Regex
};

}  // namespace dn::query
