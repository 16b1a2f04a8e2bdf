#include "net/health_server.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

namespace dn::net {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kAcceptsPerTurn = 64;
constexpr int kBacklog = 2 * kHealthConnectionsMax;
constexpr auto kPauseWithoutDescriptors = std::chrono::milliseconds(100);

std::string format_answer(std::string_view status, std::string_view word,
                          std::string_view field = "") {
  const std::string body = "{\"status\":\"" + std::string(word) + "\"}\n";
  std::string answer = "HTTP/1.1 ";
  answer += status;
  answer += "\r\nContent-Type: application/json\r\nCache-Control: no-store\r\n";
  answer += field;
  answer += "Content-Length: " + std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n";
  return answer + body;
}

struct RequestLine {
  std::string_view method, target;
};

// "GET / HTTP/1.1" without its line end; nothing when it is not of this form (RFC 9112 section 3).
std::optional<RequestLine> parse_request_line(std::string_view line) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return {};
  const RequestLine parsed{line.substr(0, first), line.substr(first + 1, last - first - 1)};
  const auto upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  const auto visible = [](char c) { return c > ' ' && c < 0x7f; };
  const std::string_view version = line.substr(last + 1);
  if (parsed.method.empty() || !std::ranges::all_of(parsed.method, upper)) return {};
  if (parsed.target.empty() || !std::ranges::all_of(parsed.target, visible)) return {};
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return {};
  return parsed;
}

// One client. Reading until its answer is sent, then draining, so that the answer is not lost to a
// reset for bytes that nobody read.
struct Connection {
  FileDescriptor socket;
  Clock::time_point deadline;
  std::string read;
  std::size_t drained = 0;
  bool answered = false;
};

// False when the connection is to be closed.
bool serve(Connection& connection, const std::function<bool()>& ready) {
  std::array<char, kHealthRequestBytesMax> bytes;
  const ssize_t got = ::recv(connection.socket.get(), bytes.data(), bytes.size(), 0);
  if (got < 0) return errno == EAGAIN || errno == EINTR;
  if (got == 0) return false;
  if (connection.answered) {
    connection.drained += static_cast<std::size_t>(got);
    return connection.drained <= kHealthRequestBytesMax;
  }
  connection.read.append(bytes.data(), static_cast<std::size_t>(got));
  const std::string answer = answer_health_request(connection.read, ready());
  if (answer.empty()) return true;
  connection.answered = true;
  connection.read.clear();
  // A fresh socket's buffer holds the few bytes; where it does not, the client gets none.
  const ssize_t sent =
      ::send(connection.socket.get(), answer.data(), answer.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  return sent == static_cast<ssize_t>(answer.size()) &&
         ::shutdown(connection.socket.get(), SHUT_WR) == 0;
}

// Takes what waits; false when the process is out of descriptors.
bool accept_waiting(int listener, std::chrono::milliseconds deadline,
                    std::vector<Connection>& connections) {
  for (int i = 0; i < kAcceptsPerTurn; ++i) {
    FileDescriptor socket(::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket.is_open()) return errno != EMFILE && errno != ENFILE && errno != ENOMEM;
    if (connections.size() >= kHealthConnectionsMax) connections.erase(connections.begin());
    connections.push_back({std::move(socket), Clock::now() + deadline, {}, 0, false});
  }
  return true;
}

int milliseconds_until(Clock::time_point time) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(time - Clock::now());
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 60'000));
}

tl::unexpected<Error> fail_with_errno(std::string_view what) {
  const int error = errno;
  return fail("health service: " + std::string(what) + ": " +
              std::generic_category().message(error));
}

}  // namespace

std::string answer_health_request(std::string_view read, bool ready) {
  const std::size_t line_end = read.find('\n');
  const bool too_large = read.size() > kHealthRequestBytesMax;
  if (line_end == std::string_view::npos) {
    // Nothing that begins otherwise can become a request: TLS, for one.
    const bool hopeless = !read.empty() && (read[0] < 'A' || read[0] > 'Z');
    return too_large || hopeless ? format_answer("400 Bad Request", "bad request") : "";
  }
  std::string_view line = read.substr(0, line_end);
  if (line.ends_with('\r')) line.remove_suffix(1);
  const auto request = parse_request_line(line);
  if (!request) return format_answer("400 Bad Request", "bad request");
  const std::string_view rest = read.substr(line_end + 1);
  const bool complete = rest.starts_with("\r\n") || rest.starts_with("\n") ||
                        rest.find("\n\r\n") != std::string_view::npos ||
                        rest.find("\n\n") != std::string_view::npos;
  if (!complete) return too_large ? format_answer("400 Bad Request", "bad request") : "";
  if (request->target != "/") return format_answer("404 Not Found", "not found");
  if (request->method != "GET") {
    return format_answer("405 Method Not Allowed", "method not allowed", "Allow: GET\r\n");
  }
  return ready ? format_answer("200 OK", "healthy")
               : format_answer("503 Service Unavailable", "unhealthy");
}

Result<std::unique_ptr<HealthServer>> HealthServer::start(HealthSettings settings) {
  FileDescriptor listener(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!listener.is_open()) return fail_with_errno("socket");
  const int yes = 1;
  if (::setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0) {
    return fail_with_errno("SO_REUSEADDR");
  }
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(settings.address.value);
  address.sin_port = htons(settings.port);
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  if (::bind(listener.get(), generic, size) != 0 || ::listen(listener.get(), kBacklog) != 0) {
    return fail_with_errno("cannot listen on tcp/" + std::to_string(settings.port) +
                           ", set another health_port");
  }
  if (::getsockname(listener.get(), generic, &size) != 0) return fail_with_errno("getsockname");
  FileDescriptor stop(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!stop.is_open()) return fail_with_errno("eventfd");
  return std::unique_ptr<HealthServer>(new HealthServer(std::move(settings), std::move(listener),
                                                        std::move(stop), ntohs(address.sin_port)));
}

HealthServer::HealthServer(HealthSettings settings, FileDescriptor listener, FileDescriptor stop,
                           Port port)
    : settings_(std::move(settings)),
      listener_(std::move(listener)),
      stop_(std::move(stop)),
      port_(port),
      thread_([this] { run(); }) {}

HealthServer::~HealthServer() {
  const std::uint64_t one = 1;
  // Cannot fail: the counter is far from full.
  [[maybe_unused]] const ssize_t written = ::write(stop_.get(), &one, sizeof one);
  thread_.join();
}

void HealthServer::run() {
  std::vector<Connection> connections;  // oldest first, so the first has the nearest deadline
  std::vector<pollfd> polled;
  bool out_of_descriptors = false;
  while (true) {
    polled.assign({{stop_.get(), POLLIN, 0},
                   {listener_.get(), static_cast<short>(out_of_descriptors ? 0 : POLLIN), 0}});
    for (const Connection& connection : connections) {
      polled.push_back({connection.socket.get(), POLLIN, 0});
    }
    int timeout = connections.empty() ? -1 : milliseconds_until(connections.front().deadline);
    if (out_of_descriptors) timeout = static_cast<int>(kPauseWithoutDescriptors.count());
    ::poll(polled.data(), polled.size(), timeout);
    if (polled[0].revents != 0) return;
    for (std::size_t i = 0; i < connections.size(); ++i) {
      const bool alive = polled[i + 2].revents == 0 || serve(connections[i], settings_.ready);
      if (!alive) connections[i].socket = FileDescriptor();
    }
    const auto now = Clock::now();
    std::erase_if(connections, [now](const Connection& connection) {
      return !connection.socket.is_open() || connection.deadline <= now;
    });
    out_of_descriptors =
        polled[1].revents != 0 && !accept_waiting(listener_.get(), settings_.deadline, connections);
  }
}

}  // namespace dn::net
