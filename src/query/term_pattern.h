// Term patterns: `ERROR -timeout`, `?tls ?ssh`, `"two words" %4[0-9]{2}%`.
//
//   pattern := term { blank term }
//   term    := [ "-" | "?" ] ( word | quoted | regex )
//   word    := [A-Za-z0-9_]+
//
// The whole message is searched as text, JSON or not, byte for byte. Every plain term must occur
// and no `-` term may; where there are only `?` terms one of them must occur, and beside any other
// term they mean nothing. A quoted text of blanks is satisfied by every message.
// Covered by term_pattern_test.cc.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "query/byte_finder.h"
#include "query/pattern_regex.h"

namespace dn::query {

// Immutable; shared by threads.
class TermPattern {
 public:
  // All of the pattern.
  static PatternResult<TermPattern> parse(PatternCursor& cursor);

  bool matches_everything() const { return needed_.empty() && refused_.empty() && !any_needed_; }
  // `message` is followed by kMessagePadding readable bytes.
  bool matches(std::string_view message) const;
  // For a LineScout: empty when every line is worth a look.
  std::vector<std::string> scout_texts() const;

 private:
  struct Term {
    // Neither: any message satisfies it.
    std::optional<ByteFinder> text;
    std::optional<PatternRegex> regex;
    bool occurs_in(std::string_view message) const;
  };
  static PatternResult<Term> read_term(PatternCursor& cursor, std::size_t& steps_left);

  std::vector<Term> needed_, refused_, optional_;
  bool any_needed_ = false;  // one of optional_
};

}  // namespace dn::query
