#include "query/insights.h"

#include <utility>

#include "query/insights_compile.h"
#include "query/insights_query_plan.h"

namespace dn::query {

tl::expected<InsightsQuery, QueryError> InsightsQuery::compile(std::string_view text,
                                                               std::size_t limit) {
  auto plan = std::make_shared<Plan>();
  auto compiled = insights::compile_query(text, limit, *plan);
  if (!compiled) return tl::unexpected(std::move(compiled.error()));
  return InsightsQuery(std::move(plan));
}

const records::RequiredValues& InsightsQuery::required_values() const {
  return plan_->required;
}

}  // namespace dn::query
