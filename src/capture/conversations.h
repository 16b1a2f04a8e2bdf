// Conversations: the TCP connections of a capture, each direction put in order by the engine's own
// StreamPrefix.
//
// A SYN with another number on the same addresses begins another conversation; of several SYN-ACKs
// the one that the client acknowledges says where the server's bytes begin. Captures that begin
// in the middle of a connection are read from the lowest sequence number seen; whoever speaks first
// is then taken for the client, unless its bytes are plainly a server's. Covered by
// conversations_test.cc.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "base/address.h"
#include "base/bytes.h"
#include "base/reason.h"
#include "engine/stream_prefix.h"
#include "wire/ip.h"

namespace dn::capture {

struct Conversation {
  std::string client, server;  // addresses as text
  Port client_port = 0, server_port = 0;
  bool saw_syn = false;
  bool server_first = false;
  engine::StreamPrefix client_bytes, server_bytes;
  // How long the client's gap-free prefix was each time it had grown: the engine reads it then.
  std::vector<std::size_t> client_growth;
  Reason anomaly = Reason::None;  // SYN payload, urgent data, conflicting bytes of the client
};

class Conversations {
 public:
  void add(ByteSpan ip);
  // In the order of their first packets.
  std::vector<Conversation> finish();
  // Packets of conversations beyond the first million.
  std::size_t left_out() const { return left_out_; }

 private:
  struct Piece {
    std::uint32_t seq = 0;
    std::vector<std::uint8_t> bytes;
  };
  struct Endpoint {
    std::string address;
    Port port = 0;
    auto operator<=>(const Endpoint&) const = default;
  };
  struct Side {
    bool known_start = false;
    std::uint32_t start = 0;             // sequence number of the first byte
    std::vector<std::uint32_t> offered;  // the same, of each SYN-ACK
    std::size_t bytes = 0;
    std::vector<Piece> pieces;
  };
  struct Pending {
    Endpoint first, second;  // first: who sent the first packet
    bool saw_syn = false, swapped = false, first_payload_by_second = false, any_payload = false;
    Reason anomaly = Reason::None;
    Side sides[2];
  };
  Pending* find(const Endpoint& from, const Endpoint& to, bool syn, std::uint32_t seq);
  static void add_syn(Pending& pending, bool by_second, const wire::TcpSegment& segment);
  static void add_data(Pending& pending, bool by_second, const wire::TcpSegment& segment);
  static Conversation assemble(const Pending& pending);

  std::deque<Pending> all_;
  std::map<std::pair<Endpoint, Endpoint>, std::size_t> latest_;
  std::size_t left_out_ = 0;
};

}  // namespace dn::capture
