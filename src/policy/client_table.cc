#include "policy/client_table.h"

#include <algorithm>

namespace dn::policy {

ClientTable::ClientTable(std::vector<Row> rows) {
  // Outer prefixes before the ones within them.
  std::sort(rows.begin(), rows.end(),
            [](const Row& a, const Row& b) { return a.prefix < b.prefix; });
  const auto begin_interval = [this](std::uint64_t first, std::optional<std::uint32_t> value) {
    if (first > UINT32_MAX) return;
    const auto address = static_cast<std::uint32_t>(first);
    if (!intervals_.empty() && intervals_.back().first == address) intervals_.pop_back();
    intervals_.push_back({.first = address, .value = value});
  };
  std::vector<Row> open;
  const auto close_before = [&](std::uint64_t address) {
    while (!open.empty()) {
      const Ipv4Prefix prefix = open.back().prefix;
      const std::uint64_t end = std::uint64_t{prefix.base.value} + (1ULL << (32U - prefix.length));
      if (end > address) return;
      open.pop_back();
      begin_interval(end, open.empty() ? std::nullopt : std::optional(open.back().value));
    }
  };
  for (const Row& row : rows) {
    close_before(row.prefix.base.value);
    begin_interval(row.prefix.base.value, row.value);
    open.push_back(row);
  }
  close_before(1ULL << 32U);
}

std::optional<std::uint32_t> ClientTable::find(Ipv4Address address) const {
  const auto after = std::upper_bound(
      intervals_.begin(), intervals_.end(), address.value,
      [](std::uint32_t value, const Interval& interval) { return value < interval.first; });
  if (after == intervals_.begin()) return {};
  return std::prev(after)->value;
}

}  // namespace dn::policy
