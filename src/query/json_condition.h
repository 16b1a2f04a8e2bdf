// JsonCondition: one condition of a JSON pattern, and what it says about each kind of value.
//
// | value           | = != < <= > >=      | IS NULL | IS TRUE, IS FALSE | NOT EXISTS |
// |-----------------|---------------------|---------|-------------------|------------|
// | absent          | false, `!=` too     | false   | false             | true       |
// | null            | false               | true    | false             | false      |
// | true, false     | false               | false   | by value          | false      |
// | object, array   | false, `!=` too     | false   | false             | false      |
// | string, number  | see pattern_value.h | false   | false             | false      |
//
// NOT EXISTS is kept turned round, as "exists", so that every condition is false until a value
// makes it true. Covered by json_pattern_test.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "query/json_scan.h"
#include "query/json_selector.h"
#include "query/pattern_value.h"

namespace dn::query {

struct JsonCondition {
  enum class Kind : std::uint8_t { Compare, IsNull, IsTrue, IsFalse, NotExists };

  // Reads a selector and what is asked of it.
  static PatternResult<JsonCondition> parse(PatternCursor& cursor, RegexQuota& quota);

  bool holds_for_text(std::string_view text) const {
    return kind == Kind::NotExists || (kind == Kind::Compare && value->holds_for_text(text));
  }
  bool holds_for_number(std::string_view source) const {
    return kind == Kind::NotExists || (kind == Kind::Compare && value->holds_for_number(source));
  }
  bool holds_for_word(JsonWord word) const {
    switch (kind) {
      case Kind::IsNull: return word == JsonWord::Null;
      case Kind::IsTrue: return word == JsonWord::True;
      case Kind::IsFalse: return word == JsonWord::False;
      case Kind::NotExists: return true;
      case Kind::Compare: break;
    }
    return false;
  }
  bool holds_for_container() const { return kind == Kind::NotExists; }

  JsonSelector selector;
  Kind kind = Kind::Compare;
  std::optional<ValueTest> value;  // Compare
};

}  // namespace dn::query
