// NameList: sorted, unique names in one block of memory.
//
// Borrowed: it lives as long as the policy snapshot that gave it. To be read by any number of
// threads. Covered by compile_test.cc.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "policy/text_arena.h"

namespace dn::policy {

class NameList {
 public:
  NameList() = default;
  // `offsets` name texts of an arena that begins at `arena`, in their order.
  NameList(const char* arena, std::span<const TextOffset> offsets)
      : arena_(arena),
        offsets_(offsets) {}

  std::size_t size() const { return offsets_.size(); }
  bool empty() const { return offsets_.empty(); }
  std::string_view operator[](std::size_t at) const {
    return TextArena::text_at(arena_, offsets_[at]);
  }

  class Iterator {
   public:
    Iterator(const NameList* list, std::size_t at) : list_(list), at_(at) {}
    std::string_view operator*() const { return (*list_)[at_]; }
    Iterator& operator++() {
      ++at_;
      return *this;
    }
    bool operator==(const Iterator& other) const { return at_ == other.at_; }

   private:
    const NameList* list_;
    std::size_t at_;
  };
  // For range loops; the list itself must outlive the loop.
  Iterator begin() const { return {this, 0}; }
  Iterator end() const { return {this, size()}; }

 private:
  const char* arena_ = nullptr;
  std::span<const TextOffset> offsets_;
};

}  // namespace dn::policy
