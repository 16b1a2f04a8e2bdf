// ClientHello: what is accepted, what is refused and why, at every cut of the stream.
//
// The numbers T01…T75 are those of the evasion table in docs/threat-model.md. ServerHellos are in
// tls_server_test.cc.
#include "wire/tls.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "base/limits.h"
#include "wire/testing/corpus_file.h"
#include "wire/testing/hello_builder.h"
#include "wire/testing/prefixes.h"

namespace dn::wire {
namespace {

using namespace testing;

ParseResult<ClientHello> parse(ByteSpan stream) {
  static HandshakeScratch scratch;
  return parse_client_hello(stream, scratch);
}
ParseResult<ClientHello> parse_second(ByteSpan stream) {
  static HandshakeScratch scratch;
  return parse_client_hello(stream, scratch, true);
}

std::string name_of(const ParseResult<ClientHello>& result) {
  return result.value.server_name ? std::string(result.value.server_name->text()) : "";
}

constexpr std::string_view kA = "allowed.test";
constexpr std::string_view kB = "evil.test";
// Where the name begins in the message that hello_for() builds, and a place inside it.
constexpr std::size_t kCut = 4 + 2 + 32 + 1 + 2 + 8 + 2 + 2 + 4 + 2 + 3 + 3;

Bytes slice(const Bytes& bytes, std::size_t from, std::size_t to) {
  return {bytes.begin() + static_cast<std::ptrdiff_t>(from),
          bytes.begin() + static_cast<std::ptrdiff_t>(to)};
}
Bytes head_of(const Bytes& bytes, std::size_t count) {
  return slice(bytes, 0, count);
}
Bytes tail_of(const Bytes& bytes, std::size_t from) {
  return slice(bytes, from, bytes.size());
}
Bytes hello_with(const Bytes& extensions) {
  return client_hello({.extensions = extensions});
}
Bytes hello_with_name_extension(const Bytes& extension) {
  return hello_with(join({extension, usual_extensions()}));
}
Bytes two_records(const Bytes& message, std::size_t cut, const Bytes& between = {}) {
  return join({record(head_of(message, cut)), between, record(tail_of(message, cut))});
}
Bytes padded_hello(std::size_t padding) {
  return hello_with(join({usual_extensions(), extension(21, fill(padding)), server_name(kA)}));
}
Bytes key_share(std::size_t group, std::size_t bytes) {
  return extension(51, sized16(join({u16(group), sized16(fill(bytes, 7))})));
}

struct Case {
  std::string_view name;
  Bytes stream;
  Reason reason;               // None: valid
  std::string_view host = "";  // in the value
  std::string_view version = "1.2";
};

std::vector<Case> valid_cases() {
  const Bytes hello = hello_for(kA);
  const Bytes plain = record(hello);
  std::vector<Case> cases = {
      {"T01 plain", plain, Reason::None, kA},
      {"T05 cut inside the name", two_records(hello, kCut), Reason::None, kA},
      {"T07 one-byte records", records(hello, 1), Reason::None, kA},
      {"T08 cut after the type", two_records(hello, 1), Reason::None, kA},
      {"T09 cut inside the head", two_records(hello, 3), Reason::None, kA},
      {"T18 record version changes",
       join({record(head_of(hello, kCut)), record(tail_of(hello, kCut), kHandshakeRecord, 0x0303)}),
       Reason::None, kA},
      {"T19 legacy 1.1 and nothing newer",
       record(client_hello({.legacy_version = 0x0302, .extensions = server_name(kA)})),
       Reason::None, kA, "1.1"},
      {"T19 SSLv3", record(client_hello({.legacy_version = 0x0300, .extensions = server_name(kA)})),
       Reason::None, kA, "ssl3"},
      {"T19 legacy 1.3 offers 1.2",
       record(client_hello({.legacy_version = 0x0304, .extensions = server_name(kA)})),
       Reason::None, kA},
      {"T19 legacy 3.99 offers 1.2",
       record(client_hello({.legacy_version = 0x0399, .extensions = server_name(kA)})),
       Reason::None, kA},
      {"T20 legacy 1.0, supported_versions 1.2",
       record(client_hello({.legacy_version = 0x0301,
                            .extensions = join({server_name(kA), supported_versions({0x0303})})})),
       Reason::None, kA},
      {"T21 supported_versions 1.1 and 1.0 only",
       record(hello_for(kA, supported_versions({0x0302, 0x0301}))), Reason::None, kA, "1.1"},
      {"T22 GREASE version", record(hello_for(kA, supported_versions({0x7a7a, 0x0303}))),
       Reason::None, kA},
      {"only unknown versions", record(hello_for(kA, supported_versions({0x7a7a, 0x0305, 0x7f1c}))),
       Reason::None, kA, ""},
      {"T23 no extension block", record(client_hello({.extensions = std::nullopt})), Reason::None},
      {"empty extension block", record(client_hello({})), Reason::None},
      {"T24 no name", record(hello_with(usual_extensions())), Reason::None},
      {"T33 empty name", record(hello_for("")), Reason::None},
      {"T34 upper case", record(hello_for("ALLowed.TEST")), Reason::None, kA},
      {"T35 final dot", record(hello_for("allowed.test.")), Reason::None, kA},
      {"T42 underscore", record(hello_for("_x.allowed.test")), Reason::None, "_x.allowed.test"},
      {"longest session id",
       record(client_hello({.session = fill(32), .extensions = server_name(kA)})), Reason::None,
       kA},
      {"several compression methods",
       record(client_hello({.compression = {1, 0}, .extensions = server_name(kA)})), Reason::None,
       kA},
      {"T58 post-quantum size", record(hello_for(kA, key_share(0x11ec, 1216))), Reason::None, kA},
      {"T60 GREASE extensions",
       record(hello_with(
           join({extension(0x1a1a, {}), server_name(kA), supported_groups({0xaaaa, 29}),
                 supported_versions({0xdada, 0x0304, 0x0303}), extension(0xbaba, {0})}))),
       Reason::None, kA, "1.3"},
      {"T62 draft ESNI without a name", record(hello_with(extension(0xffce, fill(370)))),
       Reason::None},
      {"T68 early data behind",
       join({record(hello_for(kA, join({supported_versions({0x0304}), extension(42, {})}))),
             change_cipher_spec(), record(fill(64), kAppData)}),
       Reason::None, kA, "1.3"},
      {"pre_shared_key last", record(hello_for(kA, extension(41, fill(50)))), Reason::None, kA},
  };
  for (const std::size_t version : {0x0300U, 0x0302U, 0x0303U, 0x0304U, 0x03ffU}) {
    cases.push_back(
        {"T17 record version", record(hello, kHandshakeRecord, version), Reason::None, kA});
  }
  return cases;
}

std::vector<Case> broken_names() {
  const auto sni_malformed = Reason::TlsSniMalformed;
  std::vector<Case> cases = {
      {"T25 two names",
       record(hello_with_name_extension(server_names({name_entry(kA), name_entry(kB)}))),
       Reason::TlsSniMultiple},
      {"T26 two names",
       record(hello_with_name_extension(server_names({name_entry(kB), name_entry(kA)}))),
       Reason::TlsSniMultiple},
      {"the same name twice",
       record(hello_with_name_extension(server_names({name_entry(kA), name_entry(kA)}))),
       Reason::TlsSniMultiple},
      {"an empty name, then one",
       record(hello_with_name_extension(server_names({name_entry(""), name_entry(kA)}))),
       Reason::TlsSniMultiple},
      {"T27 two name extensions", record(hello_for(kA, server_name(kB))),
       Reason::TlsDuplicateExtension, kA},
      {"T29 other name type first",
       record(hello_with_name_extension(server_names({name_entry(kB, 1), name_entry(kA)}))),
       sni_malformed},
      {"other name type second",
       record(hello_with_name_extension(server_names({name_entry(kA), name_entry(kB, 1)}))),
       sni_malformed},
      {"T30 other name type only",
       record(hello_with_name_extension(server_names({name_entry(kB, 1)}))), sni_malformed},
      {"T31 empty list", record(hello_with_name_extension(extension(0, u16(0)))), sni_malformed},
      {"T32 empty extension", record(hello_with_name_extension(extension(0, {}))), sni_malformed},
      {"half a list length", record(hello_with_name_extension(extension(0, u8(0)))),
       Reason::TlsHelloMalformed},
      {"T40 IPv4", record(hello_for("127.0.0.1")), Reason::TlsSniIpLiteral},
      {"IPv4 with a final dot", record(hello_for("127.0.0.1.")), Reason::TlsSniIpLiteral},
      {"IPv4 with leading zeros", record(hello_for("127.000.000.001")), Reason::TlsSniIpLiteral},
      {"short IPv4", record(hello_for("127.1")), Reason::TlsSniIpLiteral},
      {"IPv4 as one number", record(hello_for("2130706433")), Reason::TlsSniIpLiteral},
      {"T41 IPv6 in brackets", record(hello_for("[::1]")), Reason::TlsSniIpLiteral},
      {"IPv6", record(hello_for("2001:db8::1")), Reason::TlsSniIpLiteral},
      {"IPv6 with IPv4", record(hello_for("::ffff:127.0.0.1")), Reason::TlsSniIpLiteral},
      {"T47 list longer than the extension",
       record(hello_with_name_extension(extension(0, join({u16(200), name_entry(kA)})))),
       Reason::TlsHelloMalformed},
      {"T48 list shorter than its entries",
       record(hello_with_name_extension(
           extension(0, join({sized16(name_entry(kA)), name_entry(kB)})))),
       Reason::TlsHelloMalformed},
      {"name longer than the list",
       record(hello_with_name_extension(extension(0, sized16(join({u8(0), u16(13), text(kA)}))))),
       Reason::TlsHelloMalformed},
      {"name shorter than the list",
       record(hello_with_name_extension(extension(0, sized16(join({u8(0), u16(11), text(kA)}))))),
       sni_malformed},
  };
  const std::string labels(60, 'a');
  const std::string long_name = labels + "." + labels + "." + labels + "." + labels + ".";
  for (const std::string& name :
       {std::string(".allowed.test"), std::string("allowed..test"), std::string("."),
        std::string("allowed.test.."), std::string("allowed.test\0.evil.test", 23),
        std::string("evil.test\0allowed.test", 22), std::string(" allowed.test "),
        std::string("all\xc3\xa9wed.test"), std::string("\xef\xbd\x81llowed.test"),
        long_name + "bbbbbbbbbb", long_name + long_name + "allowed.test",
        std::string(64, 'a') + ".allowed.test", std::string("*.allowed.test"),
        std::string("allowed.test:443"), std::string("allowed.test/"), std::string("1:2"),
        std::string("allowed.test\r\n")}) {
    cases.push_back({"T36-T46 malformed name", record(hello_for(name)), sni_malformed});
  }
  return cases;
}

std::vector<Case> broken_grammar() {
  const auto malformed = Reason::TlsHelloMalformed;
  const Bytes hello = hello_for(kA);
  const Bytes with_name = server_name(kA);
  const Bytes empty_record = record({});
  std::vector<Case> cases = {
      {"T10 empty record first", join({empty_record, record(hello)}), malformed, kA},
      {"T11 empty record between", two_records(hello, kCut, empty_record), malformed, kA},
      {"T23 duplicate extension", record(hello_for(kA, extension(23, {}))),
       Reason::TlsDuplicateExtension, kA},
      {"duplicate unknown extension",
       record(hello_for(kA, join({extension(0xfafa, {}), extension(0xfafa, {1})}))),
       Reason::TlsDuplicateExtension, kA},
      {"T49 bytes behind the extensions",
       record(client_hello({.extensions = with_name, .tail = text("JUNKJUNK")})), malformed},
      {"one byte behind the compression methods",
       record(client_hello({.extensions = std::nullopt, .tail = {0}})), malformed},
      {"extensions longer than the hello",
       record(client_hello({.extensions = std::nullopt, .tail = join({u16(50), with_name})})),
       malformed},
      {"T75 extensions shorter than the hello",
       record(client_hello({.extensions = with_name, .tail = server_name(kB)})), malformed},
      {"extension longer than the block", record(hello_with(join({with_name, u16(23), u16(1)}))),
       malformed, kA},
      {"half an extension head", record(hello_with(join({with_name, u16(23), u8(0)}))), malformed,
       kA},
      {"T50 session id of 33 bytes",
       record(client_hello({.session = fill(33), .extensions = with_name})), malformed},
      {"T51 no null compression",
       record(client_hello({.compression = {1}, .extensions = with_name})), malformed},
      {"no compression at all", record(client_hello({.compression = {}, .extensions = with_name})),
       malformed},
      {"T52 no cipher suite", record(client_hello({.ciphers = {}, .extensions = with_name})),
       malformed},
      {"odd cipher suites",
       record(client_hello({.ciphers = {0xc0, 0x2f, 0}, .extensions = with_name})), malformed},
      {"legacy version below SSLv3",
       record(client_hello({.legacy_version = 0x0200, .extensions = with_name})), malformed, "",
       ""},
      {"empty supported_versions", record(hello_for(kA, extension(43, u8(0)))), malformed, kA},
      {"odd supported_versions", record(hello_for(kA, extension(43, {3, 3, 4, 3}))), malformed, kA},
      {"supported_versions with a tail", record(hello_for(kA, extension(43, {2, 3, 4, 0}))),
       malformed, kA},
      {"empty supported_groups", record(hello_with(join({with_name, extension(10, u16(0))}))),
       malformed, kA},
      {"odd supported_groups",
       record(hello_with(join({with_name, extension(10, {0, 3, 0, 29, 0})}))), malformed, kA},
      {"supported_groups too long",
       record(hello_with(join({with_name, extension(10, {0, 4, 0, 29})}))), malformed, kA},
      {"early_data with content", record(hello_for(kA, extension(42, {0}))), malformed, kA},
      {"pre_shared_key not last",
       record(hello_for(kA, join({extension(41, fill(50)), extension(0x1a1a, {})}))), malformed,
       kA},
      {"hello cut short", record(message(1, fill(30, 3))), malformed, "", "1.2"},
      {"empty hello", record(message(1, {})), malformed, "", ""},
      {"T57 record over 16384 bytes", record(padded_hello(18000)), malformed, "", ""},
      {"T64 two hellos in one record", record(join({hello, hello_for(kB)})), malformed, kA},
      {"T65 two hellos in two records", join({record(hello), record(hello_for(kB))}), malformed,
       kA},
      {"one byte of another message in the record", record(join({hello, {0}})), malformed, kA},
  };
  return cases;
}

std::vector<Case> unexpected_records() {
  const auto unexpected = Reason::TlsUnexpectedRecord;
  const Bytes hello = hello_for(kA);
  const Bytes alert = record({1, 0}, kAlertRecord);
  const Bytes ccs = record({1}, kCcs);
  return {
      {"T12 alert first", join({alert, record(hello)}), unexpected, "", ""},
      {"T13 change_cipher_spec first", join({ccs, record(hello)}), unexpected, "", ""},
      {"T14 heartbeat first", join({record(fill(20), kHeartbeatRecord), record(hello)}), unexpected,
       "", ""},
      {"T15 application data first", join({record(text("hello"), kAppData), record(hello)}),
       unexpected, "", ""},
      {"T16 alert between", two_records(hello, kCut, alert), unexpected, "", ""},
      {"T71 change_cipher_spec between", two_records(hello, kCut, ccs), unexpected, "", ""},
      {"no TLS between", two_records(hello, kCut, text("GET /")), unexpected, "", ""},
      {"other major version between",
       join({record(head_of(hello, kCut)), record(tail_of(hello, kCut), kHandshakeRecord, 0x0401)}),
       unexpected, "", ""},
      {"alert behind", join({record(hello), alert}), unexpected, kA},
      {"heartbeat behind", join({record(hello), record(fill(20), kHeartbeatRecord)}), unexpected,
       kA},
      {"plain text behind", join({record(hello), text("GET /")}), unexpected, kA},
      {"alert behind early data", join({record(hello), record(fill(9), kAppData), alert}),
       unexpected, kA},
      {"oversize early data", join({record(hello), {kAppData, 3, 3, 0x7f, 0xff}}), unexpected, kA},
      {"T66 ServerHello first", join({record(server_hello({})), record(hello)}),
       Reason::TlsUnexpectedMessage, "", ""},
      {"T69 HelloRequest first", join({record(message(0, {})), record(hello)}),
       Reason::TlsUnexpectedMessage, "", ""},
  };
}

std::vector<Case> all_cases() {
  std::vector<Case> all;
  for (const auto& cases :
       {valid_cases(), broken_names(), broken_grammar(), unexpected_records()}) {
    all.insert(all.end(), cases.begin(), cases.end());
  }
  return all;
}

TEST(ClientHello, JudgesEachCaseByNameVersionAndReason) {
  for (const Case& test : all_cases()) {
    SCOPED_TRACE(test.name);
    const auto result = parse(test.stream);
    EXPECT_EQ(result.status,
              test.reason == Reason::None ? ParseStatus::Done : ParseStatus::Malformed);
    EXPECT_EQ(slug_of(result.reason), slug_of(test.reason));
    EXPECT_EQ(name_of(result), test.host);
    EXPECT_EQ(format_tls_version(result.value.highest_version), test.version);
  }
}

TEST(ClientHello, EveryProperPrefixOfAValidStreamNeedsMore) {
  for (const Case& test : valid_cases()) {
    SCOPED_TRACE(test.name);
    parse_valid(test.stream, parse);
  }
}

TEST(ClientHello, AnswersAreFinalWhileTheStreamGrows) {
  for (const Case& test : all_cases()) {
    SCOPED_TRACE(test.name);
    const std::size_t step = test.stream.size() > 4000 ? 97 : 1;
    EXPECT_EQ(slug_of(parse_growing(test.stream, parse, step).reason), slug_of(test.reason));
  }
}

TEST(ClientHello, SaysTheSameForEveryRecordSize) {
  const Bytes hello = hello_for(kA, supported_versions({0x0304}));
  for (std::size_t size = 1; size <= hello.size(); ++size) {
    const Bytes stream = records(hello, size);
    const auto result = parse(stream);
    ASSERT_EQ(result.status, ParseStatus::Done) << size;
    EXPECT_EQ(name_of(result), kA);
    EXPECT_EQ(result.consumed, stream.size());
  }
}

TEST(ClientHello, ConsumesTheHelloAndNotWhatFollows) {
  const Bytes hello = record(hello_for(kA));
  const auto result = parse(join({hello, record(fill(64), kAppData), record({1}, kCcs)}));
  ASSERT_EQ(result.status, ParseStatus::Done);
  EXPECT_EQ(result.consumed, hello.size());
}

TEST(ClientHello, IsNotThisAsSoonAsAByteContradicts) {
  const std::vector<std::pair<Bytes, std::size_t>> cases = {
      {text("GET / HTTP/1.1\r\n"), 1},
      {text("SSH-2.0-x\r\n"), 1},
      {text("\r\n\x16\x03\x01"), 1},
      {{0x80, 0x2e, 1, 3, 1}, 1},
      {{25, 3, 1, 0, 5}, 1},
      {{19, 3, 1, 0, 5}, 1},
      {record(hello_for(kA), kHandshakeRecord, 0x0200), 2},  // T17
      {record(hello_for(kA), kHandshakeRecord, 0x0400), 2},
      {{21, 2, 0}, 2},
  };
  for (const auto& [stream, size] : cases) {
    EXPECT_EQ(parse(ByteSpan(stream).first(size)).status, ParseStatus::NotThis);
    EXPECT_EQ(parse(ByteSpan(stream).first(size - 1)).status, ParseStatus::NeedMore);
    EXPECT_EQ(parse(stream).status, ParseStatus::NotThis);
  }
}

TEST(ClientHello, WaitsForAHelloThatNeverCompletes) {  // T67
  const Bytes hello = hello_for(kA);
  EXPECT_EQ(parse(record(join({{1, 0, 0xff, 0xff}, tail_of(hello, 4)}))).status,
            ParseStatus::NeedMore);
}

TEST(ClientHello, ReadsHellosUpToTheirLimit) {  // T53 to T56
  for (const std::size_t padding : {12000UL, 16000UL, 32000UL, 64000UL}) {
    const Bytes stream = records(padded_hello(padding), 16384);
    const auto result = parse_valid(stream, parse, 61);
    EXPECT_EQ(name_of(result), kA);
    EXPECT_EQ(result.consumed, stream.size());
  }
  const auto sized_hello = [](std::size_t body_bytes) {
    const std::size_t rest = padded_hello(40000).size() - 4 - 8;  // without the cipher suites
    const std::size_t odd = (body_bytes - rest) % 2;
    return client_hello({.ciphers = fill(body_bytes - rest - odd),
                         .extensions = join({usual_extensions(), extension(21, fill(40000 + odd)),
                                             server_name(kA)})});
  };
  const Bytes largest = sized_hello(limits::kHelloBytesMax);
  ASSERT_EQ(largest.size(), 4 + limits::kHelloBytesMax);
  EXPECT_EQ(name_of(parse_valid(records(largest, 16384), parse, 97)), kA);
  const Bytes over = records(sized_hello(limits::kHelloBytesMax + 1), 16384);
  EXPECT_EQ(parse(over).reason, Reason::TlsHelloTooLarge);
  // It is refused as soon as its length is known.
  EXPECT_EQ(parse(ByteSpan(over).first(9)).reason, Reason::TlsHelloTooLarge);
  EXPECT_EQ(parse(ByteSpan(over).first(8)).status, ParseStatus::NeedMore);
}

TEST(ClientHello, RefusesMoreRecordsThanItsLimit) {
  const Bytes hello = hello_with(join({server_name(kA), extension(21, fill(300))}));
  const std::size_t most = limits::hello_records_max(hello.size());
  ASSERT_GT(hello.size(), most);
  const auto cut_in = [&](std::size_t count) {
    const std::size_t ones = count - 1;
    return join({records(head_of(hello, ones), 1), record(tail_of(hello, ones))});
  };
  EXPECT_EQ(parse(cut_in(most)).status, ParseStatus::Done);
  const auto over = parse_growing(cut_in(most + 1), parse);
  EXPECT_EQ(over.status, ParseStatus::Malformed);
  EXPECT_EQ(over.reason, Reason::TlsHelloMalformed);
  // Empty records are counted too, so that they cannot keep the walk busy.
  Bytes empties;
  for (int i = 0; i < 2000; ++i) empties = join({empties, record({})});
  EXPECT_EQ(parse_growing(empties, parse, 501).reason, Reason::TlsHelloMalformed);
}

TEST(ClientHello, TakesThousandsOfExtensionsInOnePass) {
  std::vector<Bytes> extensions;
  for (std::size_t type = 100; type < 100 + 16000; ++type)
    extensions.push_back(extension(type, {}));
  const Bytes many = join(extensions);
  EXPECT_EQ(parse(records(hello_with(join({many, server_name(kA)})), 16384)).status,
            ParseStatus::Done);
  EXPECT_EQ(parse(records(hello_with(join({many, extension(100, {})})), 16384)).reason,
            Reason::TlsDuplicateExtension);
}

TEST(ClientHello, TellsOfferedVersions) {
  const auto offered = [](const Bytes& hello) {
    return parse(record(hello)).value.offered_versions;
  };
  EXPECT_EQ(offered(hello_for(kA)), 0b01111);
  EXPECT_EQ(offered(client_hello({.legacy_version = 0x0301})), 0b00011);
  EXPECT_EQ(offered(client_hello({.legacy_version = 0x0304})), 0b01111);
  EXPECT_EQ(offered(hello_for(kA, supported_versions({0x0304, 0x0303, 0x8a8a}))), 0b11000);
  EXPECT_EQ(offered(hello_for(kA, supported_versions({0x7f17}))), 0);
}

TEST(ClientHello, TellsPostQuantumEchAndEarlyData) {
  const auto value = [](const Bytes& more) {
    return parse(record(hello_with(join({server_name(kA), more})))).value;
  };
  EXPECT_FALSE(value(supported_groups({29, 23})).offers_post_quantum);
  EXPECT_TRUE(value(supported_groups({0x0a0a, 0x11ec, 29})).offers_post_quantum);
  EXPECT_TRUE(value(extension(0xfe0d, fill(200))).has_ech);  // T61
  EXPECT_FALSE(value(extension(0xffce, fill(200))).has_ech);
  EXPECT_TRUE(value(extension(42, {})).has_early_data);
  EXPECT_FALSE(value({}).has_early_data);
}

// A change of one byte outside the name may hide it, never turn it into another one.
TEST(ClientHello, NoSingleByteOutsideTheNameMakesAnotherName) {
  const Bytes hello = hello_for(kA, supported_versions({0x0304, 0x0303}));
  for (const Bytes& original : {record(hello), two_records(hello, kCut), two_records(hello, 60)}) {
    Bytes stream = original;
    // The name, and a record head inside it.
    const std::size_t name = as_text(original).find("allo") == std::string_view::npos
                                 ? kCut + 5 - 3
                                 : as_text(original).find("allo");
    for (std::size_t at = 0; at < stream.size(); ++at) {
      if (at >= name && at < name + kA.size() + 5) continue;
      for (unsigned value = 0; value < 256; ++value) {
        stream[at] = static_cast<std::uint8_t>(value);
        const auto result = parse(stream);
        if (result.status == ParseStatus::Done && result.value.server_name) {
          ASSERT_EQ(name_of(result), kA) << "byte " << at << " value " << value;
        }
      }
      stream[at] = original[at];
    }
  }
}

TEST(ClientHello, SurvivesRandomDamage) {
  std::mt19937 random(20261122);  // NOLINT: repeatable on purpose
  const auto cases = all_cases();
  for (int round = 0; round < 20000; ++round) {
    const Case& test = cases[random() % cases.size()];
    if (test.stream.size() > 2000) continue;
    Bytes stream = test.stream;
    for (unsigned i = random() % 4 + 1; i > 0; --i) {
      stream[random() % stream.size()] = static_cast<std::uint8_t>(random());
    }
    const std::size_t size = random() % (stream.size() + 1);
    const auto part = parse(ByteSpan(stream).first(size));
    const auto whole = parse(stream);
    if (part.status == ParseStatus::Malformed || part.status == ParseStatus::NotThis) {
      ASSERT_EQ(part.status, whole.status);
      ASSERT_EQ(part.reason, whole.reason);
    }
    if (part.status == ParseStatus::Done && whole.status == ParseStatus::Done) {
      ASSERT_EQ(name_of(part), name_of(whole));
    }
  }
}

TEST(SecondClientHello, MayFollowChangeCipherSpecAndSkippedEarlyData) {
  const Bytes hello = record(hello_for(kA, supported_versions({0x0304})));
  const Bytes early = record(fill(40), kAppData, 0x0303);
  const std::vector<Bytes> streams = {hello, join({change_cipher_spec(), hello}),
                                      join({change_cipher_spec(), early, early, hello}),
                                      join({early, hello})};
  for (const Bytes& stream : streams) {
    const auto result = parse_valid(stream, parse_second);
    EXPECT_EQ(name_of(result), kA);
    EXPECT_EQ(result.consumed, stream.size());
  }
}

TEST(SecondClientHello, RefusesOtherRecordsInFront) {
  const Bytes hello = record(hello_for(kA));
  const std::vector<Bytes> streams = {
      join({change_cipher_spec(), change_cipher_spec(), hello}),
      join({record({2}, kCcs), hello}),
      join({record({1, 1}, kCcs), hello}),
      join({record({}, kCcs), hello}),
      join({record({1, 0}, kAlertRecord), hello}),
      join({record(fill(3), kHeartbeatRecord), hello}),
      join({{kAppData, 3, 3, 0xff, 0xff}, hello}),
  };
  for (const Bytes& stream : streams) {
    EXPECT_EQ(slug_of(parse_growing(stream, parse_second).reason), "tls-unexpected-record");
  }
  EXPECT_EQ(parse_second(text("GET /")).status, ParseStatus::NotThis);
}

TEST(ClientHello, ReadsTheHellosOfRealClients) {
  struct Real {
    std::string_view file;
    std::string_view host;
    std::string_view version;
    std::uint16_t offered;
  };
  const std::vector<Real> cases = {
      {"openssl-tls13", "www.example.com", "1.3", 0b11110},
      {"openssl-tls11-client", "www.example.com", "1.1", 0b00111},
      {"openssl-no-name", "", "1.3", 0b11110},
      {"gnutls", "www.example.com", "1.3", 0b11110},
      {"curl-https", "www.example.com", "1.3", 0b11110},
      {"curl-https-http2", "www.example.com", "1.3", 0b11110},
      {"wget-https", "localhost", "1.3", 0b11110},
      {"python-https", "www.example.com", "1.3", 0b11000},
      {"node-https", "www.example.com", "1.3", 0b11000},
      {"java-https", "www.example.com", "1.3", 0b11000},
      {"openssl-early-data", "www.example.com", "1.3", 0b10000},
      {"openssl-before-retry", "www.example.com", "1.3", 0b11110},
  };
  for (const Real& real : cases) {
    SCOPED_TRACE(real.file);
    const Bytes stream = corpus_file("tls_client_hello_fuzz/" + std::string(real.file));
    const auto result = parse_valid(stream, parse);
    EXPECT_EQ(name_of(result), real.host);
    EXPECT_EQ(format_tls_version(result.value.highest_version), real.version);
    EXPECT_EQ(result.value.offered_versions, real.offered);
    EXPECT_EQ(result.value.has_early_data, real.file == "openssl-early-data");
  }
  const auto second =
      parse_valid(corpus_file("tls_client_hello_fuzz/openssl-after-retry"), parse_second);
  EXPECT_EQ(name_of(second), "www.example.com");
}

TEST(TlsVersion, IsFormattedAsTheLogHasIt) {
  EXPECT_EQ(format_tls_version(0x0300), "ssl3");
  EXPECT_EQ(format_tls_version(0x0301), "1.0");
  EXPECT_EQ(format_tls_version(0x0304), "1.3");
  for (const int version : {0x0000, 0x02ff, 0x0305, 0x7f17, 0xffff}) {
    EXPECT_EQ(format_tls_version(static_cast<TlsVersion>(version)), "");
  }
}

}  // namespace
}  // namespace dn::wire
