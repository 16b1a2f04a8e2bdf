// The keys that clients of the endpoint sign with: a file of its own, so that the configuration can
// be shown to people who may not use them.
//
//   # comment
//   ACCESS_KEY_ID SECRET
//
// One id may stand twice, with the old and the new secret, while clients change over. Messages name
// lines, never their content. A key may also come as user and password of HTTP Basic (RFC 7617),
// from programs that cannot sign. Covered by api_keys_test.cc.
#pragma once

#include <optional>
#include <span>
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

// Whether an Authorization field is of the scheme Basic, right or wrong.
bool is_basic(std::string_view authorization);
// Whether it carries the id and the secret of one of the keys; returns that id. Compares in
// constant time, whichever key it is and wherever the difference stands.
std::optional<std::string> check_basic(std::string_view authorization,
                                       std::span<const aws::Credentials> keys);

}  // namespace dn::daemon
