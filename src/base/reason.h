// Reasons: why a connection was refused, or what was strange about it.
//
// One table is the only place where a reason is declared; the log lines, the reference page
// docs/reasons.md and the tests all come from it. A slug is stable: users filter by it. The
// sentence tells them what to do. `integrity` marks the byte-level checks that see-thru never
// weakens.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace dn {

enum class Reason : std::uint8_t {
  None,
  // policy
  NotAllowlisted,
  ClientUnknown,
  PortNotAllowed,
  DstSpecial,
  // name and address
  DnsMismatch,
  DnsNotReady,
  DnsFailed,
  DnsPrivateAddress,
  // TLS
  TlsNoSni,
  TlsSniMalformed,
  TlsSniIpLiteral,
  TlsSniMultiple,
  TlsDuplicateExtension,
  TlsHelloMalformed,
  TlsHelloTooLarge,
  TlsHelloTimeout,
  TlsUnexpectedRecord,
  TlsUnexpectedMessage,
  TlsVersionClientTooOld,
  TlsVersionServerTooOld,
  TlsVersionAnomaly,
  TlsHrrSniChanged,
  TlsServerMismatch,
  TlsAlert,
  Sslv2Hello,
  // SSH
  SshVersionClient,
  SshVersionServer,
  SshBannerMalformed,
  SshBannerTimeout,
  SshServerMismatch,
  // HTTP
  HttpNotAllowed,
  HttpPath,
  HttpMethod,
  HttpBody,
  HttpSecondRequest,
  HttpMalformed,
  HttpHostMismatch,
  HttpHostIp,
  HttpConnect,
  HttpUpgrade,
  HttpTooLarge,
  HttpTimeout,
  Http2Cleartext,
  HttpServerMismatch,
  // other protocols
  ProtoUnknown,
  ProtoServerFirst,
  ProtoTunnel,
  ProtoQuic,
  ProtoNotTcp,
  ProtoIpv6,
  StarttlsSmtp,
  StarttlsImap,
  StarttlsPop3,
  StarttlsFtp,
  StarttlsXmpp,
  StarttlsPostgresql,
  StarttlsMysql,
  StarttlsLdap,
  StarttlsIrc,
  // TCP and IP
  TcpOverlapConflict,
  TcpRetransmitConflict,
  TcpSynData,
  TcpUrgent,
  TcpOptionForbidden,
  TcpHandshakeAnomaly,
  TcpGap,
  IpOption,
  // state and capacity
  StateLost,
  ServerTimeout,
  ServerClosed,
  ClientReset,
  Overload,
  PolicyMissing,
  RuleRemoved,
  Count_,
};

struct ReasonRow {
  Reason reason;
  std::string_view slug;
  std::string_view sentence;
  bool integrity = false;
};

inline constexpr std::array kReasons = {
    ReasonRow{Reason::None, "", "no reason"},
    ReasonRow{Reason::NotAllowlisted, "not-allowlisted",
              "no rule of this client names the destination for this protocol"},
    ReasonRow{Reason::ClientUnknown, "client-unknown",
              "the source address belongs to no known client"},
    ReasonRow{Reason::PortNotAllowed, "port-not-allowed",
              "a rule names the destination, but not on this port"},
    ReasonRow{Reason::DstSpecial, "dst-special",
              "the destination address is special and never reachable through the gateway"},
    ReasonRow{Reason::DnsMismatch, "dns-mismatch",
              "the gateway's own look-ups do not give this address for the name"},
    ReasonRow{Reason::DnsNotReady, "dns-not-ready",
              "cache not ready yet: the name has not been looked up in time"},
    ReasonRow{Reason::DnsFailed, "dns-failed", "the name could not be looked up"},
    ReasonRow{Reason::DnsPrivateAddress, "dns-private-address",
              "the name resolves only to private or special addresses"},
    ReasonRow{Reason::TlsNoSni, "tls-no-sni", "the ClientHello names no server"},
    ReasonRow{Reason::TlsSniMalformed, "tls-sni-malformed",
              "the server name is not a valid host name", true},
    ReasonRow{Reason::TlsSniIpLiteral, "tls-sni-ip-literal",
              "the server name is an IP address (RFC 6066 section 3 forbids it)", true},
    ReasonRow{Reason::TlsSniMultiple, "tls-sni-multiple",
              "the ClientHello names more than one server", true},
    ReasonRow{Reason::TlsDuplicateExtension, "tls-duplicate-extension",
              "an extension appears twice (RFC 8446 section 4.2 forbids it)", true},
    ReasonRow{Reason::TlsHelloMalformed, "tls-hello-malformed", "the hello breaks the TLS grammar",
              true},
    ReasonRow{Reason::TlsHelloTooLarge, "tls-hello-too-large", "the hello is larger than 64 KiB",
              true},
    ReasonRow{Reason::TlsHelloTimeout, "tls-hello-timeout", "the hello was not complete in time",
              true},
    ReasonRow{Reason::TlsUnexpectedRecord, "tls-unexpected-record",
              "a record that is no handshake stands before or inside the hello", true},
    ReasonRow{Reason::TlsUnexpectedMessage, "tls-unexpected-message",
              "a handshake message other than the hello came first", true},
    ReasonRow{Reason::TlsVersionClientTooOld, "tls-version-client-too-old",
              "the client offers nothing newer than TLS 1.1"},
    ReasonRow{Reason::TlsVersionServerTooOld, "tls-version-server-too-old",
              "the server selected a version older than TLS 1.2"},
    ReasonRow{Reason::TlsVersionAnomaly, "tls-version-anomaly",
              "the server selected a version that the client did not offer", true},
    ReasonRow{Reason::TlsHrrSniChanged, "tls-hrr-sni-changed",
              "the second ClientHello names another server than the first", true},
    ReasonRow{Reason::TlsServerMismatch, "tls-server-mismatch",
              "the server did not answer the hello with TLS"},
    ReasonRow{Reason::TlsAlert, "tls-alert", "the server refused the handshake with an alert"},
    ReasonRow{Reason::Sslv2Hello, "sslv2-hello", "an SSLv2 hello", true},
    ReasonRow{Reason::SshVersionClient, "ssh-version-client", "the client does not speak SSH 2"},
    ReasonRow{Reason::SshVersionServer, "ssh-version-server", "the server does not speak SSH 2"},
    ReasonRow{Reason::SshBannerMalformed, "ssh-banner-malformed",
              "the SSH banner breaks RFC 4253 section 4.2", true},
    ReasonRow{Reason::SshBannerTimeout, "ssh-banner-timeout",
              "the SSH banner was not complete in time", true},
    ReasonRow{Reason::SshServerMismatch, "ssh-server-mismatch",
              "the server did not answer with SSH"},
    ReasonRow{Reason::HttpNotAllowed, "http-not-allowed", "plaintext HTTP is not allowed"},
    ReasonRow{Reason::HttpPath, "http-path",
              "the host has revocation lists that may be fetched, but not at this path"},
    ReasonRow{Reason::HttpMethod, "http-method",
              "a revocation list may be fetched with GET and HEAD only"},
    ReasonRow{Reason::HttpBody, "http-body", "a request for a revocation list carries no body"},
    ReasonRow{Reason::HttpSecondRequest, "http-second-request",
              "the client sent more than the one request for a revocation list"},
    ReasonRow{Reason::HttpMalformed, "http-malformed", "the request breaks RFC 9112", true},
    ReasonRow{Reason::HttpHostMismatch, "http-host-mismatch",
              "the request target and the Host field disagree", true},
    ReasonRow{Reason::HttpHostIp, "http-host-ip", "the Host field is an IP address"},
    ReasonRow{Reason::HttpConnect, "http-connect", "CONNECT asks for a tunnel"},
    ReasonRow{Reason::HttpUpgrade, "http-upgrade", "the request asks to leave HTTP"},
    ReasonRow{Reason::HttpTooLarge, "http-too-large", "the request head is larger than 64 KiB",
              true},
    ReasonRow{Reason::HttpTimeout, "http-timeout", "the request head was not complete in time",
              true},
    ReasonRow{Reason::Http2Cleartext, "http2-cleartext", "HTTP/2 without TLS"},
    ReasonRow{Reason::HttpServerMismatch, "http-server-mismatch",
              "the server did not answer with HTTP"},
    ReasonRow{Reason::ProtoUnknown, "proto-unknown", "the protocol is neither TLS, SSH nor HTTP"},
    ReasonRow{Reason::ProtoServerFirst, "proto-server-first",
              "the server spoke first and no ssh rule covers it"},
    ReasonRow{Reason::ProtoTunnel, "proto-tunnel", "a tunnel or proxy protocol"},
    ReasonRow{Reason::ProtoQuic, "proto-quic",
              "QUIC (HTTP/3) is not forwarded; clients fall back to TLS over TCP"},
    ReasonRow{Reason::ProtoNotTcp, "proto-not-tcp", "only TCP is forwarded"},
    ReasonRow{Reason::ProtoIpv6, "proto-ipv6", "only IPv4 is forwarded"},
    ReasonRow{Reason::StarttlsSmtp, "starttls-smtp",
              "SMTP with STARTTLS: the name is not in the first bytes; use implicit TLS"},
    ReasonRow{Reason::StarttlsImap, "starttls-imap", "IMAP with STARTTLS: use implicit TLS"},
    ReasonRow{Reason::StarttlsPop3, "starttls-pop3", "POP3 with STLS: use implicit TLS"},
    ReasonRow{Reason::StarttlsFtp, "starttls-ftp", "FTP with AUTH TLS: use SFTP or implicit TLS"},
    ReasonRow{Reason::StarttlsXmpp, "starttls-xmpp", "XMPP with STARTTLS: use implicit TLS"},
    ReasonRow{Reason::StarttlsPostgresql, "starttls-postgresql",
              "PostgreSQL with SSLRequest: use sslnegotiation=direct"},
    ReasonRow{Reason::StarttlsMysql, "starttls-mysql",
              "MySQL upgrades inside its own protocol: the name cannot be seen"},
    ReasonRow{Reason::StarttlsLdap, "starttls-ldap", "LDAP with StartTLS: use ldaps"},
    ReasonRow{Reason::StarttlsIrc, "starttls-irc", "IRC with STARTTLS: use implicit TLS"},
    ReasonRow{Reason::TcpOverlapConflict, "tcp-overlap-conflict",
              "overlapping segments carry different bytes", true},
    ReasonRow{Reason::TcpRetransmitConflict, "tcp-retransmit-conflict",
              "a retransmission carries other bytes", true},
    ReasonRow{Reason::TcpSynData, "tcp-syn-data", "a SYN carries payload", true},
    ReasonRow{Reason::TcpUrgent, "tcp-urgent", "urgent data before the verdict", true},
    ReasonRow{Reason::TcpOptionForbidden, "tcp-option-forbidden", "TCP-MD5 or TCP-AO", true},
    ReasonRow{Reason::TcpHandshakeAnomaly, "tcp-handshake-anomaly",
              "not a plain three-way handshake", true},
    ReasonRow{Reason::TcpGap, "tcp-gap", "bytes were missing before the deadline", true},
    ReasonRow{Reason::IpOption, "ip-option", "IPv4 options are refused", true},
    ReasonRow{Reason::StateLost, "state-lost",
              "the gateway lost the state of this connection; it is reset so that it reconnects",
              true},
    ReasonRow{Reason::ServerTimeout, "server-timeout", "the server did not answer in time"},
    ReasonRow{Reason::ServerClosed, "server-closed",
              "the server ended the connection without an answer"},
    ReasonRow{Reason::ClientReset, "client-reset",
              "the client reset the connection before the server answered"},
    ReasonRow{Reason::Overload, "overload", "a limit of the gateway was reached", true},
    ReasonRow{Reason::PolicyMissing, "policy-missing", "no policy is loaded", true},
    ReasonRow{Reason::RuleRemoved, "rule-removed", "the rule that allowed this connection is gone"},
};

static_assert(kReasons.size() == static_cast<std::size_t>(Reason::Count_), "a reason lacks a row");

constexpr const ReasonRow& row_of(Reason reason) {
  return kReasons[static_cast<std::size_t>(reason)];
}
constexpr std::string_view slug_of(Reason reason) {
  return row_of(reason).slug;
}

static_assert(
    [] {
      for (std::size_t i = 0; i < kReasons.size(); ++i) {
        if (kReasons[i].reason != static_cast<Reason>(i) || kReasons[i].sentence.empty())
          return false;
      }
      return true;
    }(),
    "rows stand in the order of the enumeration and each has a sentence");

}  // namespace dn
