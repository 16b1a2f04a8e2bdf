// What a refused payload is called.
#include "wire/recognise.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "wire/testing/corpus_file.h"

namespace dn::wire {
namespace {

using namespace std::string_literals;

struct Case {
  std::string bytes;
  std::string_view slug;
};

std::string sslv2_hello() {  // T63
  return "\x80\x2e\x01\x03\x03\x00\x15\x00\x00\x00\x10\x00\x00\x2f"s + std::string(34, 'r');
}

std::vector<Case> client_cases() {
  return {
      {sslv2_hello(), "sslv2-hello"},
      {"\x80\x1f\x01\x00\x02\x00\x06\x00\x00\x00\x10\x00\x00\x2f"s, "sslv2-hello"},
      {"\x80\x2e\x02\x03\x03\x00"s, "proto-unknown"},
      {"\x80\x05\x01\x03\x03\x00"s, "proto-unknown"},
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "http2-cleartext"},
      {"\x05\x01\x00"s, "proto-tunnel"},
      {"\x05\x02\x00\x02"s, "proto-tunnel"},
      {"\x05\x01\x00\x05\x01\x00\x03"s, "proto-unknown"},
      {"\x05\x00"s, "proto-unknown"},
      {"\x04\x01\x01\xbb\xc0\x00\x02\x01user\x00"s, "proto-tunnel"},
      {"\x04\x09\x01\xbb\xc0\x00\x02\x01user\x00"s, "proto-unknown"},
      {"PROXY TCP4 10.0.0.1 10.0.0.2 1 443\r\n\x16\x03\x01", "proto-tunnel"},  // T73
      {"\r\n\r\n\0\r\nQUIT\n\x21\x11"s, "proto-tunnel"},
      {"\x00\x00\x00\x08\x04\xd2\x16\x2f"s, "starttls-postgresql"},
      {"\x00\x00\x00\x08\x04\xd2\x16\x30"s, "starttls-postgresql"},
      {"\x00\x00\x00\x20\x00\x03\x00\x00user\x00"s, "starttls-postgresql"},
      {"\x30\x1d\x02\x01\x01\x77\x18\x80\x16"s + "1.3.6.1.4.1.1466.20037", "starttls-ldap"},
      {"\x30\x0c\x02\x01\x01\x60\x07\x02\x01\x03\x04\x00\x80\x00"s, "starttls-ldap"},
      {"\x30\x84\x00\x00\x00\x0c\x02\x01\x01\x60"s, "starttls-ldap"},
      {"\x30\x0c\x04\x01\x01\x60"s, "proto-unknown"},
      {"\x30\x0c\x02\x05\x01\x01\x01\x01\x01\x60"s, "proto-unknown"},
      {"EHLO mail.example\r\n", "starttls-smtp"},
      {"ehlo mail.example\r\n", "starttls-smtp"},
      {"HELO x\r\n", "starttls-smtp"},
      {"STARTTLS\r\n", "starttls-smtp"},
      {"STLS\r\n", "starttls-pop3"},
      {"CAPA\r\n", "starttls-pop3"},
      {"AUTH TLS\r\n", "starttls-ftp"},
      {"a001 STARTTLS\r\n", "starttls-imap"},
      {"A1 CAPABILITY\r\n", "starttls-imap"},
      {". login x y\r\n", "starttls-imap"},
      {"<?xml version='1.0'?><stream:stream to='x'>", "starttls-xmpp"},
      {"<stream:stream to='x'>", "starttls-xmpp"},
      {"CAP LS 302\r\n", "starttls-irc"},
      {"NICK x\r\nUSER x 0 * :x\r\n", "starttls-irc"},
      {"\r\n\x16\x03\x01", "proto-unknown"},  // T74
      {"\x16\x02\x00\x00\x05"s, "proto-unknown"},
      {"hello\n", "proto-unknown"},
      {"", "proto-unknown"},
      {"\x80", "proto-unknown"},
      {"\x05", "proto-unknown"},
      {"\x30", "proto-unknown"},
  };
}

std::vector<Case> server_cases() {
  return {
      {"220 mail.example ESMTP Postfix\r\n", "starttls-smtp"},
      {"220-mail.example\r\n220 smtp ready\r\n", "starttls-smtp"},
      {"220 (vsFTPd 3.0.3)\r\n", "starttls-ftp"},
      {"220 ready\r\n", "proto-server-first"},
      {"* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n", "starttls-imap"},
      {"* PREAUTH\r\n", "starttls-imap"},
      {"+OK POP3 ready\r\n", "starttls-pop3"},
      {"\x4a\x00\x00\x00\x0a"
       "8.0.36\x00\x08"s,
       "starttls-mysql"},
      {"\x4a\x00\x00\x00\xff\x6a\x04Host is blocked"s, "starttls-mysql"},
      {"\x4a\x00\x00\x01\x0a"
       "8.0.36\x00"s,
       "proto-server-first"},
      {"\x4a\x00\x00\x00\x0axxx"s, "proto-server-first"},
      {":irc.example NOTICE * :*** Looking up\r\n", "starttls-irc"},
      {"NOTICE AUTH :***\r\n", "starttls-irc"},
      {"<?xml version='1.0'?>", "starttls-xmpp"},
      {"SSH-2.0-x\r\n", "proto-server-first"},
      {"\x16\x03\x03", "proto-server-first"},
      {"", "proto-server-first"},
  };
}

std::vector<Case> udp_cases() {
  const auto initial = [](std::string_view version, std::size_t bytes) {
    std::string packet = "\xc3" + std::string(version) + "\x08" + "12345678" + "\x00"s;
    return packet + std::string(bytes - packet.size(), 'x');
  };
  return {
      {initial("\0\0\0\1"s, 1200), "proto-quic"},
      {initial("\0\0\0\1"s, 60), "proto-quic"},
      {initial("\x6b\x33\x43\xcf"s, 1200), "proto-quic"},
      {initial("\xff\x00\x00\x1d"s, 1200), "proto-quic"},
      {initial("\x1a\x2a\x3a\x4a"s, 100), "proto-quic"},
      {initial("\xfa\xce\xb0\x02"s, 100), "proto-quic"},
      {initial("\x12\x34\x56\x78"s, 1200), "proto-quic"},
      {initial("\x12\x34\x56\x78"s, 1199), "proto-not-tcp"},
      {initial("Q046", 100), "proto-quic"},
      {"\x83\0\0\0\1\x08"s + "12345678" + "\0"s, "proto-quic"},           // greased fixed bit
      {"\xc0\0\0\0\0\x01"s + "a" + "\x01" + "b\0\0\0\1"s, "proto-quic"},  // version negotiation
      {"\x0d"
       "12345678"
       "Q043\x01"s,
       "proto-quic"},
      {"\x0d"
       "12345678"
       "QUIC\x01"s,
       "proto-not-tcp"},
      {"\xc3\0\0\0\1\x20"s + "short", "proto-not-tcp"},
      {"\xc0\x12\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07"
       "example\x00\x00\x01\x00\x01"s,
       "proto-not-tcp"},                                       // DNS with a high id
      {"\x16\xfe\xfd\x00\x00\x00"s, "proto-not-tcp"},          // DTLS
      {"\x00\x01\x00\x00\x21\x12\xa4\x42"s, "proto-not-tcp"},  // STUN
      {"\x80\x60\x00\x01\x00\x00\x00\x01"s, "proto-not-tcp"},  // RTP
      {"\x23\x00"s, "proto-not-tcp"},                          // NTP
      {"\xc3", "proto-not-tcp"},
      {"", "proto-not-tcp"},
  };
}

TEST(Recognise, NamesWhatAClientSays) {
  for (const Case& test : client_cases()) {
    EXPECT_EQ(slug_of(recognise_client(as_bytes(test.bytes))), test.slug) << test.bytes;
  }
}

TEST(Recognise, NamesAServerThatSpeaksFirst) {
  for (const Case& test : server_cases()) {
    EXPECT_EQ(slug_of(recognise_server_first(as_bytes(test.bytes))), test.slug) << test.bytes;
  }
}

TEST(Recognise, NamesDatagrams) {
  for (const Case& test : udp_cases()) {
    EXPECT_EQ(slug_of(recognise_udp(as_bytes(test.bytes))), test.slug) << test.bytes;
  }
}

TEST(Recognise, GivesAReasonForEveryPrefix) {
  for (const auto& cases : {client_cases(), server_cases(), udp_cases()}) {
    for (const Case& test : cases) {
      for (std::size_t size = 0; size < test.bytes.size(); ++size) {
        const ByteSpan part = as_bytes(test.bytes).first(size);
        EXPECT_NE(recognise_client(part), Reason::None);
        EXPECT_NE(recognise_server_first(part), Reason::None);
        EXPECT_NE(recognise_udp(part), Reason::None);
      }
    }
  }
}

TEST(Recognise, NamesRealClients) {
  const std::vector<std::pair<std::string, std::string_view>> reals = {
      {"curl-http2-prior-knowledge", "http2-cleartext"},
      {"curl-socks4", "proto-tunnel"},
      {"curl-socks5", "proto-tunnel"}};
  for (const auto& [file, slug] : reals) {
    const auto bytes = testing::corpus_file("recognise_fuzz/" + file);
    EXPECT_EQ(slug_of(recognise_client(bytes)), slug) << file;
  }
}

}  // namespace
}  // namespace dn::wire
