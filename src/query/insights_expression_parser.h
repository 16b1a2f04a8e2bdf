// ExpressionParser: the expressions of a query; insights_parser.h has the grammar.
//
// Holds one token ahead and the first error. Every parse function returns nothing once there is an
// error, and the caller does the same.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ascii.h"
#include "query/insights.h"
#include "query/insights_lexer.h"
#include "query/insights_syntax.h"

namespace dn::query::insights {

class ExpressionParser {
 protected:
  explicit ExpressionParser(std::string_view query)
      : query_(query),
        lexer_(query),
        token_(lexer_.next()) {}
  ~ExpressionParser() = default;

  std::optional<Expression> parse_expression();

  const Token& current() const { return token_; }
  void advance() { token_ = lexer_.next(); }
  bool is_symbol(std::string_view symbol) const {
    return token_.kind == TokenKind::Symbol && token_.source == symbol;
  }
  bool is_word(std::string_view word) const {
    return token_.kind == TokenKind::Word && token_.plain &&
           equal_ignoring_case(token_.parts[0], word);
  }
  bool take_symbol(std::string_view symbol);
  bool take_word(std::string_view word);
  // The current token is a "/": makes it the regular expression that begins there.
  void read_regex() { token_ = lexer_.regex(token_); }

  static Expression field_of(const Token& token);
  std::string_view source_of(Span where) const {
    return query_.substr(where.start, where.end - where.start);
  }

  // `part()` for each part of a list with commas, into `list`; false when one of them gave nothing.
  template <class Part, class Parse>
  bool parse_list(std::vector<Part>& list, Parse part) {
    do {
      auto one = part();
      if (!one) return false;
      list.push_back(std::move(*one));
    } while (take_symbol(","));
    return true;
  }

  // The current token cannot stand here; `hint` says what can.
  std::nullopt_t refuse(std::string hint);
  std::nullopt_t refuse_at(Span where, std::string message);
  QueryError take_error() { return std::move(*error_); }

 private:
  using Parsed = std::optional<Expression>;
  Parsed parse_chain(Operator op);
  Parsed parse_comparison();
  Parsed parse_like(Expression left);
  Parsed parse_in(Expression left);
  Parsed parse_operand();
  Parsed parse_sum();
  Parsed parse_product();
  Parsed parse_power();
  Parsed parse_sign();
  Parsed parse_primary();
  Parsed parse_call();
  Parsed parse_group();
  Parsed binary(Operator op, Expression left, Parsed right);
  Parsed unary(Operator op, std::size_t start, Parsed inner);
  Parsed literal(Operator op);
  Parsed checked(Expression expression);
  // One level deeper; false when that is too deep. leave() may be left out behind an error.
  bool enter();
  void leave() { --depth_; }

  std::string_view query_;
  Lexer lexer_;
  Token token_;
  std::optional<QueryError> error_;
  std::size_t depth_ = 0;  // of expressions, `not` and powers inside of each other
};

}  // namespace dn::query::insights
