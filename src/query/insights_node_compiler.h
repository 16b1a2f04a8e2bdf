// NodeCompiler: expressions of the syntax tree to nodes of a plan.
//
// Keeps the first error; what it returns afterwards is of no use. Recursion ends with the tree.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "query/insights.h"
#include "query/insights_limits.h"
#include "query/insights_plan.h"
#include "query/insights_scope.h"

namespace dn::query::insights {

class NodeCompiler {
 public:
  NodeCompiler(std::string_view query, Scope& scope, TextArena& texts)
      : query_(query),
        scope_(scope),
        texts_(texts) {}

  // Tried first at every level; what it gives is not looked into.
  using Meaning = std::function<std::optional<Node>(const Expression&)>;
  Node compile(const Expression& expression, const Meaning* meaning = nullptr);
  std::shared_ptr<const RE2> regex(const std::string& pattern, Span where);

  void fail_at(Span where, std::string message);
  const std::optional<QueryError>& error() const { return error_; }
  std::string source_of(Span where) const {
    return std::string(query_.substr(where.start, where.end - where.start));
  }

 private:
  Node constant(const Expression& expression);
  // How many of the operands are values.
  std::size_t begin_call(const Expression& call, Node& node);

  std::string_view query_;
  Scope& scope_;
  TextArena& texts_;
  std::optional<QueryError> error_;
  std::size_t regexes_ = 0, regex_steps_left_ = kRegexStepsMax;
};

}  // namespace dn::query::insights
