// handshakes: complete TLS connections through a gateway (bench/run builds and starts it).
//
//   handshakes serve cert=FILE key=FILE [port=443]
//   handshakes rate  ca=FILE address=A addresses=N names=N seconds=S concurrent=N
//
// Both sides are OpenSSL with TLS 1.3: key exchange, certificate verified for its name, Finished, a
// request of one byte and its answer, close. No resumption. `rate` keeps `concurrent` connections
// open (name i lives at address i mod N) and prints one line of JSON. What load.cc leaves out on
// purpose, the arithmetic of a handshake, is here: this is the rate that clients and servers of a
// whole CPU each really reach. Not part of the product; no test covers it.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Options = std::map<std::string, std::string, std::less<>>;

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kPatience = 3 * kSecond;  // then a connection has failed
constexpr double kWarmUpSeconds = 0.4;

[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "handshakes: %s: %s\n", what.c_str(), std::strerror(errno));
  std::exit(1);
}

std::string option(const Options& options, std::string_view key, std::string_view fallback = "") {
  const auto found = options.find(key);
  return found == options.end() ? std::string(fallback) : found->second;
}

double number(const Options& options, std::string_view key, double fallback) {
  const auto found = options.find(key);
  return found == options.end() ? fallback : std::strtod(found->second.c_str(), nullptr);
}

std::int64_t now_ns() {
  return std::chrono::steady_clock::now().time_since_epoch().count();
}

using Context = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;
using Session = std::unique_ptr<SSL, decltype(&SSL_free)>;

Context make_context(const SSL_METHOD* method) {
  Context context(SSL_CTX_new(method), SSL_CTX_free);
  SSL_CTX_set_min_proto_version(context.get(), TLS1_3_VERSION);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context.get(), 0);
  return context;
}

// One TLS connection, either side. step() goes as far as it can without waiting.
class Peer {
 public:
  enum class State { Waiting, Done, Failed };

  Peer(int fd, SSL_CTX* context, bool client) : fd_(fd), client_(client) {
    session_.reset(SSL_new(context));
    SSL_set_fd(session_.get(), fd);
    client ? SSL_set_connect_state(session_.get()) : SSL_set_accept_state(session_.get());
    const int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  }
  ~Peer() { close(fd_); }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  SSL* session() { return session_.get(); }
  int fd() const { return fd_; }

  State step() {
    if (!SSL_is_init_finished(session_.get())) {
      const int done = SSL_do_handshake(session_.get());
      if (done != 1) return waits(done);
    }
    char byte = 'x';
    if (client_ && !spoken_) {
      spoken_ = true;
      if (SSL_write(session_.get(), &byte, 1) != 1) return State::Failed;
    }
    const int got = SSL_read(session_.get(), &byte, 1);
    if (got != 1) return waits(got);
    if (!client_ && SSL_write(session_.get(), &byte, 1) != 1) return State::Failed;
    return client_ ? State::Done : State::Waiting;  // a server waits for the client to close
  }

 private:
  State waits(int result) {
    const int why = SSL_get_error(session_.get(), result);
    return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? State::Waiting
                                                                     : State::Failed;
  }
  Session session_{nullptr, SSL_free};
  int fd_;
  bool client_, spoken_ = false;
};

void watch(int poll, int fd, std::uint32_t events, std::uint32_t tag) {
  epoll_event event{};
  event.events = events;
  event.data.u32 = tag;
  epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event);
}

sockaddr_in endpoint(std::uint32_t address, std::uint16_t port) {
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_port = htons(port);
  where.sin_addr.s_addr = htonl(address);
  return where;
}

[[noreturn]] void serve(const Options& options) {
  const Context context = make_context(TLS_server_method());
  if (SSL_CTX_use_certificate_chain_file(context.get(), option(options, "cert").c_str()) != 1 ||
      SSL_CTX_use_PrivateKey_file(context.get(), option(options, "key").c_str(),
                                  SSL_FILETYPE_PEM) != 1) {
    fail("certificate");
  }
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  const int one = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  const auto where = endpoint(INADDR_ANY, static_cast<std::uint16_t>(number(options, "port", 443)));
  if (bind(listener, reinterpret_cast<const sockaddr*>(&where), sizeof where) != 0 ||
      listen(listener, 65535) != 0) {
    fail("listen");
  }
  const int poll = epoll_create1(0);
  watch(poll, listener, EPOLLIN, static_cast<std::uint32_t>(listener));
  std::vector<std::unique_ptr<Peer>> peers(65536);
  std::array<epoll_event, 256> events{};
  for (;;) {
    const int count = epoll_wait(poll, events.data(), events.size(), -1);
    for (int i = 0; i < count; ++i) {
      const auto fd = events[static_cast<std::size_t>(i)].data.u32;
      if (static_cast<int>(fd) != listener) {
        if (peers[fd] && peers[fd]->step() == Peer::State::Failed) peers[fd].reset();
        continue;
      }
      for (int fresh; (fresh = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK)) >= 0;) {
        peers[static_cast<std::size_t>(fresh)] =
            std::make_unique<Peer>(fresh, context.get(), false);
        watch(poll, fresh, EPOLLIN, static_cast<std::uint32_t>(fresh));
      }
    }
  }
}

class Client {
 public:
  explicit Client(const Options& options)
      : context_(make_context(TLS_client_method())),
        first_address_(ntohl(inet_addr(option(options, "address").c_str()))),
        addresses_(static_cast<std::uint32_t>(number(options, "addresses", 1))),
        names_(static_cast<std::uint32_t>(number(options, "names", 1))),
        calls_(static_cast<std::size_t>(number(options, "concurrent", 64))) {
    if (SSL_CTX_load_verify_file(context_.get(), option(options, "ca").c_str()) != 1) fail("ca");
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
    begin_ = now_ns() + static_cast<std::int64_t>(kWarmUpSeconds * 1e9);
    end_ = begin_ + static_cast<std::int64_t>(number(options, "seconds", 2) * 1e9);
  }

  void run() {
    for (std::size_t i = 0; i < calls_.size(); ++i) start(i);
    std::array<epoll_event, 256> events{};
    for (std::int64_t now = now_ns(); now < end_; now = now_ns()) {
      const int count = epoll_wait(poll_, events.data(), events.size(), 100);
      for (int i = 0; i < count; ++i) advance(events[static_cast<std::size_t>(i)].data.u32);
      for (std::size_t i = 0; i < calls_.size(); ++i) {
        if (now - calls_[i].started > kPatience) finish(i, false);
      }
    }
    std::printf("{\"good\":%zu,\"failed\":%zu,\"per_second\":%.1f}\n", good_, failed_,
                static_cast<double>(good_) * 1e9 / static_cast<double>(end_ - begin_));
  }

 private:
  struct Call {
    std::unique_ptr<Peer> peer;
    std::int64_t started = 0;
  };

  void start(std::size_t index) {
    const std::uint32_t name = sequence_++ % names_;
    std::array<char, 32> host{};
    std::snprintf(host.data(), host.size(), "host-%05u.bench.test", name);
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (fd < 0) fail("socket");
    calls_[index] = {std::make_unique<Peer>(fd, context_.get(), true), now_ns()};
    SSL_set_tlsext_host_name(calls_[index].peer->session(), host.data());
    SSL_set1_host(calls_[index].peer->session(), host.data());
    const auto where = endpoint(first_address_ + name % addresses_, 443);
    if (connect(fd, reinterpret_cast<const sockaddr*>(&where), sizeof where) != 0 &&
        errno != EINPROGRESS) {
      fail("connect");
    }
    watch(poll_, fd, EPOLLIN | EPOLLOUT | EPOLLET, static_cast<std::uint32_t>(index));
  }

  void advance(std::size_t index) {
    const Peer::State state = calls_[index].peer->step();
    if (state != Peer::State::Waiting) finish(index, state == Peer::State::Done);
  }

  void finish(std::size_t index, bool good) {
    const std::int64_t now = now_ns();
    if (now >= begin_ && now < end_) ++(good ? good_ : failed_);
    start(index);
  }

  Context context_;
  std::uint32_t first_address_, addresses_, names_, sequence_ = 0;
  std::vector<Call> calls_;
  std::int64_t begin_ = 0, end_ = 0;
  std::size_t good_ = 0, failed_ = 0;
  int poll_ = epoll_create1(0);
};

}  // namespace

int main(int count, char** words) {
  std::signal(SIGPIPE, SIG_IGN);
  const std::string_view mode = count > 1 ? words[1] : "";
  Options options;
  for (int i = 2; i < count; ++i) {
    const std::string_view word = words[i];
    const std::size_t equals = std::min(word.find('='), word.size() - 1);
    options.emplace(word.substr(0, equals), word.substr(equals + 1));
  }
  if (mode == "serve") serve(options);
  if (mode != "rate") {
    std::fputs("usage: handshakes serve|rate key=value…; see the head of handshakes.cc\n", stderr);
    return 2;
  }
  Client(options).run();
}
