// SessionTable: who has logged in, by the token in the browser's cookie.
//
// A token is 256 random bits. It is never stored on disk and ends with the process, kSessionAge
// after the login, or kSessionIdle without a request. At kSessionsMax the one that was used
// least recently goes. Tokens are compared in constant time. Pure: time and randomness arrive as
// arguments. Not shared by threads. Covered by session_table_test.cc.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace dn::console {

inline constexpr auto kSessionAge = std::chrono::hours(12);
inline constexpr auto kSessionIdle = std::chrono::hours(1);
inline constexpr std::size_t kSessionsMax = 100;

class SessionTable {
 public:
  // The token of a new session, in hexadecimal digits.
  std::string open(std::string_view id, MonotonicTime now,
                   const std::function<std::uint64_t()>& random);
  // Whose it is, which counts as a use; nothing when it is none or has ended.
  std::optional<std::string> find(std::string_view token, MonotonicTime now);
  void close(std::string_view token);
  std::size_t size() const { return sessions_.size(); }

 private:
  struct Session {
    std::string token, id;
    MonotonicTime opened, used;
  };
  void forget_old(MonotonicTime now);
  std::vector<Session> sessions_;
};

}  // namespace dn::console
