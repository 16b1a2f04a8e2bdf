// parse_query: the text of an Insights query to its syntax tree.
//
//   query      := command { "|" command }
//   command    := ("fields" | "display") named {"," named}
//               | "filter" or
//               | "stats" named {"," named} [ "by" named {"," named} ]
//               | "sort" or ["asc" | "desc"] {"," …}
//               | "limit" ["any"] number
//               | "dedup" or {"," or}
//               | "parse" [field] ( string "as" name {"," name} | regex )
//               | "unnest" or "into" name
//   named      := or [ "as" name ]
//   or         := and { "or" and }
//   and        := comparison { "and" comparison }
//   comparison := operand [ ("=" | "!=" | "<" | "<=" | ">" | ">=") operand
//                         | ["not"] "like" (string | regex) | "=~" regex
//                         | ["not"] "in" "[" sum {"," sum} "]" ]
//   operand    := { "not" } sum
//   sum        := product { ("+" | "-") product }
//   product    := power { ("*" | "/" | "%") power }
//   power      := sign [ "^" power ]
//   sign       := { "-" } primary
//   primary    := number | string | period | field | name "(" [ "*" | or {"," or} ] ")" | "(" or
//   ")"
//
// Keywords, commands and functions are read without regard to case. `not` binds more tightly than
// comparisons, as the contract of the language has it. Recursion ends at kExpressionDepthMax.
// Whatever is not understood is an error at its place; nothing is passed over. Covered by
// tests/query/insights, errors.test above all, and insights_compile_test.cc.
#pragma once

#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "query/insights.h"
#include "query/insights_syntax.h"

namespace dn::query::insights {

tl::expected<std::vector<Command>, QueryError> parse_query(std::string_view query);

}  // namespace dn::query::insights
