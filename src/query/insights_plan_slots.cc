#include "query/insights_plan_slots.h"

#include <algorithm>

namespace dn::query::insights {
namespace {

// Collects in the order of the first reading.
class SlotReader {
 public:
  void slot(std::uint32_t slot) {
    if (slot != kNoSlot && seen_.insert(slot).second) slots_.push_back(slot);
  }
  void node(const Node& node) {
    if (node.op == Operator::Field) slot(node.slot);
    for (const Node& operand : node.operands) this->node(operand);
  }
  void step(const RowStep& step) {
    if (const auto* const assign = std::get_if<AssignStep>(&step)) node(assign->value);
    if (const auto* const filter = std::get_if<FilterStep>(&step)) node(filter->condition);
    if (const auto* const glob = std::get_if<GlobStep>(&step)) node(glob->source);
    if (const auto* const regex = std::get_if<RegexStep>(&step)) node(regex->source);
    if (const auto* const unnest = std::get_if<UnnestStep>(&step)) node(unnest->list);
  }
  void keys(const std::vector<SortKey>& keys) {
    for (const SortKey& key : keys) slot(key.slot);
  }
  void stats(const StatsStep& stats) {
    for (const Node& key : stats.keys) node(key);
    for (const Aggregate& aggregate : stats.aggregates) {
      if (aggregate.kind != AggregateKind::CountRows) node(aggregate.argument);
    }
  }
  void dedup(const DedupStep& dedup) {
    for (const std::uint32_t key : dedup.slots) slot(key);
  }
  // Up to the first stats, behind which slots are others.
  void behind(const Plan& plan) {
    for (const AfterStep& after : plan.after) {
      if (const auto* const row = std::get_if<RowStep>(&after)) step(*row);
      if (const auto* const sort = std::get_if<SortStep>(&after)) keys(sort->keys);
      if (const auto* const some = std::get_if<DedupStep>(&after)) dedup(*some);
      if (const auto* const some = std::get_if<StatsStep>(&after)) {
        stats(*some);
        return;
      }
    }
    for (const Column& column : plan.columns) slot(column.slot);
  }
  const std::set<std::uint32_t>& seen() const { return seen_; }
  std::vector<std::uint32_t>& slots() { return slots_; }

 private:
  std::set<std::uint32_t> seen_;
  std::vector<std::uint32_t> slots_;
};

}  // namespace

std::set<std::uint32_t> slots_before_turn(const Plan& plan) {
  SlotReader reader;
  for (const RowStep& step : plan.before) reader.step(step);
  reader.keys(plan.order);
  if (const auto* const stats = std::get_if<StatsStep>(&plan.turn)) {
    reader.stats(*stats);
    return reader.seen();
  }
  if (const auto* const dedup = std::get_if<DedupStep>(&plan.turn)) reader.dedup(*dedup);
  reader.behind(plan);
  return reader.seen();
}

std::size_t steps_without(const std::vector<RowStep>& steps, const std::set<std::uint32_t>& slots) {
  SlotReader reader;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    reader.step(steps[i]);
    const bool reads = std::ranges::any_of(
        reader.slots(), [&](std::uint32_t slot) { return slots.contains(slot); });
    if (reads || std::holds_alternative<UnnestStep>(steps[i])) return i;
  }
  return steps.size();
}

std::vector<std::uint32_t> slots_kept_at_turn(const Plan& plan) {
  SlotReader reader;
  if (std::holds_alternative<StatsStep>(plan.turn)) return {};
  reader.keys(plan.order);
  if (const auto* const dedup = std::get_if<DedupStep>(&plan.turn)) reader.dedup(*dedup);
  reader.behind(plan);
  return reader.slots();
}

}  // namespace dn::query::insights
