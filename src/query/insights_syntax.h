// The syntax tree of an Insights query, as insights_parser.h makes it: what was written, and where.
//
// Names are not resolved yet and functions are not looked up; insights_compile.h does both.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace dn::query::insights {

struct Span {
  std::size_t start = 0, end = 0;
};

enum class Operator : std::uint8_t {
  Text,    // text
  Number,  // text, as written
  Period,  // text, as written
  Field,   // parts
  Call,    // text: the name as written; operands
  Star,    // the * of count(*)
  Not,
  Negate,
  And,  // two or more operands
  Or,
  Equal,
  NotEqual,
  Less,
  LessOrEqual,
  Greater,
  GreaterOrEqual,
  Contains,  // like "text": the second operand
  Matches,   // like /regex/, =~: text is the regex
  In,        // the first operand in the others
  Add,
  Subtract,
  Multiply,
  Divide,
  Remainder,
  Power,
};

struct Expression {
  Operator op = Operator::Text;
  Span where;
  Span detail;  // Call: of the name; Matches: of the regular expression
  std::string text;
  std::vector<std::string> parts;
  std::vector<Expression> operands;
  std::size_t depth = 1;  // levels of operators
};

struct NamedExpression {
  Expression value;
  std::string name;  // the alias, a field's name, or the source text
  bool has_alias = false;
};

struct FieldsCommand {
  std::vector<NamedExpression> fields;
  bool display = false;
};
struct FilterCommand {
  Expression condition;
};
struct StatsCommand {
  std::vector<NamedExpression> items, keys;
};
struct SortCommand {
  struct Key {
    Expression value;
    bool descending = false;
  };
  std::vector<Key> keys;
};
struct LimitCommand {
  std::size_t rows = 0;
  bool any = false;
};
struct DedupCommand {
  std::vector<Expression> keys;
};
struct ParseCommand {
  std::optional<Expression> field;  // none: @message
  bool is_regex = false;
  std::string pattern;
  Span pattern_where;
  std::vector<std::string> names;  // of a glob's stars
};
struct UnnestCommand {
  Expression list;
  std::string name;
};

using Command = std::variant<FieldsCommand, FilterCommand, StatsCommand, SortCommand, LimitCommand,
                             DedupCommand, ParseCommand, UnnestCommand>;

// "a.b.c" of the parts.
std::string joined(const std::vector<std::string>& parts);

}  // namespace dn::query::insights
