// PatternCursor: reads a filter pattern byte by byte and words its errors as CloudWatch Logs does.
//
// Blanks are the space, the tab and line ends, as a pattern may come from a template of many lines.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "base/ascii.h"
#include "query/filter_pattern.h"

namespace dn::query {

template <class T>
using PatternResult = tl::expected<T, PatternError>;

// Offending text that an error repeats; the rest is left out.
inline constexpr std::size_t kQuotedTermBytesMax = 64;

constexpr bool is_pattern_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}
constexpr bool is_word_letter(char c) {
  return is_letter(c) || is_digit(c) || c == '_';
}
// Of an unquoted value.
constexpr bool is_bareword_letter(char c) {
  return is_word_letter(c) || c == '.' || c == '*' || c == '+' || c == '-';
}

// Borrows the pattern.
class PatternCursor {
 public:
  explicit PatternCursor(std::string_view pattern) : pattern_(pattern) {}

  std::size_t offset() const { return at_; }
  bool at_end() const { return at_ == pattern_.size(); }
  // '\0' at the end.
  char peek() const { return at_end() ? '\0' : pattern_[at_]; }
  bool next_is(std::string_view text) const { return pattern_.substr(at_).starts_with(text); }

  void skip_blanks() {
    while (!at_end() && is_pattern_blank(pattern_[at_])) ++at_;
  }
  bool take(std::string_view text) {
    if (!next_is(text)) return false;
    at_ += text.size();
    return true;
  }
  template <class Predicate>
  std::string_view take_while(Predicate wanted) {
    const std::size_t begin = at_;
    while (!at_end() && wanted(pattern_[at_])) ++at_;
    return pattern_.substr(begin, at_ - begin);
  }
  // The text up to the next `end`, which is passed over; false, and all taken, without one.
  bool take_until(char end, std::string_view& text);

  // The text between an opening quote, which is next, and its closing one; \" and \\ are escapes,
  // another backslash is itself.
  PatternResult<std::string> take_quoted();

  // The error for what comes next: a word, or what stands up to the next blank or letter. `why`
  // follows the words of CloudWatch Logs.
  tl::unexpected<PatternError> invalid_here(std::string_view why = {}) const;
  // The error for exactly the bytes from `begin` to here.
  tl::unexpected<PatternError> invalid_since(std::size_t begin, std::string_view why = {}) const;
  std::string_view since(std::size_t begin) const { return pattern_.substr(begin, at_ - begin); }

 private:
  std::string_view pattern_;
  std::size_t at_ = 0;
};

// A part of a pattern as an error may repeat it: cut to kQuotedTermBytesMax, and with '?' for what
// is not ASCII when it is not UTF-8.
std::string shown(std::string_view term);

// "Invalid character(s) in term '<shown term>'", then ": <why>" where that is given.
tl::unexpected<PatternError> invalid_term(std::string_view term, std::size_t offset,
                                          std::string_view why = {});

}  // namespace dn::query
