// ClientTable: from a source address to a number, by the longest prefix.
//
// Prefixes nest, so they cut the address space into intervals; a look-up is one binary search over
// their first addresses, whatever the mix of lengths. Immutable. Covered by client_table_test.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/address.h"

namespace dn::policy {

class ClientTable {
 public:
  struct Row {
    Ipv4Prefix prefix;
    std::uint32_t value = 0;
  };

  ClientTable() = default;
  // No prefix may come twice.
  explicit ClientTable(std::vector<Row> rows);

  std::optional<std::uint32_t> find(Ipv4Address address) const;

 private:
  struct Interval {
    std::uint32_t first = 0;  // address; the interval ends before the next one begins
    std::optional<std::uint32_t> value;
  };
  std::vector<Interval> intervals_;
};

}  // namespace dn::policy
