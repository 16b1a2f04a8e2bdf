// How far a wildcard pattern may reach (the preference wildcard_exposure).
//
// A pattern is exposed when it matches names that anybody could register. With the label directly
// left of a public suffix free, the pattern is exposed; that label is free when it holds a
// wildcard. Three ways lead there:
//
//   *.c?m              a wildcard in the top-level label: the list's own default rule `*`
//   a.*.co.uk          what is left behind the last wildcard label is a public suffix
//   *.s3.*.amazonaws.com   the wildcards of the suffix part reach one: s3.eu-west-1.amazonaws.com
//
// Each value permits less than the next: prohibit_asterisk checks the list too. Covered by
// exposure_test.cc.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "policy/policy_input.h"
#include "policy/public_suffixes.h"

namespace dn::policy {

// The suffix that makes a pattern exposed; nothing when it is not. `pattern` is well formed.
std::optional<std::string> find_exposing_suffix(std::string_view pattern,
                                                const PublicSuffixes& suffixes);

// Why the preference rejects the pattern; nothing when it does not.
std::optional<std::string> find_exposure_problem(std::string_view pattern,
                                                 WildcardExposure exposure,
                                                 const PublicSuffixes& suffixes);

}  // namespace dn::policy
