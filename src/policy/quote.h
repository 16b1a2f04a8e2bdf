// quote(): a piece of a rule as it appears in a message.
//
// Rules come from whoever may edit them: the text is cut to a length that keeps a message readable,
// and bytes that could disturb a terminal are written as \xNN. Covered by annotation_test.cc.
#pragma once

#include <string>
#include <string_view>

namespace dn::policy {

std::string quote(std::string_view text);

}  // namespace dn::policy
