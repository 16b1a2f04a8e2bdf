#include "query/insights_expression.h"

#include <array>
#include <cmath>

#include "query/find_text.h"
#include "query/insights_structure.h"

namespace dn::query::insights {
namespace {

Value arithmetic(const Node& node, Evaluation& given) {
  const Value a = evaluate(node.operands[0], given), b = evaluate(node.operands[1], given);
  const auto left = number_of(a), right = number_of(b);
  if (!left || !right) return {};
  switch (node.op) {
    case Operator::Add: return Value::of_number(*left + *right);
    case Operator::Subtract: return Value::of_number(*left - *right);
    case Operator::Multiply: return Value::of_number(*left * *right);
    case Operator::Divide: return Value::of_number(*left / *right);  // by zero: not finite
    case Operator::Remainder: return Value::of_number(std::fmod(*left, *right));
    default: return Value::of_number(std::pow(*left, *right));
  }
}

Value call(const Node& node, Evaluation& given) {
  constexpr std::size_t kUsual = 6;
  const std::size_t count = node.operands.size();
  if (count <= kUsual) {
    std::array<Value, kUsual> arguments;
    for (std::size_t i = 0; i < count; ++i) arguments[i] = evaluate(node.operands[i], given);
    return node.code(given, node, std::span(arguments).first(count));
  }
  std::vector<Value> arguments;
  arguments.reserve(count);
  for (const Node& operand : node.operands) arguments.push_back(evaluate(operand, given));
  return node.code(given, node, arguments);
}

bool compares(const Node& node, Evaluation& given) {
  const Value a = evaluate(node.operands[0], given), b = evaluate(node.operands[1], given);
  switch (node.op) {
    case Operator::Equal: return are_equal(a, b);
    case Operator::NotEqual: return !are_equal(a, b);
    case Operator::Less: return is_less(a, b);
    case Operator::Greater: return is_less(b, a);
    case Operator::LessOrEqual: return is_less(a, b) || are_equal(a, b);
    default: return is_less(b, a) || are_equal(a, b);
  }
}

bool contains_or_matches(const Node& node, Evaluation& given) {
  const Value value = evaluate(node.operands[0], given);
  if (value.is_absent()) return false;
  ShortText room;
  const std::string_view text = shown(value, room);
  if (node.op == Operator::Contains) {
    return find_text(text, node.constant.text) != std::string_view::npos;
  }
  return node.regex->Match(text, 0, text.size(), RE2::UNANCHORED, nullptr, 0);
}

bool is_in(const Node& node, Evaluation& given) {
  const Value value = evaluate(node.operands[0], given);
  for (std::size_t i = 1; i < node.operands.size(); ++i) {
    if (are_equal(value, evaluate(node.operands[i], given))) return true;
  }
  return false;
}

}  // namespace

Node field_node(std::uint32_t slot) {
  Node node;
  node.op = Operator::Field;
  node.slot = slot;
  return node;
}

bool holds(const Node& node, Evaluation& given) {
  switch (node.op) {
    case Operator::And:
      for (const Node& operand : node.operands) {
        if (!holds(operand, given)) return false;
      }
      return true;
    case Operator::Or:
      for (const Node& operand : node.operands) {
        if (holds(operand, given)) return true;
      }
      return false;
    case Operator::Not: return !holds(node.operands[0], given);
    case Operator::Equal:
    case Operator::NotEqual:
    case Operator::Less:
    case Operator::LessOrEqual:
    case Operator::Greater:
    case Operator::GreaterOrEqual: return compares(node, given);
    case Operator::Contains:
    case Operator::Matches: return contains_or_matches(node, given);
    case Operator::In: return is_in(node, given);
    default: return is_true(evaluate(node, given));
  }
}

Value evaluate(const Node& node, Evaluation& given) {
  switch (node.op) {
    case Operator::Text:
    case Operator::Number: return node.constant;
    case Operator::Field: {
      if (node.slot == kNoSlot) return {};
      const Value& value = given.row[node.slot];
      return node.path.empty() ? value : member_of(given.json, value, node.path, given.arena);
    }
    case Operator::Negate: {
      const auto number = number_of(evaluate(node.operands[0], given));
      return number ? Value::of_number(-*number) : Value{};
    }
    case Operator::Add:
    case Operator::Subtract:
    case Operator::Multiply:
    case Operator::Divide:
    case Operator::Remainder:
    case Operator::Power: return arithmetic(node, given);
    case Operator::Call: return call(node, given);
    default: return Value::of_bool(holds(node, given));
  }
}

}  // namespace dn::query::insights
