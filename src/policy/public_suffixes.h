// PublicSuffixes: the public suffix list, ICANN and private sections (publicsuffix.org).
//
// Names are given as DomainName text (lower-case A-labels); the wrapper normalises what libpsl does
// not. The only place that includes libpsl. Covered by public_suffixes_test.cc.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace dn::policy {

class PublicSuffixes {
 public:
  // Parses the text of a list in the publicsuffix.org format; an error when it holds no rule.
  static Result<PublicSuffixes> parse(std::string_view list_text);
  PublicSuffixes(PublicSuffixes&&) noexcept;
  PublicSuffixes& operator=(PublicSuffixes&&) noexcept;
  ~PublicSuffixes();

  // Whether anybody can register names directly below `name` (so that "*.name" is exposed). An
  // unknown top-level label counts as a public suffix.
  bool is_public_suffix(std::string_view name) const;

 private:
  struct List;
  explicit PublicSuffixes(std::unique_ptr<List> list);
  std::unique_ptr<List> list_;
};

}  // namespace dn::policy
