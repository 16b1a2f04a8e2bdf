#include "query/pattern_expression.h"

#include <algorithm>
#include <iterator>

namespace dn::query {
namespace {

using Clauses = std::vector<PatternExpression::Clause>;

Clauses both(Clauses left, Clauses right) {
  std::ranges::move(right, std::back_inserter(left));
  if (left.size() > kClausesMax) left.resize(kClausesMax);
  return left;
}

// (a ∧ b) ∨ (c ∧ d) is (a ∨ c) ∧ (a ∨ d) ∧ (b ∨ c) ∧ (b ∨ d). No clause: nothing is known.
Clauses either(const Clauses& left, const Clauses& right) {
  Clauses result;
  for (const auto& a : left) {
    for (const auto& b : right) {
      if (result.size() == kClausesMax || a.size() + b.size() > kClauseAtomsMax) continue;
      result.push_back(a);
      result.back().insert(result.back().end(), b.begin(), b.end());
    }
  }
  return result;
}

template <class T>
T take_last(std::vector<T>& stack) {
  T last = std::move(stack.back());
  stack.pop_back();
  return last;
}

}  // namespace

PatternResult<PatternExpression> PatternExpression::parse(PatternCursor& cursor,
                                                          const ReadAtom& read_atom) {
  PatternExpression expression;
  std::vector<std::uint16_t> waiting;  // operators whose right side is being read, and '('
  constexpr std::uint16_t kOpen = '(';
  std::size_t open = 0;
  const auto write_down_to = [&](auto stop) {
    while (!waiting.empty() && !stop(waiting.back())) {
      expression.steps_.push_back(take_last(waiting));
    }
  };
  for (;;) {
    for (cursor.skip_blanks(); cursor.take("("); cursor.skip_blanks(), ++open) {
      waiting.push_back(kOpen);
    }
    const auto atom = read_atom(cursor);
    if (!atom) return tl::unexpected(atom.error());
    expression.steps_.push_back(*atom);
    for (cursor.skip_blanks(); open > 0 && cursor.take(")"); cursor.skip_blanks(), --open) {
      write_down_to([](std::uint16_t step) { return step == kOpen; });
      waiting.pop_back();
    }
    if (cursor.take("&&")) {
      write_down_to([](std::uint16_t step) { return step != kAnd; });
      waiting.push_back(kAnd);
    } else if (cursor.take("||")) {
      write_down_to([](std::uint16_t step) { return step == kOpen; });
      waiting.push_back(kOr);
    } else {
      break;
    }
  }
  if (open > 0) return cursor.invalid_here("a closing parenthesis is missing");
  write_down_to([](std::uint16_t) { return false; });
  return expression;
}

bool PatternExpression::evaluate(std::span<const std::uint8_t> holds,
                                 std::vector<std::uint8_t>& stack) const {
  stack.clear();
  for (const std::uint16_t step : steps_) {
    if (step != kAnd && step != kOr) {
      stack.push_back(holds[step]);
      continue;
    }
    const std::uint8_t right = take_last(stack);
    std::uint8_t& left = stack.back();
    left = step == kAnd ? left & right : left | right;
  }
  return stack.back() != 0;
}

Clauses PatternExpression::clauses(const std::function<bool(std::uint16_t)>& usable) const {
  std::vector<Clauses> stack;
  for (const std::uint16_t step : steps_) {
    if (step != kAnd && step != kOr) {
      stack.push_back(usable(step) ? Clauses{Clause{step}} : Clauses{});
      continue;
    }
    Clauses right = take_last(stack);
    Clauses left = take_last(stack);
    stack.push_back(step == kAnd ? both(std::move(left), std::move(right)) : either(left, right));
  }
  return stack.back();
}

}  // namespace dn::query
