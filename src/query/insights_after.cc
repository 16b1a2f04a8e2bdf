#include "query/insights_after.h"

#include <algorithm>
#include <string>

#include "query/insights_groups.h"
#include "query/insights_row_steps.h"

namespace dn::query::insights {
namespace {

class AfterSteps {
 public:
  AfterSteps(RowTable& rows, const AfterSettings& settings) : rows_(rows), settings_(settings) {}

  bool run(const RowStep& step) {
    if (const auto* const unnest = std::get_if<UnnestStep>(&step)) return run(*unnest);
    std::erase_if(rows_.order(), [&](std::uint32_t number) {
      const std::span<Value> row = rows_.row(number);
      Evaluation given{row, settings_.arena, settings_.json, settings_.now};
      return !run_row_step(step, row, given);
    });
    return !settings_.arena.exhausted();
  }

  bool run(const UnnestStep& unnest) {
    const std::vector<std::uint32_t> before = std::move(rows_.order());
    rows_.order().clear();
    std::vector<Value> copy;
    for (const std::uint32_t number : before) {
      const std::span<Value> row = rows_.row(number);
      copy.assign(row.begin(), row.end());
      RowKey key = rows_.key(number);
      Evaluation given{copy, settings_.arena, settings_.json, settings_.now};
      for_each_item(given.json, evaluate(unnest.list, given), given.arena, [&](const Value& item) {
        const std::span<Value> added = rows_.add(key);
        std::ranges::copy(copy, added.begin());
        added[unnest.slot] = item;
        return rows_.bytes() <= settings_.bytes_max;
      });
      if (rows_.bytes() > settings_.bytes_max || given.arena.exhausted()) return false;
    }
    return true;
  }

  bool run(const SortStep& sort) {
    for (const std::uint32_t number : rows_.order()) {
      for (const SortKey& key : sort.keys) {
        Value& value = rows_.row(number)[key.slot];
        value = with_number(value);
      }
    }
    // Rows of equal keys stay in their order.
    std::vector<std::pair<std::uint32_t, std::size_t>> placed;
    for (const std::uint32_t number : rows_.order()) placed.emplace_back(number, placed.size());
    std::ranges::sort(placed, [&](const auto& a, const auto& b) {
      for (const auto& [slot, descending] : sort.keys) {
        const int order = natural_order(rows_.row(a.first)[slot], rows_.row(b.first)[slot]);
        if (order != 0) return (order < 0) != descending;
      }
      return a.second < b.second;
    });
    std::ranges::transform(placed, rows_.order().begin(),
                           [](const auto& one) { return one.first; });
    return true;
  }

  bool run(const LimitStep& limit) {
    if (rows_.order().size() > limit.rows) rows_.order().resize(limit.rows);
    return true;
  }

  bool run(const DedupStep& dedup) {
    KeyTable keys(settings_.seed);
    std::string text;
    std::erase_if(rows_.order(), [&](std::uint32_t number) {
      text.clear();
      for (const std::uint32_t slot : dedup.slots) {
        const Value& value = rows_.row(number)[slot];
        if (value.is_absent()) return false;
        append_key(text, value);
      }
      return !keys.find_or_add(text).second;
    });
    return keys.bytes() <= settings_.bytes_max;
  }

  bool run(const StatsStep& stats) {
    Groups groups(stats, settings_.seed);
    std::uint32_t place = 0;
    for (const std::uint32_t number : rows_.order()) {
      Evaluation given{rows_.row(number), settings_.arena, settings_.json, settings_.now};
      groups.add(given, {rows_.key(number).event, place++});
      if (groups.bytes() > settings_.bytes_max || settings_.arena.exhausted()) return false;
    }
    RowTable counted(stats.width);
    groups.append_rows(counted, settings_.arena, SIZE_MAX);
    for (const std::uint32_t number : counted.order()) {
      for (Value& value : counted.row(number).first(stats.keys.size())) {
        value.text = settings_.arena.copy(value.text);  // the groups end here
      }
    }
    rows_ = std::move(counted);
    return !settings_.arena.exhausted();
  }

 private:
  RowTable& rows_;
  const AfterSettings& settings_;
};

}  // namespace

bool run_after_steps(const Plan& plan, RowTable& rows, const AfterSettings& settings) {
  AfterSteps steps(rows, settings);
  for (const AfterStep& step : plan.after) {
    if (!std::visit([&](const auto& one) { return steps.run(one); }, step)) return false;
  }
  return true;
}

}  // namespace dn::query::insights
