// Text and numbers that people read: in a terminal, in a message, in a comment of a file.
//
// Outside text may hold what a terminal obeys or what hides other text; none of that leaves here.
// Covered by readable_test.cc.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace dn {

// Outside text, safe on a terminal and in a log line: control and invisible characters and whatever
// is not UTF-8 are escaped; what is longer than `bytes_max` is cut and marked with "…".
std::string printable(std::string_view text, std::size_t bytes_max = 500);

// "1,234,567"
std::string format_count(std::uint64_t count);

}  // namespace dn
