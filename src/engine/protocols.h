// Protocols: from the first bytes of each side to the facts that a decision needs.
//
// The one place that knows which protocols exist. Recognition is by the bytes, never by the port:
// each parser of wire/ is asked in turn. Pure; views in the facts borrow the stream.
// Covered by protocols_test.cc and by `discriminat inspect` over captures.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/domain_name.h"
#include "base/protocol.h"
#include "base/reason.h"
#include "wire/tls.h"

namespace dn::engine {

struct ClientFacts {
  Protocol protocol = Protocol::Unknown;
  std::optional<DomainName> name;  // SNI, or Host when it is a name
  std::string_view version;        // as logged: "1.3", "2.0", "1.1"; empty when unknown
  // What is wrong with the handshake as such, whatever the rules say: an old version, a missing
  // name, plaintext, an unknown protocol. None when nothing is.
  Reason flaw = Reason::None;
  std::uint16_t tls_offered = 0;     // wire::ClientHello::offered_versions
  std::optional<bool> post_quantum;  // TLS only
  bool ech = false;
  bool early_data = false;
  std::string_view http_method, http_target, http_path, http_user_agent, http_host, http_port;
  bool http_has_body = false;
  std::string_view banner;  // SSH
};

struct ClientReading {
  enum class Status : std::uint8_t { NeedMore, Done, Malformed };
  Status status = Status::NeedMore;
  Reason reason = Reason::None;  // Malformed: an integrity reason; see-thru does not help
  std::size_t consumed = 0;      // Done: bytes of the prefix that were judged
  ClientFacts facts;             // NeedMore: only `protocol`, as far as it is certain
};

// Reads a gap-free, non-empty prefix of the client's bytes.
ClientReading read_client(ByteSpan prefix, wire::HandshakeScratch& scratch);

// Reads a second ClientHello, after a HelloRetryRequest.
ClientReading read_second_hello(ByteSpan bytes, wire::HandshakeScratch& scratch);

struct ServerFacts {
  std::string_view version;
  Reason flaw = Reason::None;  // too old, another protocol
  bool hello_retry_request = false;
  bool alert = false;
  std::uint8_t alert_description = 0;
  std::optional<bool> post_quantum;
  int http_code = 0;
  std::string_view banner;  // SSH
};

struct ServerReading {
  enum class Status : std::uint8_t { NeedMore, Done, Malformed };
  Status status = Status::NeedMore;
  Reason reason = Reason::None;
  std::size_t consumed = 0;
  ServerFacts facts;
};

// Reads the server's answer to a client that spoke `protocol` (Tls, Ssh or Http). `tls_offered` is
// the client's. `after_retry`: these bytes follow a HelloRetryRequest.
ServerReading read_server(Protocol protocol, ByteSpan bytes, std::uint16_t tls_offered,
                          bool after_retry, wire::HandshakeScratch& scratch);

// The reason for a hello, banner or request that was not complete at the deadline.
Reason timeout_reason(Protocol protocol, bool has_gap);

}  // namespace dn::engine
