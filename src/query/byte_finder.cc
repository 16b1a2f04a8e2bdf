#include "query/byte_finder.h"

#include <array>
#include <utility>

#include "base/check.h"
#include "query/find_text.h"

namespace dn::query {
namespace {

// Full comparisons that fail before find_text takes over: so many, and one for each kBytesPerMiss.
constexpr std::size_t kMissesFree = 64;
constexpr std::size_t kBytesPerMiss = 8;

// How often a byte is met in lines of JSON: the place in this list from its end, 0 elsewhere.
constexpr std::string_view kCommonFirst = "\":,e1tas.0o-ndrc2ilph 4_63587mgu9wybfvk{}[]/T\\xjzqZ=";

constexpr std::array<unsigned char, 256> kCommonness = [] {
  std::array<unsigned char, 256> commonness{};
  for (std::size_t i = 0; i < kCommonFirst.size(); ++i) {
    commonness[static_cast<unsigned char>(kCommonFirst[i])] =
        static_cast<unsigned char>(kCommonFirst.size() - i);
  }
  return commonness;
}();

unsigned commonness(char c) {
  return kCommonness[static_cast<unsigned char>(c)];
}

}  // namespace

ByteFinder::ByteFinder(std::string needle) : needle_(std::move(needle)) {
  DN_CHECK(!needle_.empty(), "the parsers refuse or drop empty texts");
  for (std::size_t i = 1; i < needle_.size(); ++i) {
    if (commonness(needle_[i]) < commonness(needle_[rare_])) rare_ = i;
  }
  other_ = rare_ == 0 ? needle_.size() - 1 : 0;
  for (std::size_t i = 0; i < needle_.size(); ++i) {
    if (i != rare_ && commonness(needle_[i]) < commonness(needle_[other_])) other_ = i;
  }
}

template <class Block>
std::size_t ByteFinder::find_with(std::string_view text, std::size_t from) const {
  if (from > text.size() || text.size() - from < needle_.size()) return npos;
  const char* const begin = text.data() + from;
  const char* const last = text.data() + text.size() - needle_.size();  // the last possible place
  const char rare = needle_[rare_];
  const char other = needle_[other_];
  std::size_t misses = 0;
  for (const char* at = begin; at <= last; at += Block::kBytes) {
    std::uint64_t mask = Block::load(at + rare_).equals(rare);
    mask &= Block::load(at + other_).equals(other);
    for (; mask != 0; mask &= mask - 1) {
      const char* const place = at + first_byte<Block>(mask);
      if (place > last) return npos;
      if (std::memcmp(place, needle_.data(), needle_.size()) == 0) {
        return static_cast<std::size_t>(place - text.data());
      }
      if (++misses > kMissesFree + static_cast<std::size_t>(at - begin) / kBytesPerMiss) {
        return find_text(text, needle_, static_cast<std::size_t>(place - text.data()) + 1);
      }
    }
  }
  return npos;
}

template std::size_t ByteFinder::find_with<WordBlock>(std::string_view, std::size_t) const;
#if defined(__SSE2__)
template std::size_t ByteFinder::find_with<Sse2Block>(std::string_view, std::size_t) const;
#endif

}  // namespace dn::query
