// Wildcard patterns: what one pattern matches, and which parts of it are literal.
//
// `?` is exactly one character, `*` is any number of characters; neither is ever a dot. So a
// pattern fixes the number of labels of the names it matches, and is matched label by label. A
// label is matched by simulating its automaton in one machine word (a label has at most 63
// characters): time is linear in name plus pattern, whatever the pattern
// (`*a*a*a*b` costs no more than `abc`). No allocation, no recursion. Covered by pattern_test.cc,
// which compares with a naive matcher.
#pragma once

#include <cstddef>
#include <string_view>

namespace dn::policy {

constexpr bool is_wildcard(char c) {
  return c == '*' || c == '?';
}
inline bool has_wildcard(std::string_view text) {
  return text.find_first_of("*?") != std::string_view::npos;
}

// A name cut at one dot: `head` "." `tail`. One of them may be empty, and then the dot is missing.
struct NameCut {
  std::string_view head;
  std::string_view tail;
};

// The head ends with the last label that holds a wildcard; the tail is literal and may be empty.
// Without any wildcard everything is tail.
NameCut cut_behind_wildcards(std::string_view pattern);

std::size_t count_labels(std::string_view name);  // 0 for the empty text

// Both arguments are lower-case names without final dot; the second one without wildcards.
bool matches_pattern(std::string_view pattern, std::string_view name);

// Whether a label of a pattern can match any name at all: at most 63 characters besides `*`.
bool is_satisfiable_label(std::string_view label);

}  // namespace dn::policy
