// Wildcards that would cover several seen names, as hints; they are never applied.
//
// Names that differ in their first label only are siblings. From kSiblingsMin siblings on
// `*.PARENT` is worth a thought, unless anybody could register a name that it covers: the public
// suffix list decides, as for the rules themselves (policy/exposure.h). Pure. Covered by
// wildcard_hints_test.cc.
#pragma once

#include <string>
#include <vector>

#include "policy/public_suffixes.h"
#include "review/rule_writing.h"

namespace dn::review {

inline constexpr std::size_t kSiblingsMin = 3;

struct WildcardHint {
  Port port = 443;
  std::string pattern;             // "*.example.com"; for tls, ssh carries no names
  std::vector<std::string> names;  // that it covers, sorted
};

// By port and pattern. `names` in any order, without repetitions.
std::vector<WildcardHint> find_wildcard_hints(const std::vector<NameOnPort>& names,
                                              const policy::PublicSuffixes& suffixes);

}  // namespace dn::review
