// Names are kept as one text and the position where each ends; see name_list.h.
#include "resolver/name_list.h"

#include <algorithm>
#include <numeric>

#include "base/limits.h"

namespace dn::resolver {

static_assert(limits::kDnsNamesMax * DomainName::kBytesMax < UINT32_MAX, "positions are 32 bits");

void NameList::add(std::string_view name) {
  if (ends_.size() >= limits::kDnsNamesMax || name.size() > DomainName::kBytesMax) {
    ++left_out_;
    return;
  }
  text_ += name;
  ends_.push_back(static_cast<std::uint32_t>(text_.size()));
}

void NameList::sort() {
  bool ascending = true;
  for (std::size_t i = 1; i < size() && ascending; ++i) ascending = (*this)[i - 1] < (*this)[i];
  if (ascending) return;
  std::vector<std::uint32_t> order(size());
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::sort(order, {}, [&](std::uint32_t at) { return (*this)[at]; });
  NameList sorted;
  sorted.left_out_ = left_out_;
  for (const std::uint32_t at : order) {
    if (sorted.size() == 0 || sorted[sorted.size() - 1] != (*this)[at]) sorted.add((*this)[at]);
  }
  *this = std::move(sorted);
}

std::optional<std::size_t> NameList::find(std::string_view name) const {
  std::size_t low = 0;
  std::size_t high = size();
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    if ((*this)[middle] < name) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (low == size() || (*this)[low] != name) return {};
  return low;
}

}  // namespace dn::resolver
