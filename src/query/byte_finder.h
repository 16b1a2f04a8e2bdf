// ByteFinder: where one text stands in a long other one, at the speed of memory.
//
// Two bytes of the text that are rare in logs are compared for a whole block of places at once; a
// place where both agree is compared in full. Should a hostile text make that fail too often, the
// rest is left to find_text, which is linear. Covered by byte_finder_test.cc.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "query/byte_block.h"

namespace dn::query {

class ByteFinder {
 public:
  static constexpr std::size_t npos = std::string_view::npos;

  // The needle is not empty.
  explicit ByteFinder(std::string needle);

  const std::string& needle() const { return needle_; }

  // The first place at or behind `from`. kMessagePadding bytes behind `text` are readable.
  std::size_t find(std::string_view text, std::size_t from = 0) const {
    return find_with<ByteBlock>(text, from);
  }
  bool occurs_in(std::string_view text) const { return find(text) != npos; }

  template <class Block>
  std::size_t find_with(std::string_view text, std::size_t from) const;

 private:
  std::string needle_;
  std::size_t rare_ = 0, other_ = 0;  // places in needle_; the same one when it has one byte
};

extern template std::size_t ByteFinder::find_with<WordBlock>(std::string_view, std::size_t) const;
extern template std::size_t ByteFinder::find_with<ByteBlock>(std::string_view, std::size_t) const;

}  // namespace dn::query
