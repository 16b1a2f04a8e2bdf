// NameList: a sorted set of domain names in two blocks of memory.
//
// A policy may name a million hosts; a DomainName is 254 bytes, most names are 20. The set is built
// once, handed over and then only read. Covered by name_list_test.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/domain_name.h"

namespace dn::resolver {

// Invariant after sort(): ascending, each name once. Views live until the list changes. Not
// thread-safe.
class NameList {
 public:
  // Names beyond limits::kDnsNamesMax are left out and counted.
  void add(std::string_view name);
  void add(const DomainName& name) { add(name.text()); }
  // Makes it a sorted set; cheap when the names came in order.
  void sort();

  std::size_t size() const { return ends_.size(); }
  std::string_view operator[](std::size_t at) const {
    const std::uint32_t begin = at == 0 ? 0 : ends_[at - 1];
    return std::string_view(text_).substr(begin, ends_[at] - begin);
  }
  // Its position; sorted lists only.
  std::optional<std::size_t> find(std::string_view name) const;
  std::size_t left_out() const { return left_out_; }

 private:
  std::string text_;
  std::vector<std::uint32_t> ends_;
  std::size_t left_out_ = 0;
};

}  // namespace dn::resolver
