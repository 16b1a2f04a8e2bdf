// FlowTable: the connections that are being judged, bounded in number and in bytes held.
//
// A flow lives from its first queued payload to a short time after its verdict: stragglers that
// were queued before the verdict took effect in the kernel still find it. Decided connections are
// the kernel's business and have no entry. Limits: limits::kFlowsMax, kFlowsPerClientMax,
// kHeldBytesMax, kHeldBytesPerClientMax; at a limit the oldest flow of the client that uses most
// pays. The hash is keyed, so that chosen tuples cannot crowd one bucket. Flows stay where they are
// in memory; indices are reused. Owned by one engine. Covered by flow_table_test.cc.
#pragma once

#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "base/domain_name.h"
#include "base/protocol.h"
#include "base/reason.h"
#include "base/time.h"
#include "engine/stream_prefix.h"
#include "engine/timer_wheel.h"
#include "policy/policy_snapshot.h"
#include "records/flow_record.h"

namespace dn::engine {

struct FlowKey {
  Ipv4Address client, server;
  Port client_port = 0, server_port = 0;
  bool operator==(const FlowKey&) const = default;
};

enum class Stage : std::uint8_t {
  ReadingClient,  // bytes of the client are held until hello, banner or request is complete
  Resolving,      // complete; held until a look-up finds the client, or confirms the address
  ReadingServer,  // the client's bytes were released; the server's answer is awaited
  ServerGood,     // the answer is good; the server has not acknowledged all client bytes yet
  Answering,      // the answer to the one request passes; never handed to the kernel
  Closing,        // the server refused the handshake; nothing of the client passes any more
  Handed,         // allowed: the kernel forwards; kept for stragglers
  Refused,        // kept for stragglers, which are dropped
};

// What was last seen of the client's TCP, for packets made in its or the server's name.
struct TcpView {
  std::uint32_t client_ack = 0;  // what the client expects next from the server
  std::uint16_t client_window = 0;
  bool has_timestamps = false;
  std::uint32_t client_timestamp = 0, server_timestamp = 0;

  // Keeps the newest: what the gateway says in the server's name must not look older than what the
  // server said itself, or the client discards it (RFC 7323 section 5.3).
  void note_server_timestamp(std::uint32_t seen) {
    const bool newer = static_cast<std::int32_t>(seen - server_timestamp) > 0;
    if (newer || server_timestamp == 0) server_timestamp = seen;
  }
};

// A protocol version as logged, NUL-terminated; longer ones are cut.
using VersionText = std::array<char, 8>;
void copy_version(std::string_view from, VersionText& to);

// What the server answered, until its line is written at the handover or the refusal.
struct ServerAnswer {
  VersionText version{};
  std::optional<bool> post_quantum;
  int http_code = 0;
  Reason flaw = Reason::None;  // what see-thru overruled
};

struct Flow {
  FlowKey key;
  Stage stage = Stage::ReadingClient;
  MonotonicTime client_spoke_at{};  // its first payload; the clock's epoch: nothing yet
  MonotonicTime deadline;           // of the stage
  MonotonicTime next_action;        // stall, question or re-send; unused when past the deadline

  StreamPrefix client, server;
  std::uint32_t client_start = 0, server_start = 0;  // sequence numbers of offset 0
  bool server_start_known = false;
  TcpView tcp;

  std::size_t judged = 0;         // client bytes up to the end of the last complete message
  std::size_t released = 0;       // client bytes that may be at the server
  std::size_t server_acked = 0;   // client bytes that the server has acknowledged
  std::size_t server_base = 0;    // where the awaited server message starts
  std::size_t server_passed = 0;  // end of the server bytes that were forwarded to the client

  // Owned: the gateway acknowledged client bytes in the server's name and delivers them itself.
  bool owned = false;
  std::size_t acked_to_client = 0;
  std::size_t sent = 0;  // how far our copy has been sent since the last time-out
  Duration resend_after{};

  Protocol protocol = Protocol::Unknown;
  std::optional<DomainName> name;
  VersionText version{};
  std::uint16_t tls_offered = 0;
  std::optional<bool> post_quantum;
  bool ech = false;
  Reason flaw = Reason::None;  // ClientFacts::flaw
  bool may_continue = false;   // client bytes behind the judged ones may pass before the handover
  bool one_request = false;    // no client bytes behind the judged ones may ever pass
  bool after_retry = false;    // a HelloRetryRequest was seen
  bool server_first = false;   // the server was allowed to speak first
  ServerAnswer answer;
  Reason ended = Reason::None;    // how an end broke off while the server's answer was awaited
  MonotonicTime answer_deadline;  // Answering: whatever passes, it ends then

  // The decision. Each line is written once, whatever happens afterwards.
  bool client_line_written = false, server_line_written = false;
  std::string reason;                   // as logged in the client line; of a refusal
  Reason client_reason = Reason::None;  // of the client line; None: a rule allowed it
  policy::GrantId grant = 0;
  bool by_see_thru = false;
  records::Evidence evidence = records::Evidence::Absent;

  // Resolving; a server that speaks first is held in ReadingClient.
  MonotonicTime held_since;   // valid when was_held()
  MonotonicTime names_since;  // of the first question
  int questions = 0;          // rounds of questions asked
  int answers_pending = 0;    // of the last round
  bool client_asked = false;  // the client is unknown and looked up
  bool client_not_found = false;
  MonotonicTime client_deadline;  // of that look-up

  // Bookkeeping of the table.
  TimerLink timer;
  std::uint32_t older = kNoFlow, newer = kNoFlow;  // among the flows of the client
  std::size_t charged_bytes = 0;
  bool in_use = false;

  bool was_held() const { return questions > 0 || client_asked; }
};

class FlowTable {
 public:
  explicit FlowTable(std::uint64_t hash_key);

  // kNoFlow when there is none.
  std::uint32_t find(const FlowKey& key) const;
  // A fresh flow under `key`, which must not be in the table.
  std::uint32_t insert(const FlowKey& key);
  void erase(std::uint32_t index);
  Flow& at(std::uint32_t index) { return flows_[index]; }
  TimerLink& link_of(std::uint32_t index) { return flows_[index].timer; }

  // Charges the client for what the flow's streams hold now; true when that is more than before.
  bool recount_bytes(std::uint32_t index);
  // A flow that has to go because a limit is exceeded; kNoFlow when none is.
  std::uint32_t find_victim(Ipv4Address client) const;

  std::size_t size() const { return index_.size(); }
  std::size_t held_bytes() const { return held_bytes_; }
  template <class Visit>
  void for_each(Visit visit) {
    for (std::uint32_t i = 0; i < flows_.size(); ++i) {
      if (flows_[i].in_use) visit(i);
    }
  }
  // The flows of one client, the oldest first; `visit` must not insert or erase.
  template <class Visit>
  void for_each_of(Ipv4Address client, Visit visit) {
    const auto found = clients_.find(client);
    if (found == clients_.end()) return;
    for (std::uint32_t i = found->second.oldest; i != kNoFlow; i = flows_[i].newer) visit(i);
  }

 private:
  struct KeyHash {
    std::uint64_t key;
    std::size_t operator()(const FlowKey& k) const noexcept;
  };
  struct ClientLoad {
    std::size_t flows = 0, bytes = 0;
    std::uint32_t oldest = kNoFlow, newest = kNoFlow;
  };
  const ClientLoad* heaviest_by_flows() const;
  const ClientLoad* heaviest_by_bytes() const;
  std::uint32_t oldest_with_bytes(const ClientLoad& load) const;

  std::deque<Flow> flows_;
  std::vector<std::uint32_t> free_;
  boost::unordered_flat_map<FlowKey, std::uint32_t, KeyHash> index_;
  boost::unordered_flat_map<Ipv4Address, ClientLoad, Ipv4Hash> clients_;
  std::size_t held_bytes_ = 0;
};

}  // namespace dn::engine
