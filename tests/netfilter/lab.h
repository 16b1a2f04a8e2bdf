// Lab: three network namespaces with a gateway in the middle, for tests that need real packets.
//
//   dn-nf-c (10.0.1.10, fd00:1::10) ── lan0 dn-nf-g wan0 ── dn-nf-s (45.0.0.10)
//
// The server has no route back to 10.0.1.0/24: what escapes NAT is seen as silence. Everything runs
// in one process; a thread enters a namespace for as long as it makes a socket or calls a function.
#pragma once

#include <netinet/in.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/bytes.h"
#include "engine/mark.h"
#include "net/file_descriptor.h"
#include "netfilter/packet_queue.h"
#include "netfilter/ruleset.h"

namespace dn::netfilter::lab {

inline const std::string kClient = "dn-nf-c";
inline const std::string kGateway = "dn-nf-g";
inline const std::string kServer = "dn-nf-s";
inline constexpr const char* kClientAddress = "10.0.1.10";
inline constexpr const char* kServerAddress = "45.0.0.10";

void build();      // throws std::runtime_error
void tear_down();  // never fails

// Runs `work` in a namespace, on a thread of its own.
void in(const std::string& name, const std::function<void()>& work);
// Runs a program in a namespace; its output, or std::runtime_error.
std::string run_in(const std::string& name, const std::vector<std::string>& arguments);

RulesetSettings settings();

// A TCP socket of the lab; every wait ends after a second at most.
class Peer {
 public:
  Peer() = default;
  explicit Peer(int fd) : fd_(fd) {}
  static Peer listen(const std::string& name, std::uint16_t port);
  // Not connected when there was no answer in time or a refusal; then error() says which.
  static Peer connect(const std::string& name, const char* address, std::uint16_t port,
                      int type = SOCK_STREAM, std::uint16_t own_port = 0);

  Peer accept() const;
  bool send(std::string_view text) const;
  // What came within the time; empty on silence, end or error.
  std::string receive(int milliseconds = 1000) const;
  int error() const { return error_; }
  int last_errno() const;  // of a receive that found a reset
  void reset();            // closes with a reset instead of a FIN
  bool open() const { return fd_.is_open(); }
  std::uint16_t local_port() const;

 private:
  net::FileDescriptor fd_;
  int error_ = 0;
};

struct SeenPacket {
  std::uint32_t mark = 0;
  std::uint16_t protocol = 0;
  bool gso = false;
  std::vector<std::uint8_t> bytes;

  // Of IPv4 TCP without IP options.
  std::uint32_t seq() const { return u32(24); }
  std::uint32_t ack() const { return u32(28); }
  std::uint16_t source_port() const { return static_cast<std::uint16_t>(u32(20) >> 16U); }
  std::uint8_t flags() const { return bytes.at(33); }
  engine::FlowMark state() const { return engine::state_of(mark); }

 private:
  std::uint32_t u32(std::size_t at) const;
};

struct Answer {
  bool accept = false;
  std::uint32_t mark = 0;
};

// Listens on the lab's queue and answers each packet by `judge`.
class Judge {
 public:
  explicit Judge(std::function<Answer(const SeenPacket&)> judge);
  ~Judge();
  // The first packet that fits, waiting up to a second for it.
  std::optional<SeenPacket> wait_for(const std::function<bool(const SeenPacket&)>& fits);
  PacketQueueCounters counters() const { return queue_.counters(); }

 private:
  void loop();

  std::function<Answer(const SeenPacket&)> judge_;
  PacketQueue queue_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<SeenPacket> seen_;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

inline Answer allow(const SeenPacket&) {
  return {true, engine::make_mark(engine::FlowMark::Allowed, 77)};
}
inline Answer refuse(const SeenPacket&) {
  return {true, engine::make_mark(engine::FlowMark::Refused)};
}
inline Answer drop(const SeenPacket&) {
  return {};
}

struct TcpFields {
  const char* source = kClientAddress;
  const char* destination = kServerAddress;
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 443;
  std::uint32_t seq = 0;
  std::uint32_t ack = 0;
  std::uint8_t flags = 0;
  std::vector<std::uint8_t> options = {};  // a multiple of four
  std::string payload = {};
};
inline constexpr std::uint8_t kFin = 1, kSyn = 2, kRst = 4, kPsh = 8, kAck = 16;
std::vector<std::uint8_t> tcp_packet(const TcpFields& fields);

// Sends a packet that the client's TCP knows nothing of.
void send_raw_from_client(const TcpFields& fields);

// "Fragmentation needed" from the client to the server, about a packet that the server sent it.
void send_icmp_error_from_client(const TcpFields& about);

std::uint64_t counter(const std::string& name);

// Waits up to a second: a packet is counted behind the queue only after its verdict was sent, which
// the judge does after it has shown the packet to `wait_for`.
bool counter_reaches(const std::string& name, std::uint64_t packets);

}  // namespace dn::netfilter::lab
