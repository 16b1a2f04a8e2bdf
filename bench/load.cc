// load: the client and the server of the gateway benchmark (bench/run and bench/sweep start it).
//
//   load serve  flight=FILE count=FILE [port=443]
//   load rate   hello=FILE flight=FILE address=A addresses=N names=N seconds=S concurrent=N
//               [rate=R] [times=FILE]
//   load stream hello=FILE flight=FILE address=A seconds=S
//
// `serve` answers each connection's first TLS record with the recorded server flight and then waits
// for the client to close. A second record from the client asks for a stream of application data
// without end. It counts what it served in a shared file, so that a proxy that answers by itself is
// noticed.
//
// `rate` opens connections, sends the recorded ClientHello with the digits of its name replaced
// (name i lives at address i mod N), waits for the whole flight and closes. Without rate= it keeps
// `concurrent` connections open at all times (saturation); with it connections start on schedule
// whatever the answers do. Time counts from connect() to the last byte. times= gets start and end
// of each good connection, 64-bit nanoseconds of the monotonic clock. `stream` receives from one
// connection. Results are one line of JSON.
//
// Deliberately no TLS library: a handshake's arithmetic would hide what the gateway costs. Nothing
// here is part of the product, and no test covers it: bench/run checks counts against each other.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Options = std::map<std::string, std::string, std::less<>>;

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kPatience = 3 * kSecond;  // then a connection has failed
constexpr double kWarmUpSeconds = 0.4;
constexpr std::size_t kRecordHeader = 5;
constexpr std::size_t kDigits = 5;  // of a name: host-00000.…
constexpr std::string_view kNameStart = "host-";

[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "load: %s: %s\n", what.c_str(), std::strerror(errno));
  std::exit(1);
}

std::string option(const Options& options, std::string_view key, std::string_view fallback) {
  const auto found = options.find(key);
  return found == options.end() ? std::string(fallback) : found->second;
}

double number(const Options& options, std::string_view key, double fallback) {
  const auto found = options.find(key);
  return found == options.end() ? fallback : std::strtod(found->second.c_str(), nullptr);
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string bytes(std::istreambuf_iterator<char>(file), {});
  if (bytes.size() <= kRecordHeader) fail(path + " holds no TLS record");
  return bytes;
}

std::int64_t now_ns() {
  return std::chrono::steady_clock::now().time_since_epoch().count();
}

void watch(int poll_fd, int operation, int fd, std::uint32_t events, std::uint32_t tag) {
  epoll_event event{};
  event.events = events;
  event.data.u32 = tag;
  epoll_ctl(poll_fd, operation, fd, &event);
}

void set_flag(int fd, int level, int name) {
  const int one = 1;
  setsockopt(fd, level, name, &one, sizeof one);
}

sockaddr_in endpoint(std::uint32_t address, std::uint16_t port) {
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_port = htons(port);
  where.sin_addr.s_addr = htonl(address);
  return where;
}

// Whether `bytes` holds the whole of its first TLS record.
bool has_record(std::string_view bytes) {
  if (bytes.size() < kRecordHeader) return false;
  const auto high = static_cast<unsigned char>(bytes[3]);
  const auto low = static_cast<unsigned char>(bytes[4]);
  return bytes.size() >= kRecordHeader + high * 256U + low;
}

// ---- server ----

class Server {
 public:
  explicit Server(const Options& options)
      : flight_(read_file(option(options, "flight", ""))),
        peers_(65536) {
    map_count(option(options, "count", ""));
    make_stream();
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    set_flag(listener_, SOL_SOCKET, SO_REUSEADDR);
    const auto port = static_cast<std::uint16_t>(number(options, "port", 443));
    const sockaddr_in where = endpoint(INADDR_ANY, port);
    if (bind(listener_, reinterpret_cast<const sockaddr*>(&where), sizeof where) != 0 ||
        listen(listener_, 65535) != 0) {
      fail("listen");
    }
    watch(poll_, EPOLL_CTL_ADD, listener_, EPOLLIN, static_cast<std::uint32_t>(listener_));
  }

  [[noreturn]] void run() {
    std::array<epoll_event, 256> events{};
    for (;;) {
      const int count = epoll_wait(poll_, events.data(), events.size(), -1);
      for (int i = 0; i < count; ++i) {
        const int fd = static_cast<int>(events[static_cast<std::size_t>(i)].data.u32);
        if (fd == listener_) {
          accept_all();
        } else if (peers_[static_cast<std::size_t>(fd)].streaming) {
          stream_on(fd);
        } else {
          read_from(fd);
        }
      }
    }
  }

 private:
  struct Peer {
    std::string hello;
    bool answered = false, streaming = false;
    std::size_t streamed = 0;  // modulo the stream's size
  };

  void map_count(const std::string& path) {
    const int fd = open(path.c_str(), O_RDWR | O_CREAT, 0644);
    if (fd < 0 || ftruncate(fd, sizeof(std::uint64_t)) != 0) fail(path);
    void* memory = mmap(nullptr, sizeof(std::uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED) fail(path);
    served_ = static_cast<std::uint64_t*>(memory);
  }

  // Application data records of 16 KiB, again and again.
  void make_stream() {
    for (int i = 0; i < 32; ++i) {
      stream_ += std::string("\x17\x03\x03\x40\x00", kRecordHeader);
      stream_.append(0x4000, 'x');
    }
  }

  void accept_all() {
    for (int i = 0; i < 64; ++i) {
      const int fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK);
      if (fd < 0) return;
      if (static_cast<std::size_t>(fd) >= peers_.size()) fail("too many connections");
      set_flag(fd, IPPROTO_TCP, TCP_NODELAY);
      Peer& peer = peers_[static_cast<std::size_t>(fd)];
      peer.hello.clear();
      peer.answered = peer.streaming = false;
      peer.streamed = 0;
      watch(poll_, EPOLL_CTL_ADD, fd, EPOLLIN, static_cast<std::uint32_t>(fd));
    }
  }

  void read_from(int fd) {
    std::array<char, 16384> bytes{};
    const ssize_t got = read(fd, bytes.data(), bytes.size());
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) {
      close(fd);
      return;
    }
    Peer& peer = peers_[static_cast<std::size_t>(fd)];
    if (peer.answered) {
      peer.streaming = true;
      watch(poll_, EPOLL_CTL_MOD, fd, EPOLLOUT, static_cast<std::uint32_t>(fd));
      return;
    }
    peer.hello.append(bytes.data(), static_cast<std::size_t>(got));
    if (!has_record(peer.hello)) return;
    peer.answered = true;
    std::atomic_ref(*served_).fetch_add(1, std::memory_order_relaxed);
    if (write(fd, flight_.data(), flight_.size()) != static_cast<ssize_t>(flight_.size())) {
      close(fd);
    }
  }

  void stream_on(int fd) {
    Peer& peer = peers_[static_cast<std::size_t>(fd)];
    const ssize_t sent = write(fd, stream_.data() + peer.streamed, stream_.size() - peer.streamed);
    if (sent < 0 && errno == EAGAIN) return;
    if (sent < 0) {
      close(fd);
      return;
    }
    peer.streamed = (peer.streamed + static_cast<std::size_t>(sent)) % stream_.size();
  }

  std::string flight_, stream_;
  std::vector<Peer> peers_;  // by descriptor
  std::uint64_t* served_ = nullptr;
  int poll_ = epoll_create1(0);
  int listener_ = -1;
};

// ---- client ----

double percentile(std::vector<float>& sorted, double share) {
  if (sorted.empty()) return 0;
  const auto at = static_cast<std::size_t>(static_cast<double>(sorted.size()) * share);
  return static_cast<double>(sorted[std::min(at, sorted.size() - 1)]);
}

class Client {
 public:
  explicit Client(const Options& options)
      : hello_(read_file(option(options, "hello", ""))),
        flight_bytes_(read_file(option(options, "flight", "")).size()),
        name_at_(hello_.find(kNameStart)),
        first_address_(ntohl(inet_addr(option(options, "address", "").c_str()))),
        addresses_(static_cast<std::uint32_t>(number(options, "addresses", 1))),
        names_(static_cast<std::uint32_t>(number(options, "names", 1))),
        interval_(number(options, "rate", 0) > 0
                      ? static_cast<std::int64_t>(1e9 / number(options, "rate", 0))
                      : 0),
        calls_(static_cast<std::size_t>(number(options, "concurrent", 64))),
        times_file_(option(options, "times", "")) {
    if (name_at_ == std::string::npos) fail("the hello has no name host-00000…");
    name_at_ += kNameStart.size();
    for (std::size_t i = calls_.size(); i > 0; --i) free_.push_back(i - 1);
    begin_ = now_ns() + static_cast<std::int64_t>(kWarmUpSeconds * 1e9);
    end_ = begin_ + static_cast<std::int64_t>(number(options, "seconds", 2) * 1e9);
    next_start_ = next_sweep_ = now_ns();
    times_us_.reserve(1 << 20);
  }

  void run() {
    std::array<epoll_event, 256> events{};
    for (std::int64_t now = now_ns(); now < end_; now = now_ns()) {
      start_due(now);
      timespec wait = {0, 100'000'000};
      if (interval_ > 0)
        wait.tv_nsec = std::clamp(next_start_ - now_ns(), std::int64_t{0}, kSecond / 10);
      const int count = epoll_pwait2(poll_, events.data(), events.size(), &wait, nullptr);
      for (int i = 0; i < count; ++i) advance(events[static_cast<std::size_t>(i)].data.u32);
      if (now >= next_sweep_) sweep(now);
    }
    report();
  }

 private:
  struct Call {
    int fd = -1;
    bool sent = false;
    std::int64_t started = 0;
    std::size_t got = 0;
  };

  using Span = std::array<std::int64_t, 2>;

  void start_due(std::int64_t now) {
    if (interval_ == 0) {
      while (!free_.empty()) start();
      return;
    }
    for (; next_start_ <= now; next_start_ += interval_) {
      if (free_.empty()) {
        ++late_;
      } else {
        start();
      }
    }
  }

  void start() {
    const std::size_t index = free_.back();
    free_.pop_back();
    Call& call = calls_[index];
    call = {};
    call.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (call.fd < 0) fail("socket");
    set_flag(call.fd, IPPROTO_TCP, TCP_NODELAY);
    const std::uint32_t name = sequence_++ % names_;
    std::snprintf(digits_.data(), digits_.size(), "%05u", name);
    const sockaddr_in where = endpoint(first_address_ + name % addresses_, 443);
    call_names_.resize(calls_.size());
    std::copy_n(digits_.begin(), kDigits, call_names_[index].begin());
    call.started = now_ns();
    if (connect(call.fd, reinterpret_cast<const sockaddr*>(&where), sizeof where) != 0 &&
        errno != EINPROGRESS) {
      finish(index, false);
      return;
    }
    watch(poll_, EPOLL_CTL_ADD, call.fd, EPOLLOUT, static_cast<std::uint32_t>(index));
  }

  void advance(std::size_t index) {
    Call& call = calls_[index];
    if (call.fd < 0) return;
    if (!call.sent) {
      std::copy_n(call_names_[index].begin(), kDigits,
                  hello_.begin() + static_cast<long>(name_at_));
      const ssize_t sent = write(call.fd, hello_.data(), hello_.size());
      call.sent = sent == static_cast<ssize_t>(hello_.size());
      if (!call.sent) return finish(index, false);
      watch(poll_, EPOLL_CTL_MOD, call.fd, EPOLLIN, static_cast<std::uint32_t>(index));
      return;
    }
    std::array<char, 16384> bytes{};
    const ssize_t got = read(call.fd, bytes.data(), bytes.size());
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) return finish(index, false);
    call.got += static_cast<std::size_t>(got);
    if (call.got >= flight_bytes_) finish(index, call.got == flight_bytes_);
  }

  void finish(std::size_t index, bool good) {
    Call& call = calls_[index];
    const std::int64_t now = now_ns();
    close(call.fd);
    call.fd = -1;
    free_.push_back(index);
    total_ += good ? 1 : 0;
    if (now < begin_ || now >= end_) return;
    if (good) {
      times_us_.push_back(static_cast<float>(now - call.started) / 1000.0F);
      if (!times_file_.empty()) spans_.push_back({call.started, now});
    } else {
      ++failed_;
    }
  }

  void sweep(std::int64_t now) {
    next_sweep_ = now + kSecond / 2;
    for (std::size_t i = 0; i < calls_.size(); ++i) {
      if (calls_[i].fd >= 0 && now - calls_[i].started > kPatience) finish(i, false);
    }
  }

  void report() {
    if (!times_file_.empty()) {
      std::ofstream file(times_file_, std::ios::binary);
      const auto bytes = static_cast<std::streamsize>(spans_.size() * sizeof(Span));
      if (!file.write(reinterpret_cast<const char*>(spans_.data()), bytes)) fail(times_file_);
    }
    std::ranges::sort(times_us_);
    const double seconds = static_cast<double>(end_ - begin_) / 1e9;
    std::printf(
        "{\"good\":%zu,\"total\":%zu,\"failed\":%zu,\"late\":%zu,\"per_second\":%.1f,"
        "\"p50_us\":%.1f,\"p99_us\":%.1f}\n",
        times_us_.size(), total_, failed_, late_, static_cast<double>(times_us_.size()) / seconds,
        percentile(times_us_, 0.5), percentile(times_us_, 0.99));
  }

  std::string hello_;
  std::size_t flight_bytes_, name_at_;
  std::uint32_t first_address_, addresses_, names_, sequence_ = 0;
  std::int64_t interval_;  // between starts; 0: as fast as answers come
  std::vector<Call> calls_;
  std::string times_file_;
  std::vector<Span> spans_;
  std::vector<std::array<char, kDigits>> call_names_;
  std::array<char, 16> digits_{};
  std::vector<std::size_t> free_;
  std::int64_t begin_ = 0, end_ = 0, next_start_ = 0, next_sweep_ = 0;
  std::vector<float> times_us_;
  std::size_t total_ = 0, failed_ = 0, late_ = 0;
  int poll_ = epoll_create1(0);
};

// One connection that receives as fast as it can.
void receive_stream(const Options& options) {
  const std::string hello = read_file(option(options, "hello", ""));
  const std::size_t flight = read_file(option(options, "flight", "")).size();
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  const sockaddr_in where = endpoint(ntohl(inet_addr(option(options, "address", "").c_str())), 443);
  const timeval patience = {3, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&where), sizeof where) != 0) fail("connect");
  if (write(fd, hello.data(), hello.size()) != static_cast<ssize_t>(hello.size())) fail("hello");
  std::vector<char> bytes(std::size_t{1} << 19U);
  for (std::size_t got = 0; got < flight;) {
    const ssize_t more = read(fd, bytes.data(), bytes.size());
    if (more <= 0) fail("the server's flight");
    got += static_cast<std::size_t>(more);
  }
  constexpr std::string_view kRequest("\x17\x03\x03\x00\x04more", 9);
  if (write(fd, kRequest.data(), kRequest.size()) != 9) fail("request");
  const std::int64_t begin = now_ns() + static_cast<std::int64_t>(kWarmUpSeconds * 1e9);
  const std::int64_t end = begin + static_cast<std::int64_t>(number(options, "seconds", 2) * 1e9);
  std::int64_t now = 0;
  double counted = 0;
  while ((now = now_ns()) < end) {
    const ssize_t got = read(fd, bytes.data(), bytes.size());
    if (got <= 0) fail("the stream");
    if (now >= begin) counted += static_cast<double>(got);
  }
  std::printf("{\"gbit_per_second\":%.3f}\n", counted * 8 / static_cast<double>(end - begin));
}

}  // namespace

int main(int count, char** words) {
  std::signal(SIGPIPE, SIG_IGN);
  prctl(PR_SET_TIMERSLACK, 1);
  const std::string_view mode = count > 1 ? words[1] : "";
  Options options;
  for (int i = 2; i < count; ++i) {
    const std::string_view word = words[i];
    const std::size_t equals = std::min(word.find('='), word.size() - 1);
    options.emplace(word.substr(0, equals), word.substr(equals + 1));
  }
  if (mode == "serve") Server(options).run();
  if (mode == "rate") {
    Client(options).run();
  } else if (mode == "stream") {
    receive_stream(options);
  } else {
    std::fputs("usage: load serve|rate|stream key=value…; see the head of load.cc\n", stderr);
    return 2;
  }
}
