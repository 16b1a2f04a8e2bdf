// What a plan does with one row on its own: assignments, filters, parse and unnest.
//
// Covered by tests/query/insights/commands.test.
#pragma once

#include <span>

#include "query/insights_plan.h"
#include "query/insights_structure.h"

namespace dn::query::insights {

// Carries out any step but unnest; false: the row is dropped. `given.row` is `row`.
bool run_row_step(const RowStep& step, std::span<Value> row, Evaluation& given);

// `emit()` for each row that comes out, while it says true; false when it stopped that. The row
// is the same array each time.
template <class Emit>
bool run_row_steps(std::span<const RowStep> steps, std::span<Value> row, Evaluation& given,
                   Emit& emit) {
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const auto* const unnest = std::get_if<UnnestStep>(&steps[i]);
    if (unnest == nullptr) {
      if (!run_row_step(steps[i], row, given)) return true;
      continue;
    }
    bool go_on = true;
    for_each_item(given.json, evaluate(unnest->list, given), given.arena, [&](const Value& item) {
      row[unnest->slot] = item;
      return go_on = run_row_steps(steps.subspan(i + 1), row, given, emit);
    });
    return go_on;
  }
  return emit();
}

}  // namespace dn::query::insights
