#include "query/insights_kept_rows.h"

#include <algorithm>
#include <numeric>

#include "records/log_event.h"

namespace dn::query::insights {
namespace {

// Newest first; of one time, as ingested.
bool is_newer(const RowKey& a, const RowKey& b) {
  if (a.event.timestamp != b.event.timestamp) return a.event.timestamp > b.event.timestamp;
  return a < b;
}

std::size_t place_of(const Plan& plan, std::uint32_t slot) {
  return static_cast<std::size_t>(std::ranges::find(plan.kept, slot) - plan.kept.begin());
}

constexpr std::size_t kSlackMin = 128;

}  // namespace

KeptRows::KeptRows(const Plan& plan, std::uint64_t seed) : plan_(plan), keys_(seed) {
  if (const auto* const limit = std::get_if<LimitStep>(&plan.turn)) any_ = limit->any;
  if (const auto* const dedup = std::get_if<DedupStep>(&plan.turn)) {
    for (const std::uint32_t slot : dedup->slots) dedup_places_.push_back(place_of(plan, slot));
  }
  for (const SortKey& sort : plan.order) order_places_.push_back(place_of(plan, sort.slot));
}

KeptRows::Row KeptRows::keep(std::span<const Value> row, const RowKey& key) const {
  Row kept;
  kept.key = key;
  kept.values.reserve(plan_.kept.size());
  std::size_t size = 0;
  for (const std::uint32_t slot : plan_.kept) {
    kept.values.push_back(with_number(row[slot]));
    size += row[slot].text.size() + records::kMessagePadding;
  }
  kept.text = std::make_unique<char[]>(size);
  char* at = kept.text.get();
  for (Value& value : kept.values) {
    char* const begin = at;
    at = std::ranges::copy(value.text, at).out;
    if (!value.text.empty()) value.text = {begin, value.text.size()};
    at += records::kMessagePadding;
  }
  kept.bytes = sizeof(Row) + size + (plan_.kept.size() + plan_.width) * sizeof(Value);
  return kept;
}

bool KeptRows::is_before(const View& a, const View& b) const {
  for (std::size_t i = 0; i < order_places_.size(); ++i) {
    const int order = natural_order(value(a, order_places_[i]), value(b, order_places_[i]));
    if (order != 0) return (order < 0) != plan_.order[i].descending;
  }
  return is_newer(*a.key, *b.key);
}

bool KeptRows::is_refused(const View& row) const {
  return is_satisfied() || (has_last_ && is_before(view(rows_[plan_.rows_at_turn - 1]), row));
}

void KeptRows::add(std::span<const Value> row, const RowKey& key) {
  insert({nullptr, row, &key}, [&] { return keep(row, key); });
}

bool KeptRows::dedup_key(const View& row) {
  key_.clear();
  for (const std::size_t place : dedup_places_) {
    const Value& part = value(row, place);
    if (part.is_absent()) return false;
    append_key(key_, part);
  }
  return !dedup_places_.empty();
}

// The row is only made once it is sure to be kept.
template <class MakeRow>
void KeptRows::insert(const View& candidate, MakeRow make_row) {
  if (is_refused(candidate)) return;
  if (dedup_key(candidate)) {
    const auto [number, added] = keys_.find_or_add(key_);
    if (!added) {
      const std::size_t at = row_of_key_[number];
      if (!is_before(candidate, view(rows_[at]))) return;
      if (at + 1 == plan_.rows_at_turn) has_last_ = false;
      bytes_ -= rows_[at].bytes;
      rows_[at] = make_row();
      bytes_ += rows_[at].bytes;
      return;
    }
    row_of_key_.push_back(static_cast<std::uint32_t>(rows_.size()));
  }
  rows_.push_back(make_row());
  bytes_ += rows_.back().bytes;
  if (rows_.size() >= plan_.rows_at_turn + std::max(plan_.rows_at_turn, kSlackMin)) prune();
}

void KeptRows::prune() {
  const std::size_t wanted = plan_.rows_at_turn;
  if (any_ || rows_.size() <= wanted) return;
  const auto middle = rows_.begin() + static_cast<std::ptrdiff_t>(wanted - 1);
  std::nth_element(rows_.begin(), middle, rows_.end(),
                   [this](const Row& a, const Row& b) { return is_before(view(a), view(b)); });
  rows_.resize(wanted);
  has_last_ = true;
  bytes_ = 0;
  keys_.clear();
  row_of_key_.clear();
  for (std::uint32_t i = 0; i < rows_.size(); ++i) {
    bytes_ += rows_[i].bytes;
    if (!dedup_key(view(rows_[i]))) continue;
    keys_.find_or_add(key_);
    row_of_key_.push_back(i);
  }
}

void KeptRows::merge(KeptRows&& other) {
  for (Row& row : other.rows_) insert(view(row), [&] { return std::move(row); });
  other.rows_.clear();
}

void KeptRows::append_rows(RowTable& table) const {
  std::vector<std::uint32_t> order(rows_.size());
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::sort(order, [this](std::uint32_t a, std::uint32_t b) {
    return is_before(view(rows_[a]), view(rows_[b]));
  });
  if (order.size() > plan_.rows_at_turn) order.resize(plan_.rows_at_turn);
  for (const std::uint32_t number : order) {
    const std::span<Value> row = table.add(rows_[number].key);
    for (std::size_t i = 0; i < plan_.kept.size(); ++i) {
      row[plan_.kept[i]] = rows_[number].values[i];
    }
  }
}

}  // namespace dn::query::insights
