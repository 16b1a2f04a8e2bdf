// Percent-encoding as signatures, form bodies and paths of these interfaces want it.
//
// RFC 3986 section 2: everything but letters, digits and "-_.~" becomes %XX, upper case; a blank is
// "%20", never '+'. Covered by sigv4_test.cc and query_client_test.cc.
#pragma once

#include <string>
#include <string_view>

namespace dn::aws {

void append_percent_encoded(std::string& out, std::string_view text);

}  // namespace dn::aws
