#include "console/session_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/secret.h"

namespace dn::console {

std::string SessionTable::open(std::string_view id, MonotonicTime now,
                               const std::function<std::uint64_t()>& random) {
  forget_old(now);
  if (sessions_.size() >= kSessionsMax) {
    sessions_.erase(std::ranges::min_element(sessions_, {}, &Session::used));
  }
  std::string token;
  for (int i = 0; i < 4; ++i) token += fmt::format("{:016x}", random());
  sessions_.push_back({token, std::string(id), now, now});
  return token;
}

std::optional<std::string> SessionTable::find(std::string_view token, MonotonicTime now) {
  forget_old(now);
  for (Session& session : sessions_) {
    if (!equal_secrets(session.token, token)) continue;
    session.used = now;
    return session.id;
  }
  return {};
}

void SessionTable::close(std::string_view token) {
  std::erase_if(sessions_,
                [&](const Session& session) { return equal_secrets(session.token, token); });
}

void SessionTable::forget_old(MonotonicTime now) {
  std::erase_if(sessions_, [&](const Session& session) {
    return now - session.opened >= kSessionAge || now - session.used >= kSessionIdle;
  });
}

}  // namespace dn::console
