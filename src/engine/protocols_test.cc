// First bytes → facts, for every protocol and both sides. The parsers have tests of their own; here
// it is which one is asked, and what its answer means for a decision.
#include "engine/protocols.h"

#include <gtest/gtest.h>

#include "engine/testing/flow_rig.h"
#include "wire/testing/hello_builder.h"

namespace dn::engine {
namespace {

using namespace testing;
using Status = ClientReading::Status;
using ServerStatus = ServerReading::Status;

TEST(ReadClient, NamesProtocolVersionAndFlaw) {
  const struct {
    Bytes bytes;
    Status status;
    Protocol protocol;
    Reason reason;  // the flaw, or why it is malformed
    std::string_view name = "", version = "";
  } cases[] = {
      {tls_hello("a.test"), Status::Done, Protocol::Tls, Reason::None, "a.test", "1.3"},
      {tls_hello_without_name(), Status::Done, Protocol::Tls, Reason::TlsNoSni, "", "1.3"},
      {old_tls_hello("a.test"), Status::Done, Protocol::Tls, Reason::TlsVersionClientTooOld,
       "a.test", "1.1"},
      {slice(tls_hello("a.test"), 0, 40), Status::NeedMore, Protocol::Tls, Reason::None},
      {text("\x16"), Status::NeedMore, Protocol::Tls, Reason::None},
      {tls_hello("a..test"), Status::Malformed, Protocol::Tls, Reason::TlsSniMalformed, "", "1.2"},
      {text("SSH-2.0-x\r\n"), Status::Done, Protocol::Ssh, Reason::None, "", "2.0"},
      {text("SSH-1.5-x\r\n"), Status::Done, Protocol::Ssh, Reason::SshVersionClient, "", "1.5"},
      {text("SSH-1.99-x\r\n"), Status::Done, Protocol::Ssh, Reason::SshVersionClient, "", "1.99"},
      {text("SS"), Status::NeedMore, Protocol::Ssh, Reason::None},
      {text("SSH-2.0-\x01\r\n"), Status::Malformed, Protocol::Ssh, Reason::SshBannerMalformed, "",
       "2.0"},
      {text("GET /x HTTP/1.1\r\nHost: a.test\r\n\r\n"), Status::Done, Protocol::Http,
       Reason::HttpNotAllowed, "a.test", "1.1"},
      {text("GET / HTTP/1.0\r\n\r\n"), Status::Done, Protocol::Http, Reason::HttpNotAllowed, "",
       "1.0"},
      {text("GET / HTTP/1.1\r\nHost: 192.0.2.1\r\n\r\n"), Status::Done, Protocol::Http,
       Reason::HttpHostIp, "", "1.1"},
      {text("CONNECT a.test:443 HTTP/1.1\r\nHost: a.test\r\n\r\n"), Status::Done, Protocol::Http,
       Reason::HttpConnect, "a.test", "1.1"},
      {text("GET / HTTP/1.1\r\nHost: a.test\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"),
       Status::Done, Protocol::Http, Reason::HttpUpgrade, "a.test", "1.1"},
      {text("GET / HT"), Status::NeedMore, Protocol::Http, Reason::None},
      {text("GET / HTTP/1.1\r\nHost: a.test\r\nHost: b.test\r\n\r\n"), Status::Malformed,
       Protocol::Http, Reason::HttpMalformed, "a.test", "1.1"},
      {text("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), Status::Done, Protocol::Unknown,
       Reason::Http2Cleartext},
      {text("EHLO me\r\n"), Status::Done, Protocol::Unknown, Reason::StarttlsSmtp},
      {text("\x05\x01"), Status::Done, Protocol::Unknown, Reason::ProtoTunnel},
      {Bytes{0x80, 0x2e, 0x01, 0x03, 0x01}, Status::Malformed, Protocol::Unknown,
       Reason::Sslv2Hello},
      {text("nonsense"), Status::Done, Protocol::Unknown, Reason::ProtoUnknown},
  };
  wire::HandshakeScratch scratch;
  for (const auto& test : cases) {
    const std::string what(
        as_text(ByteSpan(test.bytes).first(std::min<std::size_t>(test.bytes.size(), 30))));
    const ClientReading reading = read_client(test.bytes, scratch);
    EXPECT_EQ(reading.status, test.status) << what;
    EXPECT_EQ(reading.facts.protocol, test.protocol) << what;
    const Reason reason = reading.status == Status::Malformed ? reading.reason : reading.facts.flaw;
    EXPECT_EQ(slug_of(reason), slug_of(test.reason)) << what;
    EXPECT_EQ(reading.facts.name ? reading.facts.name->text() : "", test.name) << what;
    EXPECT_EQ(reading.facts.version, test.version) << what;
    EXPECT_TRUE(reading.status != Status::Done || reading.consumed == test.bytes.size()) << what;
  }
}

// A verdict over a beginning must hold for the whole: only NeedMore may change.
TEST(ReadClient, NeverDecidesOverABeginningOfAGoodStream) {
  wire::HandshakeScratch scratch;
  for (const Bytes& whole : {tls_hello("a.test"), text("SSH-2.0-x\r\n"),
                             text("POST /x HTTP/1.1\r\nHost: a.test\r\n\r\n")}) {
    for (std::size_t size = 1; size < whole.size(); ++size) {
      EXPECT_EQ(read_client(ByteSpan(whole).first(size), scratch).status, Status::NeedMore) << size;
    }
    EXPECT_EQ(read_client(whole, scratch).status, Status::Done);
  }
}

TEST(ReadClient, TellsWhatBelongsToAHello) {
  namespace hello = wire::testing;
  wire::HandshakeScratch scratch;
  const Bytes with = tls_hello(
      "a.test", 0, join(hello::extension(42, {}), hello::extension(0xfe0d, hello::fill(20))));
  const Bytes stream = join(with, application_data(20));
  const ClientReading reading = read_client(stream, scratch);
  EXPECT_EQ(reading.status, Status::Done);
  EXPECT_EQ(reading.consumed, with.size());
  EXPECT_TRUE(reading.facts.early_data);
  EXPECT_TRUE(reading.facts.ech);
  EXPECT_EQ(reading.facts.post_quantum, false);
  EXPECT_EQ(reading.facts.tls_offered, 0b11000);
}

TEST(ReadClient, KeepsTheViewsOfARequest) {
  wire::HandshakeScratch scratch;
  const Bytes request = text("GET /a?b HTTP/1.1\r\nHost: [::1]:80\r\nUser-Agent: curl/8\r\n\r\n");
  const ClientFacts facts = read_client(request, scratch).facts;
  EXPECT_EQ(facts.http_method, "GET");
  EXPECT_EQ(facts.http_path, "/a?b");
  EXPECT_EQ(facts.http_user_agent, "curl/8");
  EXPECT_EQ(facts.http_host, "[::1]");
}

TEST(ReadSecondHello, TakesOnlyAHello) {
  wire::HandshakeScratch scratch;
  const Bytes early = join(application_data(30), tls_hello("a.test"));
  EXPECT_EQ(read_second_hello(early, scratch).status, Status::Done);
  EXPECT_EQ(read_second_hello(early, scratch).facts.name, name("a.test"));
  EXPECT_EQ(read_second_hello(slice(early, 0, 60), scratch).status, Status::NeedMore);
  const ClientReading other = read_second_hello(text("GET / HTTP/1.1\r\n\r\n"), scratch);
  EXPECT_EQ(other.status, Status::Malformed);
  EXPECT_EQ(other.reason, Reason::TlsUnexpectedRecord);
}

TEST(ReadServer, NamesVersionAndFlaw) {
  constexpr std::uint16_t kOffers13 = 0b10000, kOffers12 = 0b01000, kBoth = 0b11000;
  const struct {
    std::string_view what;
    Protocol client;
    Bytes bytes;
    std::uint16_t offered;
    ServerStatus status;
    Reason reason;
    std::string_view version = "";
    bool after_retry = false;
  } cases[] = {
      {"1.3", Protocol::Tls, tls_server_hello(), kBoth, ServerStatus::Done, Reason::None, "1.3"},
      {"1.2", Protocol::Tls, tls_server_hello(0x0303), kBoth, ServerStatus::Done, Reason::None,
       "1.2"},
      {"1.1", Protocol::Tls, tls_server_hello(0x0302), kBoth, ServerStatus::Done,
       Reason::TlsVersionServerTooOld, "1.1"},
      {"1.2 not offered", Protocol::Tls, tls_server_hello(0x0303), kOffers13,
       ServerStatus::Malformed, Reason::TlsVersionAnomaly, "1.2"},
      {"1.3 not offered", Protocol::Tls, tls_server_hello(), kOffers12, ServerStatus::Malformed,
       Reason::TlsVersionAnomaly, "1.3"},
      {"retry", Protocol::Tls, tls_retry_request(), kBoth, ServerStatus::Done, Reason::None, "1.3"},
      {"second retry", Protocol::Tls, tls_retry_request(), kBoth, ServerStatus::Malformed,
       Reason::TlsHelloMalformed, "1.3", true},
      {"part", Protocol::Tls, slice(tls_server_hello(), 0, 20), kBoth, ServerStatus::NeedMore,
       Reason::None},
      {"HTTP for TLS", Protocol::Tls, text("HTTP/1.1 400 no\r\n"), kBoth, ServerStatus::Done,
       Reason::TlsServerMismatch},
      {"ssh", Protocol::Ssh, text("hi\r\nSSH-2.0-x\r\n"), 0, ServerStatus::Done, Reason::None,
       "2.0"},
      {"ssh 1.99", Protocol::Ssh, text("SSH-1.99-x\r\n"), 0, ServerStatus::Done, Reason::None,
       "1.99"},
      {"ssh 1.5", Protocol::Ssh, text("SSH-1.5-x\r\n"), 0, ServerStatus::Done,
       Reason::SshVersionServer, "1.5"},
      {"ssh broken", Protocol::Ssh, text("SSH-2.0-\x02\r\n"), 0, ServerStatus::Malformed,
       Reason::SshBannerMalformed},
      {"HTTP for ssh", Protocol::Ssh, text("HTTP/1.1 400 no\r\n"), 0, ServerStatus::Done,
       Reason::SshServerMismatch},
      {"http", Protocol::Http, text("HTTP/1.1 204 No Content\r\n"), 0, ServerStatus::Done,
       Reason::None, "1.1"},
      {"http part", Protocol::Http, text("HTTP/1.1 20"), 0, ServerStatus::NeedMore, Reason::None},
      {"TLS for http", Protocol::Http, tls_alert(40), 0, ServerStatus::Done,
       Reason::HttpServerMismatch},
      {"anything for unknown", Protocol::Unknown, text("220 hi\r\n"), 0, ServerStatus::Done,
       Reason::None},
  };
  wire::HandshakeScratch scratch;
  for (const auto& test : cases) {
    const ServerReading reading =
        read_server(test.client, test.bytes, test.offered, test.after_retry, scratch);
    EXPECT_EQ(reading.status, test.status) << test.what;
    const Reason reason =
        reading.status == ServerStatus::Malformed ? reading.reason : reading.facts.flaw;
    EXPECT_EQ(slug_of(reason), slug_of(test.reason)) << test.what;
    EXPECT_EQ(reading.facts.version, test.version) << test.what;
  }
  EXPECT_EQ(
      read_server(Protocol::Http, text("HTTP/1.1 204 x\r\n"), 0, false, scratch).facts.http_code,
      204);
  const ServerFacts alert = read_server(Protocol::Tls, tls_alert(112), kBoth, false, scratch).facts;
  EXPECT_TRUE(alert.alert);
  EXPECT_EQ(alert.alert_description, 112);
  EXPECT_EQ(read_server(Protocol::Tls, tls_server_hello(0x0304, true), kBoth, false, scratch)
                .facts.post_quantum,
            true);
}

TEST(TimeoutReason, NamesWhatWasAwaited) {
  EXPECT_EQ(timeout_reason(Protocol::Tls, false), Reason::TlsHelloTimeout);
  EXPECT_EQ(timeout_reason(Protocol::Tls, true), Reason::TlsHelloTimeout);
  EXPECT_EQ(timeout_reason(Protocol::Ssh, false), Reason::SshBannerTimeout);
  EXPECT_EQ(timeout_reason(Protocol::Http, false), Reason::HttpTimeout);
  EXPECT_EQ(timeout_reason(Protocol::Unknown, true), Reason::TcpGap);
  EXPECT_EQ(timeout_reason(Protocol::Unknown, false), Reason::ProtoUnknown);
}

}  // namespace
}  // namespace dn::engine
