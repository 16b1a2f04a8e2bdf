// PublicSuffixes: the public suffix list, ICANN and private sections (publicsuffix.org).
//
// Our own reader of the list: the library for it answers wrongly, and towards openness, for names
// below "*.x" when a list holds both "x" and "*.x", and it cannot say which suffixes a pattern
// could reach. Names are given as lower-case A-labels. Immutable after parse(), to be read by any
// number of threads. Covered by public_suffixes_test.cc, which compares with libpsl.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace dn::policy {

// The list that is part of the program (data/README.md).
std::string_view builtin_public_suffix_list();

class PublicSuffixes {
 public:
  // Parses the text of a list in the publicsuffix.org format; an error when it holds no rule.
  static Result<PublicSuffixes> parse(std::string_view list_text);

  // Whether anybody can register names directly below `name` (so that "*.name" is exposed). An
  // unknown top-level label counts as a public suffix, and so does the base of a wildcard rule:
  // with "*.platform.example" listed, everybody gets a label below platform.example.
  bool is_public_suffix(std::string_view name) const;

  // A listed suffix that `pattern` matches. The pattern must end with a literal label; nothing
  // otherwise, and nothing when there is none. Takes time in proportion to the rules below the
  // literal part.
  std::optional<std::string> find_covered_suffix(std::string_view pattern) const;

 private:
  PublicSuffixes() = default;
  void add_line(std::string_view line);

  // Names with their labels reversed ("com.amazonaws.s3", "ck.*"), so that those below one suffix
  // stand together; sorted.
  std::vector<std::string> rules_;
  std::vector<std::string> exceptions_;  // "ck.www" for "!www.ck"
};

}  // namespace dn::policy
