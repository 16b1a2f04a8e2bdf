// The values of preferences, from text and back.
//
// Which document carries them (the configuration file, a parameter store) is the source's affair.
// An error names the values that are allowed. Covered by preferences_test.cc.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "policy/policy_input.h"

namespace dn::policy {

// Exactly the documented spellings.
Result<WildcardExposure> parse_wildcard_exposure(std::string_view text);
Result<FlowLogVerbosity> parse_flow_log_verbosity(std::string_view text);
Result<X509Crls> parse_x509_crls(std::string_view text);

std::string_view to_text(WildcardExposure value);
std::string_view to_text(FlowLogVerbosity value);
std::string_view to_text(X509Crls value);

// YYYY-mm-dd; month and day may lack their leading zero. A date that no calendar has is an error.
Result<Date> parse_thru_date(std::string_view text);
// ISO 8601, padded.
std::string format_date(Date date);

}  // namespace dn::policy
