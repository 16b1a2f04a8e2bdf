// ValueSet: the distinct JSON string values of the messages of one block, as hashes.
//
// From them the block's filter is made (value_filter.h), so the one rule is: every string that any
// JSON reader could find as a value in a message must be here, or the set says that it is not
// complete and the block is never skipped. Hence the scan is lenient. It looks at every message
// that begins like an object or an array, takes each string that is not followed by ':' for a
// value, and cares for nothing else; of well-formed JSON it sees exactly the values, at any depth,
// without recursion and in one pass. A string with an escape that readers may read differently
// makes the set incomplete. Left out, on both sides alike, by may_be_indexed(): texts beyond 256
// bytes, and texts that have the form of the log's own times, of which each line has another.
// Covered by value_set_test.cc.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace dn::store {

inline constexpr std::size_t kIndexedValueBytesMax = 256;
// Distinct values of one block; beyond: incomplete.
inline constexpr std::size_t kValuesPerBlockMax = 1UL << 17U;

bool may_be_indexed(std::string_view value);
std::uint64_t value_hash(std::string_view value);

// Used by one thread; memory is kept from block to block.
class ValueSet {
 public:
  void clear();
  void add_message(std::string_view message);

  bool complete() const { return complete_; }
  const std::vector<std::uint64_t>& hashes() const { return hashes_; }  // distinct, in no order

 private:
  void add(std::string_view value);
  void insert(std::uint64_t hash);
  void grow();

  std::vector<std::uint64_t> hashes_;
  std::vector<std::uint64_t> slots_;  // open addressing; 0 is free, the hash 0 is kept as 1
  std::string scratch_;
  bool complete_ = true;
};

}  // namespace dn::store
