#include "query/insights_node_compiler.h"

#include <fmt/format.h>

#include <utility>

#include "query/insights_aggregate.h"
#include "query/insights_functions.h"
#include "query/insights_limits.h"
#include "query/insights_regex.h"

namespace dn::query::insights {
namespace {

std::string arity(const Function& function) {
  const std::size_t period = function.takes_period ? 1 : 0;
  const std::size_t least = function.least + period, most = function.most + period;
  const auto plural = [](std::size_t count) { return count == 1 ? "argument" : "arguments"; };
  if (most >= kAnyNumber) return fmt::format("at least {} {}", least, plural(least));
  if (least == most) return fmt::format("{} {}", least, plural(least));
  return fmt::format("{} to {} arguments", least, most);
}

}  // namespace

void NodeCompiler::fail_at(Span where, std::string message) {
  if (!error_) error_ = QueryError{std::move(message), where.start, where.end};
}

std::shared_ptr<const RE2> NodeCompiler::regex(const std::string& pattern, Span where) {
  if (++regexes_ > kRegexesMax) {
    fail_at(where, fmt::format("a query has at most {} regular expressions", kRegexesMax));
    return nullptr;
  }
  auto compiled = compile_regex(pattern, regex_steps_left_);
  if (compiled) return *compiled;
  fail_at(where, "the regular expression is wrong: " + compiled.error());
  return nullptr;
}

Node NodeCompiler::constant(const Expression& expression) {
  Node node;
  node.op = expression.op;
  const std::string_view text = texts_.copy(expression.text);
  const bool number = expression.op == Operator::Number;
  node.constant = with_number(number ? Value::of_number_text(text) : Value::of_text(text));
  return node;
}

// The period is the last operand and no value; bin rounds @timestamp without being told.
std::size_t NodeCompiler::begin_call(const Expression& call, Node& node) {
  if (find_aggregate(call.text)) {
    fail_at(call.detail,
            fmt::format("unexpected symbol found {}: an aggregate function stands only "
                        "in stats, and not inside of another",
                        call.text));
    return 0;
  }
  const Function* const function = find_function(call.text);
  if (function == nullptr) {
    fail_at(call.detail,
            fmt::format("unexpected symbol found {}: there is no such function", call.text));
    return 0;
  }
  std::size_t count = call.operands.size();
  if (function->takes_period && count > 0) {
    const Expression& last = call.operands[--count];
    const auto period = last.op == Operator::Period ? parse_period(last.text) : std::nullopt;
    if (!period) {
      fail_at(last.where, fmt::format("{} takes a period such as 5m or 1h", function->name));
      return 0;
    }
    node.period = *period;
  } else if (function->takes_period) {
    count = kAnyNumber + 1;
  }
  if (count < function->least || count > function->most) {
    fail_at(call.where, fmt::format("{} takes {}", function->name, arity(*function)));
    return 0;
  }
  node.op = Operator::Call;
  node.code = function->code;
  if (function->takes_period && function->most == 0) node.operands.push_back(scope_.timestamp());
  return count;
}

Node NodeCompiler::compile(const Expression& expression, const Meaning* meaning) {
  if (meaning != nullptr) {
    if (auto node = (*meaning)(expression)) return std::move(*node);
  }
  Node node;
  std::size_t count = expression.operands.size();
  // Behind a stats, an expression that it showed is a column.
  if (scope_.behind_stats() && (count > 0 || expression.op == Operator::Call)) {
    node.slot = scope_.find_made(source_of(expression.where));
    node.op = Operator::Field;
    if (node.slot != kNoSlot) return node;
  }
  node.op = expression.op;
  switch (expression.op) {
    case Operator::Text:
    case Operator::Number: return constant(expression);
    case Operator::Field: return scope_.resolve(expression.parts);
    case Operator::Period:
      fail_at(expression.where, fmt::format("unexpected symbol found {}: a period stands only as "
                                            "the last argument of bin, datefloor and dateceil",
                                            expression.text));
      return node;
    case Operator::Star:
      fail_at(expression.where, "unexpected symbol found *: only count takes it");
      return node;
    case Operator::Matches: node.regex = regex(expression.text, expression.detail); break;
    case Operator::Contains: node.constant = Value::of_text(texts_.copy(expression.text)); break;
    case Operator::Call: count = begin_call(expression, node); break;
    default: break;
  }
  for (std::size_t i = 0; i < count; ++i) {
    node.operands.push_back(compile(expression.operands[i], meaning));
  }
  return node;
}

}  // namespace dn::query::insights
