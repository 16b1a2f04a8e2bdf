// compile_query: an Insights query to a plan.
//
// Resolves names, looks up functions, compiles regular expressions and cuts the commands into the
// parts of a plan. Everything that a query can be wrong about is found here or in the parser, so
// that running a plan cannot fail but by its limits. Covered by insights_compile_test.cc.
#pragma once

#include <memory>
#include <string_view>
#include <tl/expected.hpp>

#include "query/insights.h"
#include "query/insights_plan.h"

namespace dn::query::insights {

// Fills an empty plan. `limit` as in InsightsQuery::compile.
tl::expected<void, QueryError> compile_query(std::string_view query, std::size_t limit, Plan& plan);

}  // namespace dn::query::insights
