// KeyTable: texts to numbers 0, 1, 2, … in the order in which they come; and keys of groups.
//
// Open addressing over hashes, the texts in blocks behind it: finding a known text allocates
// nothing. The hash is keyed, because whoever makes log lines chooses the texts: two that collide
// here do not collide in another process. Covered by insights_keys_test.cc.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "query/insights_value.h"

namespace dn::query::insights {

// Both halves of the product of what is mixed; `seed` 0 gives the same everywhere.
std::uint64_t hash_of(std::string_view text, std::uint64_t seed);

class KeyTable {
 public:
  explicit KeyTable(std::uint64_t seed) : seed_(seed) {}

  // The number of the text, and whether it is new.
  std::pair<std::uint32_t, bool> find_or_add(std::string_view text);
  // Lives as long as the table and is not moved.
  std::string_view text(std::uint32_t number) const {
    return {entries_[number].text, entries_[number].size};
  }
  std::size_t size() const { return entries_.size(); }
  // All the memory that it holds.
  std::size_t bytes() const {
    return block_bytes_ + entries_.capacity() * sizeof(Entry) +
           places_.capacity() * sizeof(std::uint32_t);
  }
  // Forgets all texts. Whoever clears a table fills it again, so it keeps the room for its numbers.
  void clear();

 private:
  struct Entry {
    std::uint64_t hash;
    const char* text;
    std::size_t size;
  };
  static constexpr std::uint32_t kFree = 0xffffffff;
  void grow();
  const char* keep(std::string_view text);

  std::uint64_t seed_;
  std::vector<Entry> entries_;
  std::vector<std::uint32_t> places_;  // a power of two, at most three quarters in use
  std::vector<std::unique_ptr<char[]>> blocks_;
  char* at_ = nullptr;
  std::size_t room_ = 0, block_bytes_ = 0, next_block_ = 256;
};

// Values to one text and back. Equal texts: the values show the same. Numbers and texts are not
// told apart, for they show the same, and come back as text.
void append_key(std::string& key, const Value& value);
void read_key(std::string_view key, std::span<Value> into);

}  // namespace dn::query::insights
