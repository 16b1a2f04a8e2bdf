// TLS hellos: what a gateway needs from the first flight of each side.
//
// RFC 8446 (TLS 1.3), RFC 5246 (1.2), RFC 6066 section 3 (server_name), RFC 8701 (GREASE),
// RFC 9849 (encrypted ClientHello). The parsers reassemble the handshake message across records
// (RFC 8446 5.1); reassembly across TCP segments is the caller's. They check the whole grammar of
// the hello, because a reader that is laxer than the server can be told another name than the
// server is. Left out: certificates, key exchange, everything after the hellos. Covered by
// tls_test.cc, fuzz/tls_client_hello_fuzz.cc, fuzz/tls_server_hello_fuzz.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/domain_name.h"
#include "wire/parse_result.h"

namespace dn::wire {

// Wire values: 0x0300 SSLv3, 0x0301 TLS 1.0 … 0x0304 TLS 1.3; 0 = unknown.
using TlsVersion = std::uint16_t;
inline constexpr TlsVersion kTls12 = 0x0303;
inline constexpr TlsVersion kTls13 = 0x0304;
std::string_view format_tls_version(TlsVersion version);  // "1.2"; "ssl3"; "" when unknown

// Room to put a handshake message together that was cut into several records. One per packet loop,
// reused; grows to the cap once and then stays.
using HandshakeScratch = std::vector<std::uint8_t>;

struct ClientHello {
  std::optional<DomainName> server_name;  // empty: no SNI
  TlsVersion highest_version = 0;         // best offered, GREASE ignored, supported_versions wins
  std::uint16_t offered_versions = 0;     // bit i set: 0x0300 + i is offered
  bool offers_post_quantum = false;       // supported_groups holds a post-quantum group
  bool has_ech = false;                   // encrypted_client_hello, GREASE or real
  bool has_early_data = false;
};

// The first handshake message of a client's stream. `stream` starts at the first byte the client
// sent (or, with `second` set after a HelloRetryRequest, at the first byte after the first hello; a
// single change_cipher_spec record, RFC 8446 appendix D.4, and early data that the server skips are
// then allowed in front).
// Bytes behind the hello: records of type application_data or change_cipher_spec may follow;
// handshake bytes may not (tls-hello-malformed), nor others (tls-unexpected-record). They are
// checked as far as they have arrived, so that a stream which was Done may become Malformed when it
// grows; `consumed` is the end of the hello's last record. NotThis unless the first bytes are a TLS
// record of major version 3. Malformed reasons: the tls-* integrity reasons of base/reason.h;
// tls-no-sni and tls-version-client-too-old are facts in the value, not malformations.
ParseResult<ClientHello> parse_client_hello(ByteSpan stream, HandshakeScratch& scratch,
                                            bool second = false);

struct ServerHello {
  enum class Kind : std::uint8_t { Hello, HelloRetryRequest, Alert };
  Kind kind = Kind::Hello;
  TlsVersion version = 0;              // selected; supported_versions wins; 0: none that we know
  bool post_quantum = false;           // the selected group is post-quantum
  std::uint8_t alert_description = 0;  // for Alert
};

// The first record(s) of a server's stream, or what follows a HelloRetryRequest (with `second`: one
// change_cipher_spec record is allowed in front). An alert record is Done with Kind::Alert, but for
// the unrecognized_name warning, after which servers of TLS 1.2 go on: it is skipped. `consumed` is
// the end of the message; a ServerHello may share its record with what follows. NotThis: no TLS.
ParseResult<ServerHello> parse_server_hello(ByteSpan stream, HandshakeScratch& scratch,
                                            bool second = false);

// A key exchange group of the IANA "TLS Supported Groups" registry that is post-quantum (hybrid or
// pure ML-KEM, and the pre-standard Kyber hybrids).
bool is_post_quantum_group(std::uint16_t group);

}  // namespace dn::wire
