// PatternExpression: conditions joined by &&, || and parentheses.
//
//   expr := conj { "||" conj }     conj := atom { "&&" atom }     atom := "(" expr ")" | condition
//
// Kept in postfix order, read with a stack of operators instead of recursion, so that a pattern of
// nothing but parentheses costs as much as any other of its length.
// Covered by pattern_expression_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "query/pattern_cursor.h"

namespace dn::query {

// Clauses kept of one expression, and conditions in one of them; the others are dropped, which
// only makes what is left weaker.
inline constexpr std::size_t kClausesMax = 16;
inline constexpr std::size_t kClauseAtomsMax = 16;

class PatternExpression {
 public:
  // Reads one condition and returns its number.
  using ReadAtom = std::function<PatternResult<std::uint16_t>(PatternCursor&)>;
  static PatternResult<PatternExpression> parse(PatternCursor& cursor, const ReadAtom& read_atom);

  // `holds[i]` tells whether condition i holds. `stack` is scratch.
  bool evaluate(std::span<const std::uint8_t> holds, std::vector<std::uint8_t>& stack) const;

  // Necessary conditions: in each clause at least one condition holds whenever the expression
  // does. Only conditions that are `usable` are named.
  using Clause = std::vector<std::uint16_t>;
  std::vector<Clause> clauses(const std::function<bool(std::uint16_t)>& usable) const;

 private:
  static constexpr std::uint16_t kAnd = 0xffff;
  static constexpr std::uint16_t kOr = 0xfffe;
  std::vector<std::uint16_t> steps_;
};

}  // namespace dn::query
