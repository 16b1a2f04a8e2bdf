// HashTable: open addressing with the row inside the slot, so that a look-up costs one cache miss
// where a node-based map costs three.
//
// Linear probing; at most five eighths full. The table keeps only 32 bits of hash beside each row;
// whoever looks up says whether a row is the wanted one. Rows are never removed. The hash is not
// keyed: only the author of a policy decides what is stored here, a client merely looks up. Built
// by one thread; read by any number afterwards. Covered by rule_index_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace dn::policy {

inline std::uint32_t mix_hash(std::uint64_t state) {
  std::uint64_t mixed = (state ^ state >> 32U) * 0xd6e8feb86659fd93ULL;
  mixed ^= mixed >> 32U;
  return static_cast<std::uint32_t>(mixed);
}

// FNV-1a from the last byte to the first, so that the hashes of all suffixes of a name come out of
// one pass.
class SuffixHash {
 public:
  using State = std::uint64_t;

  void add_before(char c) {
    state_ = (state_ ^ static_cast<unsigned char>(c)) * 0x00000100000001b3ULL;
  }
  State state() const { return state_; }
  // The hash of a suffix together with a number.
  static std::uint32_t value(State state, std::uint32_t number) {
    return mix_hash((state ^ number) * 0x9e3779b97f4a7c15ULL);
  }

 private:
  State state_ = 0xcbf29ce484222325ULL;
};

// Of a whole text. Reading eight bytes at a time was measured: no faster with warm caches, slower
// with cold ones.
inline std::uint32_t hash_text(std::string_view text) {
  SuffixHash hash;
  for (std::size_t i = text.size(); i > 0; --i) hash.add_before(text[i - 1]);
  return mix_hash(hash.state());
}

template <class Row>
class HashTable {
 public:
  // `same(row)` tells whether the row is the wanted one. nullptr when there is none.
  template <class Same>
  const Row* find(std::uint32_t hash, Same same) const {
    if (slots_.empty()) return nullptr;
    const Slot& slot = slots_[seek(used(hash), same)];
    return slot.hash == 0 ? nullptr : &slot.row;
  }
  template <class Same>
  Row* find(std::uint32_t hash, Same same) {
    return const_cast<Row*>(std::as_const(*this).find(hash, same));
  }

  // No such row may be there yet.
  void add(std::uint32_t hash, const Row& row) {
    if ((size_ + 1) * 8 > slots_.size() * 5) grow();
    slots_[seek(used(hash), [](const Row&) { return false; })] = {used(hash), row};
    ++size_;
  }

  std::size_t size() const { return size_; }

 private:
  struct Slot {
    std::uint32_t hash = 0;  // 0: free
    Row row{};
  };

  static std::uint32_t used(std::uint32_t hash) { return hash == 0 ? 1 : hash; }

  template <class Same>
  std::size_t seek(std::uint32_t hash, Same same) const {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = hash & mask;
    while (slots_[at].hash != 0 && !(slots_[at].hash == hash && same(slots_[at].row))) {
      at = (at + 1) & mask;
    }
    return at;
  }

  void grow() {
    std::vector<Slot> old(slots_.empty() ? 16 : slots_.size() * 2);
    old.swap(slots_);
    for (const Slot& slot : old) {
      if (slot.hash != 0) slots_[seek(slot.hash, [](const Row&) { return false; })] = slot;
    }
  }

  std::vector<Slot> slots_;  // a power of two of them, or none
  std::size_t size_ = 0;
};

}  // namespace dn::policy
