// U-labels of rules to A-labels (UTS 46, non-transitional), with libidn2, which is included nowhere
// else. Only rules are converted, never bytes from the wire. Covered by idna_test.cc.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace dn::policy {

bool is_ascii(std::string_view text);

// ASCII text comes back folded to lower case and otherwise as it is; nothing when the conversion
// fails.
std::optional<std::string> to_a_labels(std::string_view name);

}  // namespace dn::policy
