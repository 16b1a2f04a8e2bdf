// The keys that clients of the endpoint sign with: a file of its own, so that the configuration can
// be shown to people who may not use them.
//
//   # comment
//   ACCESS_KEY_ID SECRET
//
// One id may stand twice, with the old and the new secret, while clients change over. Messages name
// lines, never their content. Covered by api_keys_test.cc.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "aws/sigv4.h"
#include "base/result.h"

namespace dn::daemon {

inline constexpr std::size_t kKeysFileBytesMax = 256UL << 10U;  // beyond: an error
inline constexpr std::size_t kKeysMax = 1000;                   // beyond: an error

// Pure. `name` stands in front of messages.
Result<std::vector<aws::Credentials>> parse_api_keys(std::string_view text, std::string_view name);

// Refuses a file that its group or others may read or write, or that belongs to another user.
Result<std::vector<aws::Credentials>> read_api_keys(const std::string& path);

// Whether these are one of the keys. Compares in constant time.
bool is_api_key(const std::vector<aws::Credentials>& keys, std::string_view id,
                std::string_view secret);

}  // namespace dn::daemon
