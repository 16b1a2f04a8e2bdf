// The line of a text in which something is wrong, with a mark under the place.
//
//   fields dhost | srot n
//                  ^^^^
//
// The text is a user's, but may come from anywhere: each character that a terminal would not show
// as it is becomes one "?", so that the mark stands right. Long lines are cut around the place.
// Covered by caret_test.cc.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace dn::cli {

// [start, end) in characters (code points) of the text; beyond its end means at its end. Two lines
// with their '\n', indented by two blanks.
std::string format_caret(std::string_view text, std::size_t start, std::size_t end);

}  // namespace dn::cli
