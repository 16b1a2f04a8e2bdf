// find_text: where a text stands in another.
//
// The library's own find() compares at every place where the first character fits, which takes the
// product of both lengths on a message that was made for it; memmem() does not. Where one text is
// looked for in many messages, byte_finder.h is faster. Covered by the tests of what calls it:
// filter_pattern_property_test.cc and insights_run_test.cc.
#pragma once

#include <cstring>
#include <string_view>

namespace dn::query {

// npos when it is not there. `from` is at most the size of `text`.
inline std::size_t find_text(std::string_view text, std::string_view part, std::size_t from = 0) {
  if (part.empty()) return from;
  if (part.size() > text.size() - from) return std::string_view::npos;
  const void* const found =
      memmem(text.data() + from, text.size() - from, part.data(), part.size());
  if (found == nullptr) return std::string_view::npos;
  return static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

}  // namespace dn::query
