// See lab.h.
#include "lab.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <exception>
#include <stdexcept>

#include "net/child_process.h"
#include "netfilter/firewall.h"
#include "netfilter/injector.h"

namespace dn::netfilter::lab {
namespace {

std::string run(const std::vector<std::string>& arguments) {
  const auto outcome = net::run_child({.arguments = arguments, .input = ""});
  if (!outcome) throw std::runtime_error(outcome.error().message);
  if (outcome->exit_code != 0) {
    std::string text;
    for (const auto& argument : arguments) text += argument + " ";
    throw std::runtime_error(text + ": " + outcome->errors);
  }
  return outcome->output;
}

void ip(const std::string& words) {
  std::vector<std::string> arguments = {"ip"};
  std::size_t start = 0;
  while (start < words.size()) {
    const std::size_t end = std::min(words.find(' ', start), words.size());
    arguments.push_back(words.substr(start, end - start));
    start = end + 1;
  }
  run(arguments);
}

bool wait_readable(int fd, int milliseconds) {
  pollfd waiting{.fd = fd, .events = POLLIN, .revents = 0};
  return ::poll(&waiting, 1, milliseconds) > 0;
}

std::uint16_t checksum(ByteSpan bytes, std::uint32_t sum = 0) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    sum += i % 2 == 0 ? static_cast<std::uint32_t>(bytes[i]) << 8U : bytes[i];
  }
  while (sum > 0xffff) sum = (sum & 0xffffU) + (sum >> 16U);
  return static_cast<std::uint16_t>(~sum);
}

void put(std::vector<std::uint8_t>& bytes, std::size_t at, std::uint32_t value, unsigned count) {
  for (unsigned i = 0; i < count; ++i) {
    bytes.at(at + i) = static_cast<std::uint8_t>(value >> 8U * (count - 1 - i));
  }
}

std::uint32_t address_value(const char* text) {
  return parse_ipv4(text).value().value;
}

}  // namespace

void in(const std::string& name, const std::function<void()>& work) {
  std::exception_ptr failure;
  std::thread thread([&] {
    try {
      const net::FileDescriptor ns(::open(("/run/netns/" + name).c_str(), O_RDONLY | O_CLOEXEC));
      if (::setns(ns.get(), CLONE_NEWNET) != 0) {
        throw std::runtime_error(name + ": " + std::strerror(errno));
      }
      work();
    } catch (...) {
      failure = std::current_exception();
    }
  });
  thread.join();
  if (failure) std::rethrow_exception(failure);
}

std::string run_in(const std::string& name, const std::vector<std::string>& arguments) {
  std::string output;
  in(name, [&] { output = run(arguments); });
  return output;
}

void tear_down() {
  for (const auto& name : {kClient, kGateway, kServer}) {
    (void)net::run_child({.arguments = {"ip", "netns", "del", name}, .input = ""});
  }
}

void build() {
  tear_down();
  for (const auto& name : {kClient, kGateway, kServer}) {
    ip("netns add " + name);
    ip("-n " + name + " link set lo up");
  }
  ip("link add lan0 netns dn-nf-g type veth peer name eth0 netns dn-nf-c");
  ip("link add wan0 netns dn-nf-g type veth peer name eth0 netns dn-nf-s");
  ip("-n dn-nf-c addr add 10.0.1.10/24 dev eth0");
  ip("-n dn-nf-g addr add 10.0.1.1/24 dev lan0");
  ip("-n dn-nf-g addr add 45.0.0.1/24 dev wan0");
  ip("-n dn-nf-s addr add 45.0.0.10/24 dev eth0");
  ip("-n dn-nf-c addr add fd00:1::10/64 dev eth0 nodad");
  ip("-n dn-nf-g addr add fd00:1::1/64 dev lan0 nodad");
  for (const char* link : {"-n dn-nf-c link set eth0 up", "-n dn-nf-g link set lan0 up",
                           "-n dn-nf-g link set wan0 up", "-n dn-nf-s link set eth0 up"}) {
    ip(link);
  }
  ip("-n dn-nf-c route add default via 10.0.1.1");
  ip("-n dn-nf-c -6 route add default via fd00:1::1");
  ip("-n dn-nf-g route add default via 45.0.0.10");
}

RulesetSettings settings() {
  return {.inside = {"lan0"},
          .outside = "wan0",
          .queue_base = 1040,
          .queues = 1,
          .health_port = 1042,
          .local_services = {{LocalService::Transport::Tcp, 53}},
          .allow_private_destinations = false,
          .revision = 1};
}

Peer Peer::listen(const std::string& name, std::uint16_t port) {
  Peer peer;
  in(name, [&] {
    peer.fd_ = net::FileDescriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int one = 1;
    ::setsockopt(peer.fd_.get(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    if (::bind(peer.fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(peer.fd_.get(), 16) != 0) {
      throw std::runtime_error(std::string("listen: ") + std::strerror(errno));
    }
  });
  return peer;
}

Peer Peer::connect(const std::string& name, const char* address, std::uint16_t port, int type,
                   std::uint16_t own_port) {
  Peer peer;
  in(name, [&] {
    net::FileDescriptor fd(::socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    ::inet_pton(AF_INET, address, &to.sin_addr);
    if (own_port != 0) {
      const int one = 1;
      sockaddr_in own{};
      own.sin_family = AF_INET;
      own.sin_port = htons(own_port);
      ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
      if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&own), sizeof own) != 0) {
        throw std::runtime_error(std::string("bind: ") + std::strerror(errno));
      }
    }
    if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) {
      pollfd waiting{.fd = fd.get(), .events = POLLOUT, .revents = 0};
      if (::poll(&waiting, 1, 700) <= 0) {
        peer.error_ = ETIMEDOUT;
        return;
      }
      socklen_t size = sizeof peer.error_;
      ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &peer.error_, &size);
      if (peer.error_ != 0) return;
    }
    peer.fd_ = std::move(fd);
  });
  return peer;
}

Peer Peer::accept() const {
  if (!wait_readable(fd_.get(), 1000)) return {};
  return Peer(::accept4(fd_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
}

bool Peer::send(std::string_view text) const {
  return ::send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL) ==
         static_cast<ssize_t>(text.size());
}

std::string Peer::receive(int milliseconds) const {
  if (!wait_readable(fd_.get(), milliseconds)) return {};
  std::string text(65536, '\0');
  const ssize_t size = ::recv(fd_.get(), text.data(), text.size(), 0);
  text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return text;
}

void Peer::reset() {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  fd_ = {};
}

int Peer::last_errno() const {
  if (!wait_readable(fd_.get(), 1000)) return ETIMEDOUT;
  char byte = 0;
  return ::recv(fd_.get(), &byte, 1, MSG_PEEK) < 0 ? errno : 0;
}

std::uint16_t Peer::local_port() const {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  ::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

std::uint32_t SeenPacket::u32(std::size_t at) const {
  return ByteCursor(ByteSpan(bytes).subspan(at, 4)).take_u32();
}

namespace {

PacketQueue open_queue() {
  std::optional<PacketQueue> queue;
  in(kGateway, [&] {
    auto opened = PacketQueue::open({.number = settings().queue_base});
    if (!opened) throw std::runtime_error(opened.error().message);
    queue.emplace(std::move(*opened));
  });
  return std::move(*queue);
}

}  // namespace

Judge::Judge(std::function<Answer(const SeenPacket&)> judge)
    : judge_(std::move(judge)),
      queue_(open_queue()),
      thread_([this] { loop(); }) {}

Judge::~Judge() {
  stop_ = true;
  thread_.join();
}

void Judge::loop() {
  while (!stop_) {
    if (!wait_readable(queue_.fd(), 20)) continue;
    queue_.receive_batch([this](const QueuedPacket& packet) {
      SeenPacket seen{.mark = packet.mark,
                      .protocol = packet.protocol,
                      .gso = packet.gso,
                      .bytes = {packet.payload.begin(), packet.payload.end()}};
      const Answer answer = judge_(seen);
      queue_.add_verdict(packet.id, answer.accept, answer.mark);
      const std::lock_guard lock(mutex_);
      seen_.push_back(std::move(seen));
      arrived_.notify_all();
    });
    queue_.flush_verdicts();
  }
}

std::optional<SeenPacket> Judge::wait_for(const std::function<bool(const SeenPacket&)>& fits) {
  std::unique_lock lock(mutex_);
  const auto find = [&]() -> const SeenPacket* {
    for (const auto& packet : seen_) {
      if (fits(packet)) return &packet;
    }
    return nullptr;
  };
  arrived_.wait_for(lock, std::chrono::seconds(1), [&] { return find() != nullptr; });
  const SeenPacket* found = find();
  return found == nullptr ? std::nullopt : std::optional(*found);
}

std::vector<std::uint8_t> tcp_packet(const TcpFields& fields) {
  const std::size_t header = 20 + fields.options.size();
  std::vector<std::uint8_t> packet(20 + header);
  const auto total = static_cast<std::uint32_t>(packet.size() + fields.payload.size());
  put(packet, 0, 0x4500, 2);
  put(packet, 2, total, 2);
  put(packet, 8, 64, 1);
  put(packet, 9, IPPROTO_TCP, 1);
  put(packet, 12, address_value(fields.source), 4);
  put(packet, 16, address_value(fields.destination), 4);
  put(packet, 10, checksum(ByteSpan(packet).first(20)), 2);
  put(packet, 20, fields.source_port, 2);
  put(packet, 22, fields.destination_port, 2);
  put(packet, 24, fields.seq, 4);
  put(packet, 28, fields.ack, 4);
  put(packet, 32, static_cast<std::uint32_t>(header / 4) << 4U, 1);
  put(packet, 33, fields.flags, 1);
  put(packet, 34, 64000, 2);
  std::ranges::copy(fields.options, packet.begin() + 40);
  packet.insert(packet.end(), fields.payload.begin(), fields.payload.end());
  std::uint32_t pseudo = IPPROTO_TCP + total - 20;
  for (const std::uint32_t address :
       {address_value(fields.source), address_value(fields.destination)}) {
    pseudo += (address >> 16U) + (address & 0xffffU);
  }
  put(packet, 36, checksum(ByteSpan(packet).subspan(20), pseudo), 2);
  return packet;
}

namespace {

void send_from_client(const std::vector<std::uint8_t>& packet) {
  in(kClient, [&] {
    auto injector = Injector::open();
    if (!injector || !injector->send(packet, 0)) throw std::runtime_error("raw packet not sent");
  });
}

}  // namespace

void send_raw_from_client(const TcpFields& fields) {
  send_from_client(tcp_packet(fields));
}

void send_icmp_error_from_client(const TcpFields& about) {
  const auto quoted = tcp_packet(about);
  std::vector<std::uint8_t> packet = tcp_packet({});
  packet.resize(20);
  packet.insert(packet.end(), {3, 4, 0, 0, 0, 0, 5, 0});
  packet.insert(packet.end(), quoted.begin(), quoted.begin() + 28);
  put(packet, 22, checksum(ByteSpan(packet).subspan(20)), 2);
  put(packet, 2, static_cast<std::uint32_t>(packet.size()), 2);
  put(packet, 9, IPPROTO_ICMP, 1);
  put(packet, 10, 0, 2);
  put(packet, 10, checksum(ByteSpan(packet).first(20)), 2);
  send_from_client(packet);
}

std::uint64_t counter(const std::string& name) {
  std::uint64_t packets = 0;
  in(kGateway, [&] {
    const auto counters = read_counters();
    if (!counters) throw std::runtime_error(counters.error().message);
    for (const auto& counter : *counters) {
      if (counter.name == name) packets = counter.packets;
    }
  });
  return packets;
}

bool counter_reaches(const std::string& name, std::uint64_t packets) {
  for (int i = 0; i < 100 && counter(name) < packets; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  return counter(name) >= packets;
}

}  // namespace dn::netfilter::lab
