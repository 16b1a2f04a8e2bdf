#include "query/insights_groups.h"

#include <algorithm>
#include <numeric>

namespace dn::query::insights {

std::size_t Groups::find_group(std::string_view text, const RowKey& first) {
  const auto [group, added] = keys_.find_or_add(text);
  if (added) {
    first_.push_back(first);
    accumulators_.resize(accumulators_.size() + step_.aggregates.size());
  } else if (first < first_[group]) {
    first_[group] = first;
  }
  return group * step_.aggregates.size();
}

void Groups::add(Evaluation& row, const RowKey& key) {
  key_.clear();
  for (const Node& node : step_.keys) append_key(key_, evaluate(node, row));
  std::size_t at = find_group(key_, key);
  for (const Aggregate& aggregate : step_.aggregates) {
    Accumulator& accumulator = accumulators_[at++];
    if (aggregate.kind == AggregateKind::CountRows) {
      accumulator.add_row();
      continue;
    }
    heap_bytes_ += accumulator.add(aggregate.kind, evaluate(aggregate.argument, row), key, seed_);
  }
}

void Groups::merge(const Groups& other) {
  for (std::uint32_t group = 0; group < other.first_.size(); ++group) {
    std::size_t mine = find_group(other.keys_.text(group), other.first_[group]);
    std::size_t theirs = group * step_.aggregates.size();
    for (const Aggregate& aggregate : step_.aggregates) {
      heap_bytes_ +=
          accumulators_[mine++].merge(aggregate.kind, other.accumulators_[theirs++], seed_);
    }
  }
}

std::size_t Groups::bytes() const {
  const std::size_t each = 2 * sizeof(RowKey) + step_.aggregates.size() * sizeof(Accumulator) +
                           step_.width * sizeof(Value);
  return keys_.bytes() + heap_bytes_ + first_.size() * each;
}

void Groups::append_rows(RowTable& table, TextArena& arena, std::size_t most) const {
  std::vector<std::uint32_t> groups(first_.size());
  std::iota(groups.begin(), groups.end(), 0U);
  std::ranges::sort(groups, {}, [this](std::uint32_t group) { return first_[group]; });
  if (groups.size() > most) groups.resize(most);
  std::uint32_t place = 0;
  for (const std::uint32_t group : groups) {
    const std::span<Value> row = table.add({{}, place++});
    read_key(keys_.text(group), row.first(step_.keys.size()));
    std::size_t at = group * step_.aggregates.size();
    for (const Aggregate& aggregate : step_.aggregates) {
      row[aggregate.slot] = accumulators_[at++].result(aggregate, arena);
    }
  }
}

}  // namespace dn::query::insights
