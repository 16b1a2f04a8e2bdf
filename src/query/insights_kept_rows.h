// KeptRows: the first rows in an order, of many that come in any order.
//
// Order: the keys of the sorts, then newest first, rows of the same time as they were ingested. All
// rows differ in it, so the rows that are kept do not depend on the order in which they came. Up to
// twice as many as wanted are held; then the later half is dropped, and rows behind the last one
// are refused at once. With dedup only the first row of each key stays; a row without one of the
// keys is no duplicate. `limit any` takes whatever comes first instead. Covered by
// insights_run_test.cc.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "query/insights_keys.h"
#include "query/insights_plan.h"
#include "query/insights_row_table.h"

namespace dn::query::insights {

class KeptRows {
 public:
  // The plan outlives the rows.
  KeptRows(const Plan& plan, std::uint64_t seed);

  void add(std::span<const Value> row, const RowKey& key);
  void merge(KeptRows&& other);

  // `limit any` has its rows.
  bool is_satisfied() const { return any_ && rows_.size() >= plan_.rows_at_turn; }
  std::size_t bytes() const { return bytes_ + keys_.bytes(); }
  // Drops what is not wanted, before somebody complains about bytes().
  void prune();

  // In order; the texts live as long as this.
  void append_rows(RowTable& table) const;

 private:
  struct Row {
    RowKey key;
    std::vector<Value> values;  // at the places of Plan::kept
    std::unique_ptr<char[]> text;
    std::size_t bytes = 0;
  };
  // A row as it came, or one that is kept.
  struct View {
    const Row* kept = nullptr;
    std::span<const Value> row;
    const RowKey* key = nullptr;
  };
  static View view(const Row& row) { return {&row, {}, &row.key}; }
  const Value& value(const View& view, std::size_t place) const {
    return view.kept != nullptr ? view.kept->values[place] : view.row[plan_.kept[place]];
  }
  bool is_before(const View& a, const View& b) const;
  // The key of dedup, in `key_`; false when the row has none.
  bool dedup_key(const View& row);
  bool is_refused(const View& row) const;
  template <class MakeRow>
  void insert(const View& view, MakeRow make_row);
  Row keep(std::span<const Value> row, const RowKey& key) const;

  const Plan& plan_;
  bool any_ = false;
  std::vector<std::size_t> order_places_, dedup_places_;  // of the keys in Plan::kept
  std::vector<Row> rows_;
  bool has_last_ = false;  // row number rows_at_turn - 1 is the last one wanted, or behind it
  KeyTable keys_;
  std::vector<std::uint32_t> row_of_key_;
  std::string key_;
  std::size_t bytes_ = 0;
};

}  // namespace dn::query::insights
