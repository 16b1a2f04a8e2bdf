// Compiled expressions of Insights, and their value for one row.
//
// Nodes are made once by insights_compile.h and shared by threads; evaluating one allocates nothing
// but text in the arena. Recursion ends with the tree, whose depth the parser bounds. Conditions on
// what is absent: = < and like are false; != and whatever is negated are true. Arithmetic on what
// does not count as a number, and by zero, is absent. Covered by
// tests/query/insights/filter.test and insights_property_test.cc.
#pragma once

#include <re2/re2.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "query/insights_arena.h"
#include "query/insights_fields.h"
#include "query/insights_period.h"
#include "query/insights_syntax.h"
#include "query/insights_value.h"

namespace dn::query::insights {

class JsonIndex;
struct Node;

// What an expression sees. The values live as long as the row and until the arena is cleared.
struct Evaluation {
  std::span<const Value> row;
  TextArena& arena;
  JsonIndex& json;       // for lists and maps; not the reader of the row's own fields
  std::int64_t now = 0;  // milliseconds since 1970
};

using FunctionCode = Value (*)(Evaluation&, const Node& call, std::span<const Value> arguments);

struct Node {
  Operator op = Operator::Text;
  std::uint32_t slot = kNoSlot;      // Field; kNoSlot: always absent
  std::vector<std::string> path;     // Field: steps into a list or map
  Value constant;                    // Text, Number; the text belongs to the plan
  FunctionCode code = nullptr;       // Call
  Period period;                     // Call, of the functions that take one
  std::shared_ptr<const RE2> regex;  // Matches
  std::vector<Node> operands;
};

// The Field of one slot.
Node field_node(std::uint32_t slot);

Value evaluate(const Node& node, Evaluation& given);
// As a condition: is_true() of the value, without making one where that is easy.
bool holds(const Node& node, Evaluation& given);

// A part of what `whole` shows: borrowed where the value holds its text itself, else (a computed
// number, a time) kept in the arena.
inline Value part_of(const Value& whole, std::string_view text, Evaluation& given) {
  return Value::of_text(whole.text.empty() ? given.arena.copy(text) : text);
}

}  // namespace dn::query::insights
