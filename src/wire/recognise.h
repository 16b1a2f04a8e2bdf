// Recognisers: names for what is refused, so that a log line says "SMTP with STARTTLS" instead of
// "unknown". None of them lets anything through. Covered by recognise_test.cc,
// fuzz/recognise_fuzz.cc.
#pragma once

#include "base/bytes.h"
#include "base/reason.h"

namespace dn::wire {

// What an unrecognised first client payload looks like: SSLv2 hello, HTTP/2 preface, SOCKS, PROXY
// protocol, STARTTLS dialects, PostgreSQL SSLRequest, LDAP; else proto-unknown.
Reason recognise_client(ByteSpan stream);
// The same for a server that speaks first (SMTP 220, IMAP * OK, POP3 +OK, FTP 220, MySQL …); else
// proto-server-first.
Reason recognise_server_first(ByteSpan stream);
// A UDP payload: proto-quic for a QUIC long header (RFC 9000 section 17.2, any version, and gQUIC),
// else proto-not-tcp.
Reason recognise_udp(ByteSpan payload);

}  // namespace dn::wire
