#include "query/insights_expression_parser.h"

#include <algorithm>
#include <array>
#include <utility>

#include "query/insights_limits.h"

namespace dn::query::insights {
namespace {

struct Comparison {
  std::string_view symbol;
  Operator op;
};
constexpr std::array kComparisons = {
    Comparison{"=", Operator::Equal},   Comparison{"!=", Operator::NotEqual},
    Comparison{"<", Operator::Less},    Comparison{"<=", Operator::LessOrEqual},
    Comparison{">", Operator::Greater}, Comparison{">=", Operator::GreaterOrEqual},
};

// Words that stand between expressions; as a field's name they need backticks.
constexpr std::array<std::string_view, 8> kReserved = {"and", "or", "not", "like",
                                                       "in",  "as", "by",  "into"};

constexpr std::string_view kTooDeep = "the expression is nested too deeply";

}  // namespace

bool ExpressionParser::take_symbol(std::string_view symbol) {
  if (!is_symbol(symbol)) return false;
  advance();
  return true;
}

bool ExpressionParser::take_word(std::string_view word) {
  if (!is_word(word)) return false;
  advance();
  return true;
}

std::nullopt_t ExpressionParser::refuse(std::string hint) {
  const Span where{token_.start, token_.end};
  if (token_.kind == TokenKind::Wrong) return refuse_at(where, token_.text);
  if (token_.kind == TokenKind::End) {
    return refuse_at(where, "unexpected end of the query: " + std::move(hint));
  }
  return refuse_at(where, "unexpected symbol found " + std::string(token_.source) + ": " + hint);
}

std::nullopt_t ExpressionParser::refuse_at(Span where, std::string message) {
  if (!error_) error_ = QueryError{std::move(message), where.start, where.end};
  return std::nullopt;
}

bool ExpressionParser::enter() {
  if (++depth_ <= kExpressionDepthMax) return true;
  refuse_at({token_.start, token_.end}, std::string(kTooDeep));
  return false;
}

Expression ExpressionParser::field_of(const Token& token) {
  Expression field;
  field.op = Operator::Field;
  field.where = {token.start, token.end};
  field.parts = token.parts;
  return field;
}

ExpressionParser::Parsed ExpressionParser::checked(Expression expression) {
  for (const Expression& operand : expression.operands) {
    expression.depth = std::max(expression.depth, operand.depth + 1);
  }
  if (expression.depth <= kExpressionDepthMax) return expression;
  return refuse_at(expression.where, std::string(kTooDeep));
}

ExpressionParser::Parsed ExpressionParser::binary(Operator op, Expression left, Parsed right) {
  if (!right) return std::nullopt;
  Expression result;
  result.op = op;
  result.where = {left.where.start, right->where.end};
  result.operands.push_back(std::move(left));
  result.operands.push_back(std::move(*right));
  return checked(std::move(result));
}

ExpressionParser::Parsed ExpressionParser::unary(Operator op, std::size_t start, Parsed inner) {
  if (!inner) return std::nullopt;
  Expression result;
  result.op = op;
  result.where = {start, inner->where.end};
  result.operands.push_back(std::move(*inner));
  return checked(std::move(result));
}

ExpressionParser::Parsed ExpressionParser::parse_expression() {
  if (!enter()) return std::nullopt;
  Parsed result = parse_chain(Operator::Or);
  leave();
  return result;
}

// `and` and `or` take any number of operands, so that long chains are not deep.
ExpressionParser::Parsed ExpressionParser::parse_chain(Operator op) {
  const auto part = [&] {
    return op == Operator::Or ? parse_chain(Operator::And) : parse_comparison();
  };
  Parsed first = part();
  const std::string_view word = op == Operator::Or ? "or" : "and";
  if (!first || !is_word(word)) return first;
  Expression chain;
  chain.op = op;
  chain.where = first->where;
  chain.operands.push_back(std::move(*first));
  while (take_word(word)) {
    Parsed following = part();
    if (!following) return std::nullopt;
    chain.where.end = following->where.end;
    chain.operands.push_back(std::move(*following));
  }
  return checked(std::move(chain));
}

ExpressionParser::Parsed ExpressionParser::parse_comparison() {
  Parsed left = parse_operand();
  if (!left) return std::nullopt;
  for (const auto& [symbol, op] : kComparisons) {
    if (take_symbol(symbol)) return binary(op, std::move(*left), parse_operand());
  }
  if (is_symbol("=~")) {
    advance();
    if (!is_symbol("/")) {
      return refuse("a regular expression /…/ must follow =~");
    }
    return parse_like(std::move(*left));
  }
  if (take_word("like")) return parse_like(std::move(*left));
  if (take_word("in")) return parse_in(std::move(*left));
  if (take_word("not")) {
    const std::size_t start = left->where.start;
    if (take_word("like")) return unary(Operator::Not, start, parse_like(std::move(*left)));
    if (take_word("in")) return unary(Operator::Not, start, parse_in(std::move(*left)));
    return refuse("like or in must follow not");
  }
  return left;
}

ExpressionParser::Parsed ExpressionParser::parse_like(Expression left) {
  Expression result;
  result.op = is_symbol("/") ? Operator::Matches : Operator::Contains;
  if (result.op == Operator::Matches) read_regex();
  if (token_.kind != TokenKind::String) {
    return refuse("a text or a regular expression /…/ must follow like");
  }
  result.text = token_.text;
  result.detail = {token_.start, token_.end};
  result.where = {left.where.start, token_.end};
  advance();
  result.operands.push_back(std::move(left));
  return checked(std::move(result));
}

ExpressionParser::Parsed ExpressionParser::parse_in(Expression left) {
  Expression result;
  result.op = Operator::In;
  result.where.start = left.where.start;
  result.operands.push_back(std::move(left));
  if (!take_symbol("[")) {
    return refuse("a list [a, b] must follow in");
  }
  if (!parse_list(result.operands, [this] { return parse_sum(); })) return std::nullopt;
  result.where.end = token_.end;
  if (!take_symbol("]")) {
    return refuse("a list ends with ]");
  }
  return checked(std::move(result));
}

ExpressionParser::Parsed ExpressionParser::parse_operand() {
  if (!is_word("not")) return parse_sum();
  const std::size_t start = token_.start;
  if (!enter()) return std::nullopt;
  advance();
  Parsed result = unary(Operator::Not, start, parse_operand());
  leave();
  return result;
}

ExpressionParser::Parsed ExpressionParser::parse_sum() {
  Parsed left = parse_product();
  while (left && (is_symbol("+") || is_symbol("-"))) {
    const Operator op = is_symbol("+") ? Operator::Add : Operator::Subtract;
    advance();
    left = binary(op, std::move(*left), parse_product());
  }
  return left;
}

ExpressionParser::Parsed ExpressionParser::parse_product() {
  Parsed left = parse_power();
  while (left && (is_symbol("*") || is_symbol("/") || is_symbol("%"))) {
    const Operator op = is_symbol("*")   ? Operator::Multiply
                        : is_symbol("/") ? Operator::Divide
                                         : Operator::Remainder;
    advance();
    left = binary(op, std::move(*left), parse_power());
  }
  return left;
}

ExpressionParser::Parsed ExpressionParser::parse_power() {
  if (!enter()) return std::nullopt;
  Parsed left = parse_sign();
  if (left && take_symbol("^")) left = binary(Operator::Power, std::move(*left), parse_power());
  leave();
  return left;
}

// -2 ^ 2 is -(2 ^ 2), but -2 alone is a number.
ExpressionParser::Parsed ExpressionParser::parse_sign() {
  if (!is_symbol("-")) return parse_primary();
  const std::size_t start = token_.start;
  advance();
  Parsed inner = parse_power();
  if (inner && inner->op == Operator::Number && !inner->text.starts_with('-')) {
    inner->text.insert(0, 1, '-');
    inner->where.start = start;
    return inner;
  }
  return unary(Operator::Negate, start, std::move(inner));
}

ExpressionParser::Parsed ExpressionParser::literal(Operator op) {
  Expression result;
  result.op = op;
  result.where = {token_.start, token_.end};
  result.text = op == Operator::Text ? token_.text : std::string(token_.source);
  advance();
  return result;
}

ExpressionParser::Parsed ExpressionParser::parse_primary() {
  if (token_.kind == TokenKind::String) return literal(Operator::Text);
  if (token_.kind == TokenKind::Number) return literal(Operator::Number);
  if (token_.kind == TokenKind::Period) return literal(Operator::Period);
  if (is_symbol("(")) return parse_group();
  const bool reserved =
      std::ranges::any_of(kReserved, [this](std::string_view word) { return is_word(word); });
  if (token_.kind != TokenKind::Word || reserved) {
    return refuse("a field, a value or a function must stand here");
  }
  return parse_call();
}

ExpressionParser::Parsed ExpressionParser::parse_group() {
  const std::size_t start = token_.start;
  advance();
  Parsed inner = parse_expression();
  if (!inner) return std::nullopt;
  inner->where = {start, token_.end};
  if (!take_symbol(")")) {
    return refuse("a parenthesis is not closed");
  }
  return inner;
}

// A field, or the name of a function when a parenthesis follows.
ExpressionParser::Parsed ExpressionParser::parse_call() {
  Expression result = field_of(token_);
  const bool plain = token_.plain;
  advance();
  if (!plain || !is_symbol("(")) return result;
  result.op = Operator::Call;
  result.detail = result.where;
  result.text = std::move(result.parts[0]);
  result.parts.clear();
  advance();
  if (is_symbol("*")) {
    Expression star;
    star.op = Operator::Star;
    star.where = {token_.start, token_.end};
    advance();
    result.operands.push_back(std::move(star));
  } else if (!is_symbol(")") &&
             !parse_list(result.operands, [this] { return parse_expression(); })) {
    return std::nullopt;
  }
  result.where.end = token_.end;
  if (!take_symbol(")")) {
    return refuse("the arguments of a function end with )");
  }
  return checked(std::move(result));
}

}  // namespace dn::query::insights
