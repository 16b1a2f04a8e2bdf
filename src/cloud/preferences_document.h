// The preferences as a JSON document, as it stands in Parameter Store (docs/configuration.md):
//
//   {"%default": {"wildcard_exposure": "prohibit_public_suffix", "flow_log_verbosity": "full",
//                 "see_thru": null, "x509_crls": "ignore"}}
//
// A missing key has its default, an unknown one is ignored, a wrong value is a warning and has its
// default. Only a document that cannot be read at all is an error: the caller keeps the last good
// one. Pure. Covered by preferences_document_test.cc.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "policy/policy_input.h"

namespace dn::cloud {

inline constexpr std::size_t kPreferencesBytesMax = 65'536;  // a parameter holds 8192

struct PreferencesDocument {
  policy::Preferences preferences;
  std::vector<std::string> warnings;  // at most one per key
};

Result<PreferencesDocument> parse_preferences(std::string_view text);

}  // namespace dn::cloud
