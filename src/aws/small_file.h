// Small files that others may write: shared configuration, tokens.
//
// Covered by credentials_test.cc.
#pragma once

#include <cstddef>
#include <string>

#include "base/result.h"

namespace dn::aws {

inline constexpr std::size_t kSmallFileBytesMax = 1UL << 20U;  // beyond: an error

// A file that does not exist is empty, and so is the path "".
Result<std::string> read_small_file(const std::string& path);

}  // namespace dn::aws
