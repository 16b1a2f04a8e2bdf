// RowTable: rows in memory, in an order, behind the turn of a plan.
//
// The cells of all rows are one array; dropping and sorting rows only changes the list of those
// that are alive. Texts belong to the run or to the arena of the result.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "query/insights_aggregate.h"
#include "query/insights_value.h"

namespace dn::query::insights {

class RowTable {
 public:
  explicit RowTable(std::size_t width) : width_(width) {}

  // A new last row, absent everywhere. Spans of other rows end.
  std::span<Value> add(const RowKey& key) {
    order_.push_back(static_cast<std::uint32_t>(keys_.size()));
    keys_.push_back(key);
    cells_.resize(cells_.size() + width_);
    return row(order_.back());
  }
  std::span<Value> row(std::uint32_t number) {
    return std::span(cells_).subspan(number * width_, width_);
  }
  const RowKey& key(std::uint32_t number) const { return keys_[number]; }

  // The rows that are alive, in their order.
  std::vector<std::uint32_t>& order() { return order_; }
  std::size_t bytes() const {
    return cells_.size() * sizeof(Value) + keys_.size() * (sizeof(RowKey) + sizeof(std::uint32_t));
  }

 private:
  std::size_t width_;
  std::vector<Value> cells_;
  std::vector<RowKey> keys_;
  std::vector<std::uint32_t> order_;
};

}  // namespace dn::query::insights
