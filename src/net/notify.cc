#include "net/notify.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <string>
#include <system_error>

#include "net/file_descriptor.h"

namespace dn::net {
namespace {

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return number;
}

tl::unexpected<Error> fail_with_errno(std::string_view what) {
  const int error = errno;
  return fail("cannot notify the supervisor: " + std::string(what) + ": " +
              std::generic_category().message(error));
}

}  // namespace

Result<bool> notify_supervisor(std::string_view message) {
  const std::string_view path = environment("NOTIFY_SOCKET");
  if (path.empty()) return false;
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if ((path[0] != '/' && path[0] != '@') || path.size() >= sizeof(address.sun_path)) {
    return fail("cannot notify the supervisor: NOTIFY_SOCKET is neither a path nor @name");
  }
  std::ranges::copy(path, address.sun_path);
  if (path[0] == '@') address.sun_path[0] = '\0';  // the abstract name space
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  const FileDescriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket.is_open()) return fail_with_errno("socket");
  const ssize_t sent =
      ::sendto(socket.get(), message.data(), message.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
               reinterpret_cast<const sockaddr*>(&address), size);
  if (sent != static_cast<ssize_t>(message.size())) return fail_with_errno("send");
  return true;
}

std::optional<std::chrono::microseconds> watchdog_interval() {
  const std::string_view pid = environment("WATCHDOG_PID");
  if (!pid.empty() && parse_number<pid_t>(pid) != ::getpid()) return {};
  const auto interval = parse_number<std::int64_t>(environment("WATCHDOG_USEC"));
  if (!interval || *interval <= 0) return {};
  return std::chrono::microseconds(*interval);
}

}  // namespace dn::net
