// LineScout: the next line of a block that is worth a closer look.
//
// Knows texts of which an interesting line holds at least one, and passes over everything else at
// the speed of ByteFinder. Works in windows that double, so that a text that is far away costs at
// most as much as what was passed over: a caller that takes line after line scans the block twice
// at worst, whatever stands in it. Covered by line_scout_test.cc.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "query/byte_finder.h"

namespace dn::query {

class LineScout {
 public:
  // No texts: every line is interesting.
  LineScout() = default;
  explicit LineScout(const std::vector<std::string>& texts);

  // The first interesting line that begins at or behind `from`, without its '\n'. `lines` are
  // followed by kMessagePadding readable bytes. A last line without '\n' is a line.
  std::optional<std::string_view> next(std::string_view lines, std::size_t from) const;

 private:
  std::vector<ByteFinder> finders_;
};

}  // namespace dn::query
