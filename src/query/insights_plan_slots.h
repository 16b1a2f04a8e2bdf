// Which slots of a row the parts of a plan read: what a run has to fill, and what it has to keep.
#pragma once

#include <cstdint>
#include <set>
#include <vector>

#include "query/insights_plan.h"

namespace dn::query::insights {

// Read anywhere, as long as the rows are those of before the turn.
std::set<std::uint32_t> slots_before_turn(const Plan& plan);

// How many steps at the front, none of them an unnest, read none of these slots.
std::size_t steps_without(const std::vector<RowStep>& steps, const std::set<std::uint32_t>& slots);

// Of a row that is kept at the turn: first those of the order, then those of dedup, then what the
// steps and columns behind it read. Each once. Empty for stats.
std::vector<std::uint32_t> slots_kept_at_turn(const Plan& plan);

}  // namespace dn::query::insights
