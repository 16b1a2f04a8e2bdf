// Groups: the rows of a stats command while they are being counted.
//
// A row that belongs to a known group allocates nothing. Groups come out in the order of their
// first rows, whatever order these came in. Covered by insights_run_test.cc.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "query/insights_keys.h"
#include "query/insights_plan.h"
#include "query/insights_row_table.h"

namespace dn::query::insights {

class Groups {
 public:
  // The step outlives the groups.
  Groups(const StatsStep& step, std::uint64_t seed) : step_(step), seed_(seed), keys_(seed) {}

  void add(Evaluation& row, const RowKey& key);
  void merge(const Groups& other);
  // With the rows that append_rows() makes of them.
  std::size_t bytes() const;

  // The first `most` groups; their texts live as long as this and the arena.
  void append_rows(RowTable& table, TextArena& arena, std::size_t most) const;

 private:
  // Where the group's accumulators begin; makes them when it is new.
  std::size_t find_group(std::string_view text, const RowKey& first);

  const StatsStep& step_;
  std::uint64_t seed_;
  KeyTable keys_;
  std::string key_;
  std::vector<RowKey> first_;
  std::deque<Accumulator> accumulators_;  // those of group 0, of group 1, …
  std::size_t heap_bytes_ = 0;
};

}  // namespace dn::query::insights
