// What a plan does behind its turn, with all rows at hand.
//
// Covered by tests/query/insights/stats.test and insights_property_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>

#include "query/insights_plan.h"
#include "query/insights_row_table.h"

namespace dn::query::insights {

struct AfterSettings {
  TextArena& arena;  // texts of the result; its budget is the one for texts
  JsonIndex& json;
  std::int64_t now = 0;
  std::uint64_t seed = 0;
  std::size_t bytes_max = 0;  // of the rows themselves
};

// False when a budget is spent.
bool run_after_steps(const Plan& plan, RowTable& rows, const AfterSettings& settings);

}  // namespace dn::query::insights
