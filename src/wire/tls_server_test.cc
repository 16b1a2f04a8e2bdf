// ServerHello, HelloRetryRequest and alerts: version, group and what is refused.
#include <gtest/gtest.h>

#include <random>

#include "base/limits.h"
#include "wire/testing/corpus_file.h"
#include "wire/testing/hello_builder.h"
#include "wire/testing/prefixes.h"
#include "wire/tls.h"

namespace dn::wire {
namespace {

using namespace testing;
using Kind = ServerHello::Kind;

ParseResult<ServerHello> parse(ByteSpan stream) {
  static HandshakeScratch scratch;
  return parse_server_hello(stream, scratch);
}
ParseResult<ServerHello> parse_second(ByteSpan stream) {
  static HandshakeScratch scratch;
  return parse_server_hello(stream, scratch, true);
}

Bytes selected(std::size_t version) {
  return extension(43, u16(version));
}
Bytes share(std::size_t group) {
  return extension(51, join({u16(group), sized16(fill(32, 9))}));
}
Bytes hello_with(const Bytes& extensions) {
  return server_hello({.extensions = extensions});
}
Bytes retry_with(const Bytes& extensions) {
  return server_hello({.random = retry_random(), .extensions = extensions});
}

struct Case {
  std::string_view name;
  Bytes stream;
  Reason reason;  // None: valid
  std::string_view version = "";
  Kind kind = Kind::Hello;
  bool post_quantum = false;
  std::uint8_t alert = 0;
};

std::vector<Case> valid_cases() {
  const Bytes tls13 = hello_with(join({share(29), selected(0x0304)}));
  const Bytes warning = record({1, 112}, kAlertRecord, 0x0303);
  return {
      {"1.3", record(tls13), Reason::None, "1.3"},
      {"1.3 in one-byte records", records(tls13, 1), Reason::None, "1.3"},
      {"1.2", record(hello_with(extension(0xff01, u8(0)))), Reason::None, "1.2"},
      {"no extension block", record(server_hello({.extensions = std::nullopt})), Reason::None,
       "1.2"},
      {"1.1", record(server_hello({.legacy_version = 0x0302})), Reason::None, "1.1"},
      {"1.0", record(server_hello({.legacy_version = 0x0301})), Reason::None, "1.0"},
      {"SSLv3", record(server_hello({.legacy_version = 0x0300})), Reason::None, "ssl3"},
      {"legacy 1.3 alone is no version", record(server_hello({.legacy_version = 0x0304})),
       Reason::None, ""},
      {"a draft of 1.3 is no version", record(hello_with(selected(0x7f1c))), Reason::None, ""},
      {"supported_versions wins, even downwards", record(hello_with(selected(0x0302))),
       Reason::None, "1.1"},
      {"post-quantum share", record(hello_with(join({share(0x11ec), selected(0x0304)}))),
       Reason::None, "1.3", Kind::Hello, true},
      {"retry", record(retry_with(join({selected(0x0304), extension(51, u16(24))}))), Reason::None,
       "1.3", Kind::HelloRetryRequest},
      {"retry to a post-quantum group",
       record(retry_with(join({selected(0x0304), extension(51, u16(0x11ec))}))), Reason::None,
       "1.3", Kind::HelloRetryRequest, true},
      {"retry for a cookie", record(retry_with(join({selected(0x0304), extension(44, fill(40))}))),
       Reason::None, "1.3", Kind::HelloRetryRequest},
      {"fatal alert", record({2, 40}, kAlertRecord), Reason::None, "", Kind::Alert, false, 40},
      {"warning close_notify", record({1, 0}, kAlertRecord), Reason::None, "", Kind::Alert, false,
       0},
      {"fatal unrecognized_name", record({2, 112}, kAlertRecord), Reason::None, "", Kind::Alert,
       false, 112},
      {"warning unrecognized_name, then the hello", join({warning, record(tls13)}), Reason::None,
       "1.3"},
      {"two warnings, then the end", join({warning, warning, record({2, 80}, kAlertRecord)}),
       Reason::None, "", Kind::Alert, false, 80},
      {"coalesced with the rest of the flight",
       record(join({hello_with({}), message(11, fill(3000)), message(14, {})})), Reason::None,
       "1.2"},
  };
}

std::vector<Case> broken_cases() {
  const auto malformed = Reason::TlsHelloMalformed;
  const Bytes tls13 = hello_with(join({share(29), selected(0x0304)}));
  return {
      {"alert of one byte", record({2}, kAlertRecord), malformed},
      {"alert of three bytes", record({2, 40, 0}, kAlertRecord), malformed},
      {"retry with more behind it",
       record(join({retry_with(selected(0x0304)), message(8, u16(0))})), malformed, "1.3",
       Kind::HelloRetryRequest},
      {"duplicate extension", record(hello_with(join({selected(0x0304), selected(0x0303)}))),
       Reason::TlsDuplicateExtension, "1.3"},
      {"duplicate unknown extension",
       record(hello_with(join({extension(99, {}), extension(99, {})}))),
       Reason::TlsDuplicateExtension, "1.2"},
      {"bytes behind the extensions",
       record(server_hello({.extensions = selected(0x0304), .tail = {0}})), malformed, "1.2"},
      {"session id of 33 bytes", record(server_hello({.session = fill(33)})), malformed},
      {"two selected versions", record(hello_with(extension(43, {3, 4, 3, 3}))), malformed, "1.3"},
      {"half a version", record(hello_with(extension(43, {3}))), malformed},
      {"share without key", record(hello_with(extension(51, u16(29)))), malformed, "1.2"},
      {"share with an empty key", record(hello_with(extension(51, {0, 29, 0, 0}))), malformed,
       "1.2"},
      {"retry with a key", record(retry_with(share(29))), malformed, "1.2",
       Kind::HelloRetryRequest},
      {"hello cut short", record(message(2, fill(20, 3))), malformed},
      {"empty record", join({record({}), record(tls13)}), malformed},
      {"record too long", {22, 3, 3, 0x40, 0x01}, malformed},
      {"larger than any hello", record({2, 1, 0, 1}), malformed},
      {"another message first", record(message(0, {})), Reason::TlsUnexpectedMessage},
      {"application data first", record(fill(9), kAppData), Reason::TlsUnexpectedRecord},
      {"change_cipher_spec first", join({change_cipher_spec(), record(tls13)}),
       Reason::TlsUnexpectedRecord},
      {"alert inside the hello",
       join({record(Bytes(tls13.begin(), tls13.begin() + 20)), record({2, 40}, kAlertRecord)}),
       Reason::TlsUnexpectedRecord},
  };
}

std::vector<Case> cases() {
  std::vector<Case> all = valid_cases();
  for (const Case& test : broken_cases()) all.push_back(test);
  return all;
}

TEST(ServerHello, JudgesEachCaseByKindVersionAndReason) {
  for (const Case& test : cases()) {
    SCOPED_TRACE(test.name);
    const auto result = parse(test.stream);
    EXPECT_EQ(result.status,
              test.reason == Reason::None ? ParseStatus::Done : ParseStatus::Malformed);
    EXPECT_EQ(slug_of(result.reason), slug_of(test.reason));
    EXPECT_EQ(result.value.kind, test.kind);
    EXPECT_EQ(result.value.post_quantum, test.post_quantum);
    EXPECT_EQ(result.value.alert_description, test.alert);
    EXPECT_EQ(format_tls_version(result.value.version), test.version);
  }
}

TEST(ServerHello, AnswersAreFinalWhileTheStreamGrows) {
  for (const Case& test : cases()) {
    SCOPED_TRACE(test.name);
    EXPECT_EQ(slug_of(parse_growing(test.stream, parse).reason), slug_of(test.reason));
    if (test.reason == Reason::None) parse_valid(test.stream, parse);
  }
}

TEST(ServerHello, GivesNoVersionThatItDoesNotKnow) {
  for (const std::size_t version : {0x7f1cU, 0x0305U, 0x02ffU, 0x0a0aU}) {
    EXPECT_EQ(parse(record(hello_with(selected(version)))).value.version, 0);
    EXPECT_EQ(parse(record(server_hello({.legacy_version = version}))).value.version, 0);
  }
}

TEST(ServerHello, ConsumesTheMessageOnly) {
  const Bytes hello = hello_with({});
  EXPECT_EQ(parse(record(join({hello, message(11, fill(100))}))).consumed, 5 + hello.size());
  EXPECT_EQ(parse(join({record(hello), text("anything")})).consumed, 5 + hello.size());
  EXPECT_EQ(parse(join({record({2, 40}, kAlertRecord), text("x")})).consumed, 7U);
}

TEST(ServerHello, IsDoneBeforeTheRestOfItsRecordArrives) {
  const Bytes hello = hello_with({});
  const Bytes stream = record(join({hello, message(11, fill(10000))}));
  EXPECT_EQ(parse(ByteSpan(stream).first(5 + hello.size())).status, ParseStatus::Done);
  EXPECT_EQ(parse(ByteSpan(stream).first(4 + hello.size())).status, ParseStatus::NeedMore);
}

TEST(ServerHello, IsNotThisForOtherProtocols) {
  for (const std::string_view other : {"HTTP/1.1 400 Bad Request\r\n", "SSH-2.0-x\r\n",
                                       "220 mail ESMTP\r\n", "\x16\x02\x00", "\x15\x05"}) {
    EXPECT_EQ(parse(as_bytes(other)).status, ParseStatus::NotThis) << other;
    EXPECT_EQ(parse_second(as_bytes(other)).status, ParseStatus::NotThis) << other;
  }
}

TEST(ServerHello, MayFollowOneChangeCipherSpecAfterARetry) {
  const Bytes hello = record(hello_with(join({share(24), selected(0x0304)})));
  for (const Bytes& stream : {hello, join({change_cipher_spec(), hello})}) {
    const auto result = parse_valid(stream, parse_second);
    EXPECT_EQ(result.consumed, stream.size());
    EXPECT_EQ(result.value.version, kTls13);
  }
  for (const Bytes& front :
       {join({change_cipher_spec(), change_cipher_spec()}), record({0}, kCcs), record({}, kCcs)}) {
    EXPECT_EQ(slug_of(parse_growing(join({front, hello}), parse_second).reason),
              "tls-unexpected-record");
  }
  EXPECT_EQ(parse_second(change_cipher_spec()).status, ParseStatus::NeedMore);
}

TEST(ServerHello, SurvivesRandomDamage) {
  std::mt19937 random(7);  // NOLINT: repeatable on purpose
  const auto all = cases();
  for (int round = 0; round < 20000; ++round) {
    Bytes stream = all[random() % all.size()].stream;
    for (unsigned i = random() % 4 + 1; i > 0; --i) {
      stream[random() % stream.size()] = static_cast<std::uint8_t>(random());
    }
    const auto part = parse(ByteSpan(stream).first(random() % (stream.size() + 1)));
    const auto whole = parse(stream);
    if (part.status == ParseStatus::NeedMore) continue;
    ASSERT_TRUE(part.status == whole.status || part.status == ParseStatus::Done);
    ASSERT_TRUE(part.status != whole.status || part.reason == whole.reason);
  }
}

TEST(ServerHello, ReadsTheAnswersOfRealServers) {
  struct Real {
    std::string file;
    std::string_view version;
    Kind kind = Kind::Hello;
    std::uint8_t alert = 0;
  };
  const std::vector<Real> reals = {
      {"openssl-tls13", "1.3"},
      {"openssl-tls12", "1.2"},
      {"openssl-tls11", "1.1"},
      {"openssl-tls10", "1.0"},
      {"openssl-retry", "1.3", Kind::HelloRetryRequest},
      {"openssl-resumed", "1.3"},
      {"openssl-alert", "", Kind::Alert, 70},
  };
  for (const Real& real : reals) {
    SCOPED_TRACE(real.file);
    const Bytes stream = corpus_file("tls_server_hello_fuzz/" + real.file);
    const auto result = parse_valid(stream, parse);
    EXPECT_EQ(format_tls_version(result.value.version), real.version);
    EXPECT_EQ(result.value.kind, real.kind);
    EXPECT_EQ(result.value.alert_description, real.alert);
    if (real.kind != Kind::HelloRetryRequest) continue;
    // What stands behind it is the change_cipher_spec of the compatibility mode.
    EXPECT_EQ(parse_second(ByteSpan(stream).subspan(result.consumed)).status,
              ParseStatus::NeedMore);
  }
  const auto after =
      parse_valid(corpus_file("tls_server_hello_fuzz/openssl-after-retry"), parse_second);
  EXPECT_EQ(after.value.version, kTls13);
}

TEST(PostQuantumGroup, IsOneOfTheRegisteredCodePoints) {
  for (const int group : {0x0200, 0x0201, 0x0202, 0x11eb, 0x11ec, 0x11ed, 0x11ee, 0x6399, 0x639a}) {
    EXPECT_TRUE(is_post_quantum_group(static_cast<std::uint16_t>(group))) << group;
  }
  for (const int group : {0x0017, 0x001d, 0x0100, 0x0203, 0x11ea, 0x0a0a, 0x4138}) {
    EXPECT_FALSE(is_post_quantum_group(static_cast<std::uint16_t>(group))) << group;
  }
}

}  // namespace
}  // namespace dn::wire
