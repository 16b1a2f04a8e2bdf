// PublicSuffixes: the public suffix list, ICANN and private sections (publicsuffix.org).
//
// libpsl answers what a public suffix is; it is wrapped here and included nowhere else. It cannot
// say which suffixes a pattern with several wildcards could reach, so the rules are also kept in an
// order of their own. Names are given as lower-case A-labels. Immutable after parse(), to be read
// by any number of threads. Covered by public_suffixes_test.cc.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace dn::policy {

// The list that is part of the program (data/README.md).
std::string_view builtin_public_suffix_list();

class PublicSuffixes {
 public:
  // Parses the text of a list in the publicsuffix.org format; an error when it holds no rule.
  static Result<PublicSuffixes> parse(std::string_view list_text);
  PublicSuffixes(PublicSuffixes&&) noexcept;
  PublicSuffixes& operator=(PublicSuffixes&&) noexcept;
  ~PublicSuffixes();

  // Whether anybody can register names directly below `name` (so that "*.name" is exposed). An
  // unknown top-level label counts as a public suffix, and so does the base of a wildcard rule:
  // with "*.platform.example" listed, everybody gets a label below platform.example.
  bool is_public_suffix(std::string_view name) const;

  // A listed suffix that `pattern` matches. The pattern must end with a literal label; nothing
  // otherwise, and nothing when there is none. Takes time in proportion to the rules below the
  // literal part.
  std::optional<std::string> find_covered_suffix(std::string_view pattern) const;

 private:
  struct List;
  explicit PublicSuffixes(std::unique_ptr<List> list);
  std::unique_ptr<List> list_;
};

}  // namespace dn::policy
