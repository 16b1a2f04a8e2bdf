// PatternRegex: the regular expressions of filter patterns, on RE2.
//
// The dialect is narrower than RE2's and differs from it in places, so each expression is read and
// written anew: characters outside the documented list are refused (groups with them, even escaped
// parentheses), `{,n}` means `{0,n}`, \s is exactly tab, space and newline, and inside brackets
// nothing but `]`, `\`, `^` and `-` has a meaning. A search is not anchored, is case-sensitive, and
// `.` is one UTF-8 character. Time is linear in the text; the size of the compiled program is
// bounded. Covered by pattern_regex_test.cc.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "query/pattern_cursor.h"

namespace re2 {
class RE2;
}

namespace dn::query {

inline constexpr std::size_t kRegexesMax = 2;             // in one JSON or delimited pattern
inline constexpr std::size_t kRegexRepetitionMax = 1000;  // in {m,n}
// Steps of all compiled expressions of one pattern: what one byte of text can cost at worst, where
// a hostile text makes RE2 give up its table of states. `.` takes about ten. Beyond: refused.
inline constexpr std::size_t kRegexStepsMax = 1000;

// Immutable; shared by threads.
class PatternRegex {
 public:
  // `body` is what stands between the percent signs and begins at `offset` of the pattern;
  // `steps_left` goes down by what the expression needs.
  static PatternResult<PatternRegex> compile(std::string_view body, std::size_t offset,
                                             std::size_t& steps_left);

  bool matches(std::string_view text) const;

 private:
  explicit PatternRegex(std::shared_ptr<const re2::RE2> automaton)
      : automaton_(std::move(automaton)) {}
  std::shared_ptr<const re2::RE2> automaton_;
};

// The same expression in RE2's dialect.
PatternResult<std::string> rewrite_for_re2(std::string_view body, std::size_t offset);

}  // namespace dn::query
