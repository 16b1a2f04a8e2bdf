// The scalar functions of Insights: one table of names, arguments and code.
//
// What the functions do is docs/insights.md; the table of that page names each of them, and
// insights_doc_test.cc compares the two. A function whose main argument is absent is absent, unless
// its purpose is to ask. Texts are counted in code points; case is that of ASCII. Covered by
// tests/query/insights/functions.test and insights_compile_test.cc.
#pragma once

#include <span>
#include <string_view>

#include "query/insights_expression.h"

namespace dn::query::insights {

struct Function {
  std::string_view name;
  std::size_t least = 0, most = 0;  // arguments, without the period
  bool takes_period = false;        // as the last argument
  FunctionCode code = nullptr;
};

inline constexpr std::size_t kAnyNumber = 1UL << 20U;

std::span<const Function> all_functions();
// Without regard to case.
const Function* find_function(std::string_view name);

// The part of all_functions() that is a file of its own, insights_text_functions.cc.
std::span<const Function> text_functions();

}  // namespace dn::query::insights
