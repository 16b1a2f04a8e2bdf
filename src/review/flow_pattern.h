// Filter patterns over the flow log, for who reads it by FilterLogEvents. Pure. Covered by
// flow_pattern_test.cc, and by what the commands find with them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace dn::review {

// A string of a filter pattern, with its quotes. Nothing where it holds characters whose escapes
// are not certain: control characters, backslashes, quotes and asterisks.
std::optional<std::string> pattern_text(std::string_view text);

// What AllowlistPicture wants: client lines that only the see-thru of this group let through, and
// the server lines whose reason is a flaw of the server. Where the gid cannot be written, those of
// all groups.
std::string allowlist_pattern(std::string_view gid);

}  // namespace dn::review
