#include "engine/protocols.h"

#include "base/limits.h"
#include "wire/http.h"
#include "wire/recognise.h"
#include "wire/ssh.h"

namespace dn::engine {
namespace {

using wire::ParseStatus;
using Status = ClientReading::Status;

ClientReading need_more(Protocol protocol) {
  ClientReading reading;
  reading.facts.protocol = protocol;
  return reading;
}

// What a parser of this protocol said, still without facts.
template <class T>
ClientReading outcome_of(Protocol protocol, const wire::ParseResult<T>& result) {
  ClientReading reading = need_more(protocol);
  if (result.status == ParseStatus::NeedMore) return reading;
  reading.status = result.status == ParseStatus::Done ? Status::Done : Status::Malformed;
  reading.reason = result.reason;
  reading.consumed = result.consumed;
  return reading;
}

void describe_hello(const wire::ClientHello& hello, ClientFacts& facts) {
  facts.protocol = Protocol::Tls;
  facts.name = hello.server_name;
  facts.version = wire::format_tls_version(hello.highest_version);
  facts.tls_offered = hello.offered_versions;
  facts.post_quantum = hello.offers_post_quantum;
  facts.ech = hello.has_ech;
  facts.early_data = hello.has_early_data;
  if (hello.highest_version < wire::kTls12) {
    facts.flaw = Reason::TlsVersionClientTooOld;
  } else if (!hello.server_name) {
    facts.flaw = Reason::TlsNoSni;
  }
}

ClientReading read_tls(const wire::ParseResult<wire::ClientHello>& hello) {
  ClientReading reading = outcome_of(Protocol::Tls, hello);
  if (reading.status == Status::NeedMore) return reading;
  describe_hello(hello.value, reading.facts);
  return reading;
}

ClientReading read_ssh(const wire::ParseResult<wire::SshBanner>& banner) {
  ClientReading reading = outcome_of(Protocol::Ssh, banner);
  if (reading.status == Status::NeedMore) return reading;
  reading.facts.version = banner.value.version;
  reading.facts.banner = banner.value.line;
  if (!banner.value.acceptable) reading.facts.flaw = Reason::SshVersionClient;
  return reading;
}

ClientReading read_http(const wire::ParseResult<wire::HttpRequest>& request) {
  ClientReading reading = outcome_of(Protocol::Http, request);
  if (reading.status == Status::NeedMore) return reading;
  const wire::HttpRequest& http = request.value;
  ClientFacts& facts = reading.facts;
  facts.name = http.host_name;
  facts.version = http.version;
  facts.http_method = http.method;
  facts.http_target = http.target;
  facts.http_path = http.path;
  facts.http_user_agent = http.user_agent;
  facts.http_host = http.host;
  facts.http_port = http.port;
  facts.http_has_body = http.has_body;
  facts.flaw = http.is_connect     ? Reason::HttpConnect
               : http.asks_upgrade ? Reason::HttpUpgrade
               : !http.host_name   ? Reason::HttpHostIp
                                   : Reason::HttpNotAllowed;
  if (facts.flaw == Reason::HttpHostIp && http.host.empty()) facts.flaw = Reason::HttpNotAllowed;
  return reading;
}

ClientReading read_unknown(ByteSpan prefix) {
  ClientReading reading;
  reading.facts.flaw = wire::recognise_client(prefix);
  reading.consumed = prefix.size();
  const bool integrity = row_of(reading.facts.flaw).integrity;
  reading.status = integrity ? Status::Malformed : Status::Done;
  reading.reason = integrity ? reading.facts.flaw : Reason::None;
  return reading;
}

}  // namespace

ClientReading read_client(ByteSpan prefix, wire::HandshakeScratch& scratch) {
  // "PRI * HTTP/2.0" looks like an HTTP/1 request line; the recogniser knows better.
  const bool maybe_http2 = prefix.size() >= 3 && as_text(prefix).starts_with("PRI");
  if (const auto hello = wire::parse_client_hello(prefix, scratch);
      hello.status != ParseStatus::NotThis) {
    return read_tls(hello);
  }
  if (const auto banner = wire::parse_ssh_banner(prefix, wire::Side::Client);
      banner.status != ParseStatus::NotThis) {
    return read_ssh(banner);
  }
  if (!maybe_http2) {
    if (const auto request = wire::parse_http_request(prefix);
        request.status != ParseStatus::NotThis) {
      return read_http(request);
    }
  }
  return read_unknown(prefix);
}

ClientReading read_second_hello(ByteSpan bytes, wire::HandshakeScratch& scratch) {
  const auto hello = wire::parse_client_hello(bytes, scratch, true);
  if (hello.status != ParseStatus::NotThis) return read_tls(hello);
  ClientReading reading = need_more(Protocol::Tls);
  reading.status = Status::Malformed;
  reading.reason = Reason::TlsUnexpectedRecord;
  return reading;
}

namespace {

ServerReading read_tls_server(ByteSpan bytes, std::uint16_t offered, bool after_retry,
                              wire::HandshakeScratch& scratch) {
  const auto hello = wire::parse_server_hello(bytes, scratch, after_retry);
  ServerReading reading;
  if (hello.status == ParseStatus::NeedMore) return reading;
  reading.status = ServerReading::Status::Done;
  reading.consumed = hello.consumed;
  if (hello.status == ParseStatus::NotThis) {
    reading.facts.flaw = Reason::TlsServerMismatch;
    return reading;
  }
  if (hello.status == ParseStatus::Malformed) {
    reading.status = ServerReading::Status::Malformed;
    reading.reason = hello.reason;
    return reading;
  }
  const wire::ServerHello& value = hello.value;
  ServerFacts& facts = reading.facts;
  if (value.kind == wire::ServerHello::Kind::Alert) {
    facts.alert = true;
    facts.alert_description = value.alert_description;
    return reading;
  }
  facts.version = wire::format_tls_version(value.version);
  facts.post_quantum = value.post_quantum;
  facts.hello_retry_request = value.kind == wire::ServerHello::Kind::HelloRetryRequest;
  const std::uint32_t version = value.version;
  const std::uint32_t bit = version >= 0x0300U ? version - 0x0300U : 16U;
  const bool offered_it = bit < 16 && (unsigned{offered} >> bit & 1U) != 0;
  if (value.version < wire::kTls12) {
    facts.flaw = Reason::TlsVersionServerTooOld;
  } else if (!offered_it || (facts.hello_retry_request && after_retry)) {
    reading.status = ServerReading::Status::Malformed;
    reading.reason = offered_it ? Reason::TlsHelloMalformed : Reason::TlsVersionAnomaly;
  }
  return reading;
}

ServerReading read_ssh_server(ByteSpan bytes) {
  const auto banner = wire::parse_ssh_banner(bytes, wire::Side::Server);
  ServerReading reading;
  if (banner.status == ParseStatus::NeedMore) return reading;
  reading.status = ServerReading::Status::Done;
  reading.consumed = banner.consumed;
  if (banner.status == ParseStatus::NotThis) {
    reading.facts.flaw = Reason::SshServerMismatch;
  } else if (banner.status == ParseStatus::Malformed) {
    reading.status = ServerReading::Status::Malformed;
    reading.reason = banner.reason;
  } else {
    reading.facts.version = banner.value.version;
    reading.facts.banner = banner.value.line;
    if (!banner.value.acceptable) reading.facts.flaw = Reason::SshVersionServer;
  }
  return reading;
}

ServerReading read_http_server(ByteSpan bytes) {
  const auto response = wire::parse_http_response(bytes);
  ServerReading reading;
  if (response.status == ParseStatus::NeedMore) return reading;
  reading.status = ServerReading::Status::Done;
  reading.consumed = response.consumed;
  if (response.status == ParseStatus::Done) {
    reading.facts.version = response.value.version;
    reading.facts.http_code = response.value.code;
  } else {
    reading.facts.flaw = Reason::HttpServerMismatch;
  }
  return reading;
}

}  // namespace

ServerReading read_server(Protocol protocol, ByteSpan bytes, std::uint16_t tls_offered,
                          bool after_retry, wire::HandshakeScratch& scratch) {
  switch (protocol) {
    case Protocol::Tls: return read_tls_server(bytes, tls_offered, after_retry, scratch);
    case Protocol::Ssh: return read_ssh_server(bytes);
    case Protocol::Http: return read_http_server(bytes);
    case Protocol::Unknown: break;
  }
  ServerReading reading;
  reading.status = ServerReading::Status::Done;
  return reading;
}

Reason timeout_reason(Protocol protocol, bool has_gap) {
  switch (protocol) {
    case Protocol::Tls: return Reason::TlsHelloTimeout;
    case Protocol::Ssh: return Reason::SshBannerTimeout;
    case Protocol::Http: return Reason::HttpTimeout;
    case Protocol::Unknown: break;
  }
  return has_gap ? Reason::TcpGap : Reason::ProtoUnknown;
}

}  // namespace dn::engine
