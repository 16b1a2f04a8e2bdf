// The server's connections, and the only file that includes Asio.
//
// Theory of operation. One thread does all I/O: it waits for readiness (no buffer is lent to a
// connection that has nothing to say), reads into one scratch buffer of its own, and hands bytes to
// the connection's RequestReader, which exists only while a request arrives. A complete request
// goes to a worker thread, its response comes back as a posted call. While a handler works nothing
// is read, so pipelined requests wait in the kernel. Every connection is in one stage with one
// deadline; a tick looks at all of them.
//
//   Handshake ─► Idle ─► Head ─► Body ─► Working ─► Writing ─► Idle or Lingering
//                                                 └► Streaming ─►┘
//
// Attacks considered, and what happens:
// - many connections: at `connections_max` the one that has been idle longest makes room; when all
//   are busy the newcomer gets 503 (TLS: is closed). Without file descriptors accepting pauses for
//   one tick.
// - slow requests, slow readers: absolute deadlines that only real progress moves (HttpTimes).
// - many large bodies: `held_bytes_max` for all connections together; beyond, a request that still
//   arrives gets 503. A length that is only announced costs nothing.
// - many requests at once: kWaitingRequestsMax wait for a worker; beyond, 503.
// - many streams: kStreamsMax; beyond, 503. A stream whose client does not read is not asked for
//   more, and ends with its deadline.
// - requests that two readers could split differently: see request_reader.h.
// After a refusal the connection is closed, but not before the client had time to read the answer.
#include "http/http_server.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <exception>
#include <list>
#include <span>
#include <system_error>
#include <thread>
#include <unordered_set>

#include "http/channel.h"
#include "http/request_reader.h"
#include "http/response_text.h"
#include "http/worker_pool.h"
#include "net/file_descriptor.h"

namespace dn::http {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;
using Descriptor = asio::posix::stream_descriptor;

constexpr std::size_t kWaitingRequestsMax = 1024;  // for a worker; beyond: 503
constexpr std::size_t kStreamsMax = 256;           // beyond: 503
constexpr std::size_t kScratchBytes = 64UL << 10U;
constexpr int kTransfersPerTurn = 16;  // of one connection, before others have their turn
constexpr int kAcceptsPerTurn = 64;
constexpr int kBacklog = 1024;
constexpr std::size_t kReservedDescriptors = 256;  // of the process, for everything else

WallTime wall_now() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

class Server;

// Lifetime: owned by the server's set until close(), and by whatever still refers to it: a wait, a
// job. I/O thread only.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Server& server, net::FileDescriptor socket);
  void begin();
  void on_tick(Clock::time_point now);
  void close();
  void drain();  // the server ends: no further request
  bool is_due(Clock::time_point now) const { return now >= deadline_ || piece_due(now); }

 private:
  enum class Stage : std::uint8_t {
    Handshake,
    Idle,
    Head,
    Body,
    Working,
    Writing,
    Streaming,
    Lingering,
    Closed
  };

  bool piece_due(Clock::time_point now) const {
    return stage_ == Stage::Streaming && out_.empty() && !piece_running_ && now >= next_piece_;
  }
  void wait(Flow flow);
  void go_on_later();
  void go_on();
  void shake_hands();
  void rest();
  void read();
  bool take(std::string_view bytes);
  bool send_continue();
  void begin_work();
  void refuse(int status, std::string_view reason);
  void on_response(Response response);
  void begin_stream(Response& response);
  void ask_for_piece();
  void on_piece(std::optional<std::string> piece);
  void begin_writing(Stage stage);
  void write();
  void written();
  void linger();
  void discard();
  void charge(std::size_t bytes);

  using More = std::function<std::optional<std::string>()>;

  Server& server_;
  net::FileDescriptor socket_;  // until descriptor_ has it
  Descriptor descriptor_;
  Channel channel_;
  Stage stage_ = Stage::Handshake;
  bool waiting_ = false;  // one wait or posted turn at most
  bool last_ = false;     // no request after the answer under way
  bool head_only_ = false, http_1_0_ = false;
  bool piece_running_ = false, stream_ended_ = false;
  Clock::time_point deadline_, moving_since_, next_piece_;
  std::size_t moved_ = 0, charged_ = 0, sent_ = 0;
  std::unique_ptr<RequestReader> reader_;
  std::string out_;
  std::shared_ptr<More> more_;
  std::list<Connection*>::iterator place_;  // valid while Idle
};

// Everything but construction and destruction happens on the I/O thread.
class Server final : public HttpServer {
 public:
  Server(HttpSettings settings, Handler handler, std::unique_ptr<TlsContext> tls,
         net::FileDescriptor listener, std::uint16_t port);
  ~Server() override;
  std::uint16_t port() const override { return port_; }

  asio::io_context& io() { return io_; }
  const HttpSettings& settings() const { return settings_; }
  const HttpTimes& times() const { return settings_.times; }
  const TlsContext* tls() const { return tls_.get(); }
  std::span<char> scratch() { return scratch_; }
  WorkerPool& workers() { return *workers_; }
  Response call_handler(const Request& request) const;  // on worker threads
  bool draining() const { return draining_; }

  std::list<Connection*>::iterator add_idle(Connection* connection);
  void remove_idle(std::list<Connection*>::iterator place) { idle_.erase(place); }
  void forget(const std::shared_ptr<Connection>& connection);
  void change_held(std::size_t before, std::size_t after) { held_ = held_ - before + after; }
  bool holds_too_much() const { return held_ > settings_.held_bytes_max; }
  bool add_stream();
  void remove_stream() { --streams_; }

 private:
  void run();
  void wait_for_clients();
  void accept_waiting();
  bool accept_one();
  bool make_room();
  void turn_away(int socket) const;
  void wait_for_tick();
  void on_tick();
  void begin_drain();

  const HttpSettings settings_;
  const Handler handler_;
  const std::unique_ptr<TlsContext> tls_;
  const std::uint16_t port_;
  const std::size_t connections_max_;
  asio::io_context io_{1};
  Descriptor listener_;
  asio::steady_timer timer_{io_};
  std::array<char, kScratchBytes> scratch_{};
  std::unordered_set<std::shared_ptr<Connection>> connections_;
  std::list<Connection*> idle_;  // longest idle first
  std::size_t held_ = 0, streams_ = 0;
  bool accepting_ = false, draining_ = false;
  Clock::time_point drained_by_;
  std::unique_ptr<WorkerPool> workers_;
  std::thread thread_;
};

// ---- Connection: waiting and stages

Connection::Connection(Server& server, net::FileDescriptor socket)
    : server_(server),
      socket_(std::move(socket)),
      descriptor_(server.io()),
      channel_(socket_.get(), server.tls()) {}

void Connection::begin() {
  deadline_ = Clock::now() + server_.times().handshake;
  error_code error;
  descriptor_.assign(socket_.get(), error);
  if (error) return close();
  socket_.release();
  shake_hands();
}

void Connection::wait(Flow flow) {
  if (stage_ == Stage::Closed || waiting_) return;
  waiting_ = true;
  const auto type = flow == Flow::WantWrite ? Descriptor::wait_write : Descriptor::wait_read;
  descriptor_.async_wait(type, [self = shared_from_this()](const error_code& error) {
    self->waiting_ = false;
    if (!error) self->go_on();
  });
}

void Connection::go_on_later() {
  if (waiting_) return;
  waiting_ = true;
  asio::post(server_.io(), [self = shared_from_this()] {
    self->waiting_ = false;
    self->go_on();
  });
}

void Connection::go_on() {
  switch (stage_) {
    case Stage::Handshake: return shake_hands();
    case Stage::Idle:
    case Stage::Head:
    case Stage::Body: return read();
    case Stage::Writing:
    case Stage::Streaming: return write();
    case Stage::Lingering: return discard();
    case Stage::Working:
    case Stage::Closed: return;
  }
}

void Connection::on_tick(Clock::time_point now) {
  if (now >= deadline_) return close();
  if (piece_due(now)) ask_for_piece();
}

void Connection::drain() {
  last_ = true;
  if (stage_ == Stage::Idle || stage_ == Stage::Handshake) return close();
  if (stage_ == Stage::Streaming && !piece_running_ && out_.empty()) on_piece({});
}

void Connection::close() {
  if (stage_ == Stage::Closed) return;
  if (stage_ == Stage::Idle) server_.remove_idle(place_);
  if (more_) server_.remove_stream();
  stage_ = Stage::Closed;
  charge(0);
  more_.reset();
  reader_.reset();
  out_ = {};
  error_code ignored;
  descriptor_.close(ignored);
  server_.forget(shared_from_this());
}

void Connection::charge(std::size_t bytes) {
  server_.change_held(charged_, bytes);
  charged_ = bytes;
}

void Connection::shake_hands() {
  const Flow flow = channel_.shake_hands();
  if (flow == Flow::Ended) return close();
  if (flow != Flow::Moved) return wait(flow);
  rest();
}

// ---- Connection: reading

// Between requests. What has come already, in the reader or inside TLS, tells no socket.
void Connection::rest() {
  if (server_.draining()) return close();
  const bool pipelined = reader_ && reader_->began();
  if (!pipelined) reader_.reset();
  charge(0);
  stage_ = Stage::Idle;
  place_ = server_.add_idle(this);
  deadline_ = Clock::now() + server_.times().idle;
  if (pipelined && !take("")) return;
  go_on_later();
}

void Connection::read() {
  for (int i = 0; i < kTransfersPerTurn; ++i) {
    const Transfer got = channel_.read(server_.scratch());
    if (got.flow == Flow::Ended) return close();
    if (got.flow != Flow::Moved) return wait(got.flow);
    if (!take({server_.scratch().data(), got.bytes})) return;
  }
  go_on_later();
}

// False when reading is over for now.
bool Connection::take(std::string_view bytes) {
  if (!reader_) reader_ = std::make_unique<RequestReader>(server_.settings().body_bytes_max);
  RequestReader::Step step = reader_->feed(bytes);
  if (stage_ == Stage::Idle && (reader_->began() || step != RequestReader::Step::NeedMore)) {
    server_.remove_idle(place_);
    stage_ = Stage::Head;
    deadline_ = Clock::now() + server_.times().head;
  }
  if (stage_ == Stage::Idle) return true;  // an empty line between requests
  if (step == RequestReader::Step::SendContinue) {
    if (!send_continue()) return false;
    step = reader_->feed("");
  }
  if (step == RequestReader::Step::Refused) {
    refuse(reader_->refusal().status, reader_->refusal().reason);
    return false;
  }
  charge(reader_->held_bytes());
  if (step == RequestReader::Step::Done) {
    begin_work();
    return false;
  }
  if (server_.holds_too_much()) {
    refuse(503, "the server holds as many bodies as it may; try again later");
    return false;
  }
  if (reader_->in_body()) {
    if (stage_ == Stage::Head) {
      stage_ = Stage::Body;
      moved_ = 0;
      moving_since_ = Clock::now();
    }
    moved_ += bytes.size();
    deadline_ = moving_since_ + server_.times().time_for(moved_);
  }
  return true;
}

// A few bytes to a client that waits for them: its window is open, or it is not worth the trouble.
bool Connection::send_continue() {
  constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  const Transfer sent = channel_.write(kContinue);
  if (sent.flow == Flow::Moved && sent.bytes == kContinue.size()) return true;
  close();
  return false;
}

void Connection::begin_work() {
  Request request = reader_->take_request();
  head_only_ = request.method == "HEAD";
  http_1_0_ = reader_->is_http_1_0();
  last_ = last_ || reader_->wants_close();
  stage_ = Stage::Working;
  charge(request.body.capacity() + reader_->held_bytes());
  const bool accepted =
      server_.workers().submit([self = shared_from_this(), request = std::move(request)]() mutable {
        Response response = self->server_.call_handler(request);
        asio::io_context& io = self->server_.io();
        asio::post(io, [self = std::move(self), response = std::move(response)]() mutable {
          self->on_response(std::move(response));
        });
      });
  if (!accepted) {
    return refuse(503, "the server has as many requests as it can take; try again later");
  }
  deadline_ = Clock::time_point::max();  // the handler's time is its own
}

// ---- Connection: answering

void Connection::refuse(int status, std::string_view reason) {
  last_ = true;
  if (stage_ != Stage::Working) head_only_ = false;  // of an unread request nothing is known
  stage_ = Stage::Working;
  Response response;
  response.status = status;
  response.headers.emplace_back("Content-Type", "text/plain; charset=utf-8");
  if (status == 503) response.headers.emplace_back("Retry-After", "1");
  response.body = fmt::format("{}\n", reason);
  on_response(std::move(response));
}

void Connection::on_response(Response response) {
  if (stage_ != Stage::Working) return;  // closed meanwhile
  deadline_ = Clock::now() + server_.times().grace;
  if (server_.draining()) last_ = true;
  if (response.more && may_have_body(response.status)) {
    if (server_.add_stream()) return begin_stream(response);
    return refuse(503, "the server has as many streams as it can take; try again later");
  }
  const HeadSettings head{Framing::Length, response.body.size(), last_};
  out_ = format_head(response, head, wall_now());
  if (!head_only_ && may_have_body(response.status)) out_ += response.body;
  begin_writing(Stage::Writing);
}

void Connection::begin_stream(Response& response) {
  more_ = std::make_shared<More>(std::move(response.more));
  stream_ended_ = false;
  piece_running_ = false;
  last_ = last_ || http_1_0_;
  const HeadSettings head{http_1_0_ ? Framing::Close : Framing::Chunked, 0, last_};
  out_ = format_head(response, head, wall_now());
  if (head_only_) {
    stream_ended_ = true;
  } else {
    out_ += http_1_0_ ? response.body : format_chunk(response.body);
  }
  next_piece_ = Clock::now() + server_.times().piece;
  begin_writing(Stage::Streaming);
}

void Connection::ask_for_piece() {
  next_piece_ = Clock::now() + server_.times().piece;
  piece_running_ = server_.workers().submit([self = shared_from_this(), more = more_]() mutable {
    std::optional<std::string> piece;
    try {
      piece = (*more)();
    } catch (...) {  // a stream that fails ends: its status has been sent long ago
      piece.reset();
    }
    more.reset();
    asio::io_context& io = self->server_.io();
    asio::post(io, [self = std::move(self), piece = std::move(piece)]() mutable {
      self->piece_running_ = false;
      self->on_piece(std::move(piece));
    });
  });  // when too many wait already, the next tick tries again
}

void Connection::on_piece(std::optional<std::string> piece) {
  if (stage_ != Stage::Streaming || stream_ended_) return;
  if (!piece || server_.draining()) {
    stream_ended_ = true;
    if (!http_1_0_) out_ += kLastChunk;
    if (out_.empty()) return written();
  } else {
    out_ += http_1_0_ ? *piece : format_chunk(*piece);
    if (out_.empty()) return;
  }
  begin_writing(Stage::Streaming);
}

void Connection::begin_writing(Stage stage) {
  stage_ = stage;
  charge(out_.capacity());
  moving_since_ = Clock::now();
  sent_ = 0;
  deadline_ = moving_since_ + server_.times().time_for(out_.size());
  write();
}

void Connection::write() {
  for (int i = 0; i < kTransfersPerTurn && sent_ < out_.size(); ++i) {
    const Transfer sent = channel_.write(std::string_view(out_).substr(sent_));
    if (sent.flow == Flow::Ended) return close();
    if (sent.flow != Flow::Moved) return wait(sent.flow);
    sent_ += sent.bytes;
  }
  if (sent_ < out_.size()) return go_on_later();
  written();
}

void Connection::written() {
  out_ = {};
  sent_ = 0;
  charge(0);
  if (stage_ == Stage::Streaming && !stream_ended_) {
    deadline_ = Clock::time_point::max();  // until there is something to write
    if (server_.draining() && !piece_running_) on_piece({});
    return;
  }
  if (more_) {
    more_.reset();
    server_.remove_stream();
  }
  if (last_) return linger();
  rest();
}

// Closing at once would reset the connection while bytes of the client are unread, and the reset
// would overtake the answer.
void Connection::linger() {
  stage_ = Stage::Lingering;
  reader_.reset();
  deadline_ = Clock::now() + server_.times().linger;
  channel_.end_writing();
  discard();
}

void Connection::discard() {
  for (int i = 0; i < kTransfersPerTurn; ++i) {
    const Transfer got = channel_.discard(server_.scratch());
    if (got.flow == Flow::Ended) return close();
    if (got.flow != Flow::Moved) return wait(got.flow);
  }
  go_on_later();
}

// ---- Server

std::size_t affordable_connections(std::size_t wanted) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return wanted;
  const std::size_t files = limit.rlim_cur;
  return std::min(wanted, files > 2 * kReservedDescriptors ? files - kReservedDescriptors
                                                           : std::max<std::size_t>(files / 2, 1));
}

Server::Server(HttpSettings settings, Handler handler, std::unique_ptr<TlsContext> tls,
               net::FileDescriptor listener, std::uint16_t port)
    : settings_(std::move(settings)),
      handler_(std::move(handler)),
      tls_(std::move(tls)),
      port_(port),
      connections_max_(affordable_connections(settings_.connections_max)),
      listener_(io_) {
  listener_.assign(listener.release());
  workers_ = std::make_unique<WorkerPool>(settings_.workers, kWaitingRequestsMax);
  wait_for_clients();
  wait_for_tick();
  thread_ = std::thread([this] { run(); });
}

Server::~Server() {
  asio::post(io_, [this] { begin_drain(); });
  thread_.join();
  workers_.reset();
}

// An exception here is memory that ran out: the connection it met is closed by its deadline.
void Server::run() {
  for (;;) {
    try {
      io_.run();
      return;
    } catch (const std::exception&) {
      continue;
    }
  }
}

Response Server::call_handler(const Request& request) const {
  try {
    return handler_(request);
  } catch (...) {
    Response response;
    response.status = 500;
    return response;
  }
}

std::list<Connection*>::iterator Server::add_idle(Connection* connection) {
  return idle_.insert(idle_.end(), connection);
}

bool Server::add_stream() {
  if (streams_ >= kStreamsMax) return false;
  ++streams_;
  return true;
}

void Server::forget(const std::shared_ptr<Connection>& connection) {
  connections_.erase(connection);
  if (draining_ && connections_.empty()) io_.stop();
}

void Server::wait_for_clients() {
  accepting_ = true;
  listener_.async_wait(Descriptor::wait_read, [this](const error_code& error) {
    accepting_ = false;
    if (!error && !draining_) accept_waiting();
  });
}

void Server::accept_waiting() {
  for (int i = 0; i < kAcceptsPerTurn; ++i) {
    if (accept_one()) continue;
    if (errno == EAGAIN) break;
    return;  // no descriptors or memory: the next tick tries again
  }
  wait_for_clients();
}

// False when nobody waits, or nobody can be taken; errno says which.
bool Server::accept_one() {
  net::FileDescriptor socket(
      ::accept4(listener_.native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!socket.is_open()) return errno == ECONNABORTED || errno == EINTR || errno == EPROTO;
  if (connections_.size() >= connections_max_ && !make_room()) {
    turn_away(socket.get());
    return true;
  }
  const int yes = 1;
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  const auto connection = std::make_shared<Connection>(*this, std::move(socket));
  connections_.insert(connection);
  connection->begin();
  return true;
}

bool Server::make_room() {
  if (idle_.empty()) return false;
  idle_.front()->close();
  return true;
}

void Server::turn_away(int socket) const {
  if (tls_) return;
  constexpr std::string_view kBusy =
      "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nRetry-After: 1\r\n"
      "Connection: close\r\n\r\n";
  // To a new connection: it is taken at once, or lost.
  [[maybe_unused]] const ssize_t sent = ::send(socket, kBusy.data(), kBusy.size(), MSG_NOSIGNAL);
}

void Server::wait_for_tick() {
  timer_.expires_after(settings_.times.tick);
  timer_.async_wait([this](const error_code& error) {
    if (!error) on_tick();
  });
}

void Server::on_tick() {
  const auto now = Clock::now();
  wait_for_tick();
  std::vector<std::shared_ptr<Connection>> due;
  for (const auto& connection : connections_) {
    if (connection->is_due(now)) due.push_back(connection);
  }
  for (const auto& connection : due) connection->on_tick(now);
  if (!accepting_ && !draining_) wait_for_clients();
  if (draining_ && now >= drained_by_) io_.stop();
}

void Server::begin_drain() {
  draining_ = true;
  drained_by_ = Clock::now() + settings_.times.drain;
  error_code ignored;
  listener_.close(ignored);
  const std::vector<std::shared_ptr<Connection>> all(connections_.begin(), connections_.end());
  for (const auto& connection : all) connection->drain();
  if (connections_.empty()) io_.stop();
}

// ---- the listening socket

union SocketAddress {
  sockaddr generic;
  sockaddr_in v4;
  sockaddr_in6 v6;
};

struct Listener {
  net::FileDescriptor socket;
  std::uint16_t port = 0;
};

Result<Listener> listen_on(const std::string& address, std::uint16_t port) {
  const auto failed = [&] {
    return fail(fmt::format("cannot listen on {} port {}: {}", address, port,
                            std::generic_category().message(errno)));
  };
  SocketAddress at{};
  at.generic.sa_family = address.contains(':') ? AF_INET6 : AF_INET;
  const bool six = at.generic.sa_family == AF_INET6;
  void* const bytes = six ? static_cast<void*>(&at.v6.sin6_addr) : &at.v4.sin_addr;
  if (inet_pton(at.generic.sa_family, address.c_str(), bytes) != 1) {
    return fail(fmt::format("cannot listen on \"{}\": this is no address", address));
  }
  (six ? at.v6.sin6_port : at.v4.sin_port) = htons(port);
  socklen_t size = six ? sizeof at.v6 : sizeof at.v4;
  Listener listener;
  listener.socket = net::FileDescriptor(
      ::socket(at.generic.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int fd = listener.socket.get();
  const int yes = 1;
  if (fd < 0 || ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
      ::bind(fd, &at.generic, size) != 0 || ::listen(fd, kBacklog) != 0 ||
      ::getsockname(fd, &at.generic, &size) != 0) {
    return failed();
  }
  listener.port = ntohs(six ? at.v6.sin6_port : at.v4.sin_port);
  return listener;
}

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::start(HttpSettings settings, Handler handler) {
  std::unique_ptr<TlsContext> tls;
  if (settings.tls) {
    auto loaded = TlsContext::load(settings.tls->certificate, settings.tls->key);
    if (!loaded) return tl::unexpected(loaded.error());
    tls = std::move(*loaded);
  }
  auto listener = listen_on(settings.address, settings.port);
  if (!listener) return tl::unexpected(listener.error());
  try {
    return std::make_unique<Server>(std::move(settings), std::move(handler), std::move(tls),
                                    std::move(listener->socket), listener->port);
  } catch (const std::exception& error) {
    return fail(fmt::format("the HTTP server cannot start: {}", error.what()));
  }
}

}  // namespace dn::http
