// Each recogniser looks at a few leading bytes and compares them with what the protocol's own
// specification puts there. A wrong guess costs a less helpful log line, nothing more: everything
// named here is refused. Bytes that are missing never match.
#include "wire/recognise.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/ascii.h"

namespace dn::wire {
namespace {

constexpr auto npos = std::string_view::npos;

// `word` is in lower case.
bool starts_with_word(std::string_view text, std::string_view word) {
  return std::ranges::equal(text.substr(0, word.size()), word, {}, lower);
}
bool contains_word(std::string_view text, std::string_view word) {
  return !std::ranges::search(text, word, {}, lower).empty();
}

std::string_view first_line(std::string_view text) {
  return text.substr(0, std::min(text.find_first_of("\r\n"), std::size_t{512}));
}

// -- binary beginnings ----------------------------------------------------------------------------

// RFC 5246 appendix E.2: length(2) with the top bit set, type(1)=1, version(2), three lengths(2).
bool is_sslv2_hello(ByteSpan stream) {
  ByteCursor cursor(stream);
  const std::uint16_t length = cursor.take_u16();
  const std::uint8_t type = cursor.take_u8();
  const std::uint16_t version = cursor.take_u16();
  return !cursor.failed() && (length & 0x8000U) != 0 && (length & 0x7fffU) >= 9 && type == 1 &&
         (version == 0x0002 || version >> 8U == 3);
}

// SOCKS5 (RFC 1928 section 3): version(1)=5, count(1), that many methods. SOCKS4: version(1)=4,
// command(1)=1 or 2, port(2), address(4), user, NUL.
bool is_socks(ByteSpan stream) {
  ByteCursor cursor(stream);
  const std::uint8_t version = cursor.take_u8();
  const std::uint8_t second = cursor.take_u8();
  if (cursor.failed()) return false;
  if (version == 5) return second > 0 && cursor.size() <= second;
  return version == 4 && (second == 1 || second == 2) && cursor.size() >= 7;
}

// PROXY protocol: a text line (version 1) or a signature of twelve bytes (version 2).
bool is_proxy_header(std::string_view text) {
  using namespace std::string_view_literals;
  return text.starts_with("PROXY ") || text.starts_with("\r\n\r\n\0\r\nQUIT\n"sv);
}

// PostgreSQL: length(4), then a request code (SSLRequest, GSSENCRequest) or protocol 3.x.
bool is_postgresql(ByteSpan stream) {
  ByteCursor cursor(stream);
  const std::uint32_t length = cursor.take_u32();
  const std::uint32_t code = cursor.take_u32();
  if (cursor.failed()) return false;
  return (length == 8 && (code == 80877103 || code == 80877104)) ||
         (length > 8 && length < 10000 && code >> 16U == 3 && (code & 0xffffU) < 16);
}

// LDAPMessage (RFC 4511 section 4.1.1): SEQUENCE, messageID INTEGER, then an operation: a bind
// (0x60), a search (0x63) or an extended request (0x77), which StartTLS is.
bool is_ldap(ByteSpan stream) {
  ByteCursor cursor(stream);
  if (cursor.take_u8() != 0x30) return false;
  const std::uint8_t length = cursor.take_u8();
  if (length > 0x84) return false;
  if (length > 0x80) cursor.take(length & 0x7fU);
  if (cursor.take_u8() != 0x02) return false;
  const std::uint8_t id_bytes = cursor.take_u8();
  if (id_bytes == 0 || id_bytes > 4) return false;
  cursor.take(id_bytes);
  const std::uint8_t operation = cursor.take_u8();
  return operation == 0x60 || operation == 0x63 || operation == 0x77;
}

// MySQL: length(3, little end first), sequence(1)=0, protocol(1)=10, a version text that NUL ends.
bool is_mysql_greeting(ByteSpan stream) {
  ByteCursor cursor(stream);
  const ByteSpan length = cursor.take(3);
  const std::uint8_t sequence = cursor.take_u8();
  const std::uint8_t protocol = cursor.take_u8();
  if (cursor.failed() || length[2] != 0 || sequence != 0) return false;
  if (protocol == 0xff) return true;  // an error instead of the greeting: "Host … is blocked"
  const std::string_view text = as_text(cursor.rest()).substr(0, 64);
  return protocol == 10 && !text.empty() && text[0] >= '0' && text[0] <= '9' &&
         text.find('\0') != npos;
}

// -- lines of text --------------------------------------------------------------------------------

struct Opening {
  std::string_view words;  // lower case
  Reason reason;
};

constexpr std::array kClientOpenings = {
    Opening{"pri * http/2.0", Reason::Http2Cleartext},
    Opening{"ehlo ", Reason::StarttlsSmtp},
    Opening{"helo ", Reason::StarttlsSmtp},
    Opening{"lhlo ", Reason::StarttlsSmtp},
    Opening{"starttls", Reason::StarttlsSmtp},
    Opening{"stls", Reason::StarttlsPop3},
    Opening{"capa", Reason::StarttlsPop3},
    Opening{"auth tls", Reason::StarttlsFtp},
    Opening{"auth ssl", Reason::StarttlsFtp},
    Opening{"<?xml", Reason::StarttlsXmpp},
    Opening{"<stream:stream", Reason::StarttlsXmpp},
    Opening{"cap ls", Reason::StarttlsIrc},
    Opening{"nick ", Reason::StarttlsIrc},
};

constexpr std::array kServerOpenings = {
    Opening{"* ok", Reason::StarttlsImap},
    Opening{"* preauth", Reason::StarttlsImap},
    Opening{"+ok", Reason::StarttlsPop3},
    Opening{"<?xml", Reason::StarttlsXmpp},
    Opening{"<stream:stream", Reason::StarttlsXmpp},
    Opening{"notice auth", Reason::StarttlsIrc},
    Opening{"notice *", Reason::StarttlsIrc},
};

template <std::size_t N>
Reason find_opening(const std::array<Opening, N>& openings, std::string_view text) {
  for (const Opening& opening : openings) {
    if (starts_with_word(text, opening.words)) return opening.reason;
  }
  return Reason::None;
}

// IMAP (RFC 9051 section 2.2.1): a tag the client makes up, a blank, a command.
bool is_imap_command(std::string_view line) {
  const std::size_t blank = line.find(' ');
  if (blank == npos || blank == 0 || blank > 16) return false;
  const auto is_tag_char = [](char c) { return c > 0x20 && c < 0x7f && c != '<' && c != '/'; };
  if (!std::ranges::all_of(line.substr(0, blank), is_tag_char)) return false;
  const std::string_view command = line.substr(blank + 1);
  constexpr std::array<std::string_view, 4> kCommands = {"starttls", "capability", "login ",
                                                         "authenticate "};
  return std::ranges::any_of(kCommands, [&](auto word) { return starts_with_word(command, word); });
}

// ":server.example NOTICE * :…"
bool is_irc_notice(std::string_view line) {
  const std::size_t blank = line.find(' ');
  return line.starts_with(':') && blank != npos &&
         starts_with_word(line.substr(blank + 1), "notice ");
}

// -- QUIC -----------------------------------------------------------------------------------------

constexpr std::size_t kQuicInitialBytesMin = 1200;  // RFC 9000 section 14.1

bool is_quic_version(std::uint32_t version) {
  const std::uint32_t top = version >> 24U;
  return version == 1 || version == 0x6b3343cf ||                // RFC 9000, RFC 9369
         version >> 8U == 0xff0000U ||                           // IETF drafts
         top == 'Q' || top == 'T' || version >> 8U == 0xfaceb0U  // Google's, Facebook's
         || (version & 0x0f0f0f0fU) == 0x0a0a0a0aU;              // reserved to force negotiation
}

// RFC 8999 section 5.1: form(1 bit)=1 …, version(4), two connection ids with their lengths(1).
// Random bytes look like that too, so that an unknown version counts only in a datagram as large as
// a first one must be.
bool is_quic_long_header(ByteSpan payload) {
  ByteCursor cursor(payload);
  if ((cursor.take_u8() & 0x80U) == 0) return false;
  const std::uint32_t version = cursor.take_u32();
  if (cursor.failed()) return false;
  const std::uint32_t top = version >> 24U;
  // Before Q046 lengths stood elsewhere; the version alone is telling.
  if (top == 'Q' || top == 'T') return true;
  const ByteCursor destination = cursor.take_child_u8();
  const ByteCursor source = cursor.take_child_u8();
  if (cursor.failed()) return false;
  if (is_quic_version(version)) return true;
  return version != 0 ? payload.size() >= kQuicInitialBytesMin
                      : destination.size() + source.size() > 0 && cursor.size() >= 4 &&
                            cursor.size() % 4 == 0;  // Version Negotiation: a list of versions
}

// gQUIC up to Q043: flags(1) with "version present" and an 8-byte connection id, then "Q0nn".
bool is_gquic(ByteSpan payload) {
  ByteCursor cursor(payload);
  const std::uint8_t flags = cursor.take_u8();
  cursor.take(8);
  const std::string_view version = as_text(cursor.take(4));
  return !cursor.failed() && (flags & 0x89U) == 0x09U && version[0] == 'Q' &&
         std::ranges::all_of(version.substr(1), is_digit);
}

}  // namespace

Reason recognise_client(ByteSpan stream) {
  const std::string_view text = as_text(stream);
  if (is_sslv2_hello(stream)) return Reason::Sslv2Hello;
  if (is_socks(stream) || is_proxy_header(text)) return Reason::ProtoTunnel;
  if (is_postgresql(stream)) return Reason::StarttlsPostgresql;
  if (is_ldap(stream)) return Reason::StarttlsLdap;
  if (const Reason reason = find_opening(kClientOpenings, text); reason != Reason::None)
    return reason;
  if (is_imap_command(first_line(text))) return Reason::StarttlsImap;
  return Reason::ProtoUnknown;
}

Reason recognise_server_first(ByteSpan stream) {
  const std::string_view text = as_text(stream);
  const std::string_view line = first_line(text);
  // SMTP and FTP greet with the same code; both name themselves in the text by custom.
  if (line.starts_with("220 ") || line.starts_with("220-")) {
    if (contains_word(text.substr(0, 512), "smtp")) return Reason::StarttlsSmtp;
    if (contains_word(text.substr(0, 512), "ftp")) return Reason::StarttlsFtp;
  }
  if (const Reason reason = find_opening(kServerOpenings, text); reason != Reason::None)
    return reason;
  if (is_irc_notice(line)) return Reason::StarttlsIrc;
  if (is_mysql_greeting(stream)) return Reason::StarttlsMysql;
  return Reason::ProtoServerFirst;
}

Reason recognise_udp(ByteSpan payload) {
  return is_quic_long_header(payload) || is_gquic(payload) ? Reason::ProtoQuic
                                                           : Reason::ProtoNotTcp;
}

}  // namespace dn::wire
