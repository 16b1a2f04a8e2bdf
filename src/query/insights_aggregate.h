// The aggregates of stats: what they keep of the rows of one group.
//
// Adding rows in any order, in any number of parts that are merged in any order, gives the same
// result to the last digit: sums are exact (insights_sum.h), ties are broken by the text or by the
// place of the row. Arguments that are absent do not count; in sum, avg, stddev and pct neither
// does what is no number. min and max are of the numbers, or of the texts where there is no number.
// A time counts as its milliseconds. Covered by insights_aggregate_test.cc.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "query/insights_arena.h"
#include "query/insights_expression.h"
#include "records/log_event.h"

namespace dn::query::insights {

// Where a row stands: its event, and its place among the rows that unnest made of that. Rows
// behind a stats have only a place.
struct RowKey {
  records::EventKey event;
  std::uint32_t place = 0;
  auto operator<=>(const RowKey&) const = default;
};

enum class AggregateKind : std::uint8_t {
  CountRows,
  Count,
  CountDistinct,
  Sum,
  Average,
  Minimum,
  Maximum,
  Deviation,
  Percentile,
  Earliest,
  Latest,
  SortsFirst,
  SortsLast,
};

struct AggregateFunction {
  std::string_view name;
  AggregateKind kind = AggregateKind::CountRows;
};
std::span<const AggregateFunction> all_aggregates();
std::optional<AggregateKind> find_aggregate(std::string_view name);

// One aggregate of a plan.
struct Aggregate {
  AggregateKind kind = AggregateKind::CountRows;
  Node argument;       // not of CountRows
  double percent = 0;  // of Percentile
  std::uint32_t slot = kNoSlot;
};

class Accumulator {
 public:
  Accumulator();
  ~Accumulator();
  Accumulator(Accumulator&&) noexcept;
  Accumulator& operator=(Accumulator&&) noexcept;

  void add_row() { ++count_; }  // CountRows
  // Give how much memory that took. `seed` keys the table of distinct values.
  std::size_t add(AggregateKind kind, const Value& value, const RowKey& key, std::uint64_t seed);
  std::size_t merge(AggregateKind kind, const Accumulator& other, std::uint64_t seed);
  // The text lives as long as the arena is not cleared.
  Value result(const Aggregate& aggregate, TextArena& arena) const;

 private:
  struct State;
  std::size_t heap_bytes() const;
  State& state(AggregateKind kind, std::uint64_t seed);
  void take(AggregateKind kind, const Value& value, const RowKey& key, std::uint64_t seed);
  void offer(AggregateKind kind, const Value& value, const RowKey& key);

  std::uint64_t count_ = 0;
  std::unique_ptr<State> state_;
};

}  // namespace dn::query::insights
