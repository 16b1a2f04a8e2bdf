// FlowRig: an engine between a model kernel, model clients and model servers, for tests.
//
// Packets are real IPv4/TCP packets with valid checksums. The kernel model keeps the conntrack mark
// of each connection as the rules in netfilter/ do: the first SYN writes Opening and the sequence
// number, payload-free packets pass, verdicts 1 to 4 and injections write the mark. Each end keeps
// what its TCP would read: the first bytes that arrive for a place, in order. So a test asserts on
// what the server received, which is the truth, and compares it with what was logged. Time passes
// only by advance(). Test code only; one thread.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "engine/engine.h"

namespace dn::engine::testing {

using namespace std::chrono_literals;
using Bytes = std::vector<std::uint8_t>;

inline constexpr std::string_view kClientAddress = "10.0.1.10";
inline constexpr std::string_view kServerAddress = "203.0.113.7";
// Wall time at the start of every rig: 2026-11-22 12:00:00 UTC.
inline constexpr WallTime kStartOfTest{1795348800000ms};

Ipv4Address ip(std::string_view text);
DomainName name(std::string_view text);
Bytes text(std::string_view text);
Bytes join(const Bytes& a, const Bytes& b);
Bytes slice(const Bytes& bytes, std::size_t begin, std::size_t end = SIZE_MAX);

// A policy of one group "sg-test" for kClientAddress with one outbound rule per annotation:
// "tls:api.test,b.test" or "443 ssh:git.test" (a port in front; all ports without) or
// "see-thru:2026-12-24". "crl:api.test http://crl.test/a.crl": the certificates of api.test at port
// 443 name this revocation list, and the preference allows it.
std::shared_ptr<const policy::PolicySnapshot> make_policy(
    const std::vector<std::string>& annotations, const policy::Preferences& preferences = {});

// The same in two steps, to change what is between them.
policy::PolicyInput make_input(const std::vector<std::string>& annotations,
                               const policy::Preferences& preferences = {});
std::shared_ptr<const policy::PolicySnapshot> compile(const policy::PolicyInput& input);

// -- handshakes -----------------------------------------------------------------------------------
// A usual TLS 1.3 hello; `padding` bytes make it larger, `more` are further extensions.
Bytes tls_hello(std::string_view host, std::size_t padding = 0, const Bytes& more = {});
Bytes tls_hello_without_name();
Bytes old_tls_hello(std::string_view host);  // TLS 1.1 at most
Bytes tls_server_hello(std::size_t version = 0x0304, bool post_quantum = false);
Bytes tls_retry_request();
Bytes tls_alert(std::uint8_t description);
Bytes application_data(std::size_t size);

// -- what was recorded ----------------------------------------------------------------------------
struct LogLine {
  std::string cat, outcome, dhost, src, dst, proto, proto_v, reason, evidence, see_thru_gid;
  Port spt = 0, dpt = 0;
  std::optional<bool> pqc, see_thru_exerted;
  std::optional<int> see_thru_days;
  bool ech = false;
  std::string http_method, http_path, http_user_agent;
  int http_code = 0;
  std::optional<std::int64_t> held_ms;
  WallTime time;
  std::string slug() const { return reason.substr(0, reason.find(':')); }
};
// "client allowed tls api.test policy"
std::string to_text(const LogLine& line);
inline void PrintTo(const LogLine& line, std::ostream* out) {
  *out << to_text(line);
}

struct Injected {
  bool to_server = false;
  std::uint32_t mark = 0;
  wire::TcpSegment segment;  // its payload is below
  Bytes payload;
  bool has(std::uint8_t flag) const { return segment.has(flag); }
};

// What became of a packet.
enum class Fate : std::uint8_t {
  Passed,           // by a verdict of the engine
  Dropped,          // likewise
  Refused,          // by a verdict that makes the kernel refuse it
  ForwardedKernel,  // the kernel did not ask
  DroppedKernel,
};
std::string_view to_text(Fate fate);
inline void PrintTo(Fate fate, std::ostream* out) {
  *out << to_text(fate);
}

// One end's TCP: the stream as its application reads it. Which of two versions of bytes ahead of a
// gap it keeps differs between TCP stacks, and even within one.
struct Receiver {
  std::uint32_t start = 0;                    // sequence number of offset 0
  Bytes bytes;                                // in order, what the application reads
  std::map<std::size_t, std::uint8_t> ahead;  // by offset
  std::optional<std::size_t> end;             // where a FIN stands
  bool prefers_new = false;
  bool reset = false;
  std::uint32_t next() const { return start + static_cast<std::uint32_t>(bytes.size()); }
  void take(const wire::TcpSegment& segment);
};

class Connection;

// A packet in the making. Offsets count from the first byte of the sender's stream.
class PacketDraft {
 public:
  PacketDraft(Connection& connection, bool from_client);
  PacketDraft& at(std::int64_t offset);
  PacketDraft& payload(Bytes bytes);
  PacketDraft& flags(std::uint8_t flags);
  PacketDraft& ack(std::int64_t offset);  // default: what that end has received
  PacketDraft& timestamps(std::uint32_t value, std::uint32_t echo);
  PacketDraft& md5();           // with a TCP-MD5 option: the receiver discards it
  PacketDraft& ip_options();    // record route
  PacketDraft& bad_checksum();  // told as unverified; the receiver discards it
  PacketDraft& lost();          // whatever the gateway does, it does not arrive (TTL, PAWS, …)
  Fate send();
  Bytes bytes() const;  // the IP packet

 private:
  friend class FlowRig;
  Connection& connection_;
  bool from_client_;
  std::uint32_t seq_;
  std::optional<std::uint32_t> ack_;
  Bytes payload_, tcp_options_;
  std::uint8_t flags_ = wire::kTcpAck | wire::kTcpPsh;
  bool ip_options_ = false, bad_checksum_ = false, lost_ = false, discarded_ = false;
};

struct Tuple {
  Ipv4Address client, server;
  Port client_port = 0, server_port = 0;
  auto operator<=>(const Tuple&) const = default;
};

class FlowRig {
 public:
  // `now_trusted`: whether the wall clock is synchronised.
  explicit FlowRig(EngineSettings settings = {.hash_key = 42});
  ~FlowRig();
  FlowRig(const FlowRig&) = delete;
  FlowRig& operator=(const FlowRig&) = delete;

  // See make_policy(); replaces what there was.
  void use_policy(const std::vector<std::string>& annotations,
                  const policy::Preferences& preferences = {});
  void use_input(const policy::PolicyInput& input);
  void drop_policy();
  // An answer of the resolver.
  void answer(std::string_view host, const std::vector<std::string_view>& addresses,
              Duration ttl = 60s);
  void answer_failed(std::string_view host, DnsStatus status = DnsStatus::Failed);
  // The look-up of a client found nothing.
  void client_unknown(std::string_view address);
  // Time passes in ticks of 10 ms.
  void advance(Duration duration);
  void trust_clock(bool trusted) { clock_trusted_ = trusted; }
  Now now() const;
  // The daemon restarts: the engine forgets, the kernel's marks stay.
  void restart();
  // conntrack is flushed.
  void flush_conntrack() { marks_.clear(); }

  // A connection with its handshake done, by default to kServerAddress:443 from a fresh port.
  Connection& connect(std::optional<Tuple> tuple = {}, std::optional<std::uint32_t> isn = {});
  // A raw packet from inside or outside, with the queue's mark given.
  Verdict packet(const Bytes& ip, std::uint32_t mark, bool from_inside = true);

  std::vector<LogLine> lines;
  std::vector<std::string> asked;
  std::vector<std::string> asked_clients;
  std::vector<Injected> injected;
  std::vector<std::string> texts() const;  // of the lines
  Engine& engine() { return *engine_; }
  std::uint32_t& mark(const Tuple& tuple) { return marks_[tuple]; }

 private:
  friend class PacketDraft;
  friend class Connection;
  class Sink;
  Fate deliver(PacketDraft& draft);
  void arrive(Connection& connection, const Bytes& packet, bool at_server);
  void inject(const Injection& injection);

  std::shared_ptr<const policy::PolicySnapshot> policy_;
  EngineSettings settings_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Sink> sink_;
  std::deque<Connection> connections_;
  std::map<Tuple, std::uint32_t> marks_;  // conntrack
  Duration elapsed_{};
  bool clock_trusted_ = true;
  Port next_port_ = 40000;
};

class Connection {
 public:
  Connection(FlowRig& rig, const Tuple& tuple, std::uint32_t client_isn, std::uint32_t server_isn);
  PacketDraft client() { return {*this, true}; }
  PacketDraft server() { return {*this, false}; }
  // The next bytes of that side, in segments of at most `most`; the fate of the last.
  Fate client_sends(const Bytes& bytes, std::size_t most = SIZE_MAX);
  Fate server_sends(const Bytes& bytes, std::size_t most = SIZE_MAX);
  // Payload-free.
  Fate client_acks() { return client().flags(wire::kTcpAck).send(); }
  Fate server_acks() { return server().flags(wire::kTcpAck).send(); }
  Fate syn(std::uint32_t isn, const Bytes& payload = {}, bool ip_options = false);

  FlowMark mark() const;
  std::uint32_t grant() const;

  Tuple tuple;
  Receiver at_server, at_client;                  // what the server (client) has received
  std::int64_t client_told = 0, server_told = 0;  // how much of its bytes that end saw acknowledged
  std::int64_t client_sent = 0, server_sent = 0;  // the next offset of client_sends()…

 private:
  friend class PacketDraft;
  friend class FlowRig;
  FlowRig& rig_;
};

}  // namespace dn::engine::testing
