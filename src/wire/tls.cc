// Theory of operation
//
// A handshake message may be cut into TLS records at any byte (RFC 8446 section 5.1):
//
//   record    type(1)=22  version(2)=03xx  length(2)  | fragment(length) |  record …
//   message   type(1)     length(3)        | body(length) |
//
// find_message() walks the record headers only and says where the first message ends; as long as it
// has not arrived completely nothing is copied and nothing else is looked at, so that a client that
// sends byte by byte costs one walk per byte. A complete message inside one record is read in
// place; one that was cut is put together in the caller's scratch. Then the body is read once, from
// front to back, and the first broken rule is the answer.
//
// What decides therefore depends on bytes that no later byte can change, and an answer is final
// once given. One exception: bytes behind a hello that were not there when it was found Done may
// make a longer stream Malformed. Whoever acts on Done must hold or check what comes later.
//
// Attacks considered: splits that hide the name from one-record readers; other record types between
// fragments, which some servers skip (T12–T16, T71); length lies that show a second name to a laxer
// reader (T47, T48, T75); duplicate extensions and name lists, where servers disagree which one
// counts (T25–T28); text that a C string ends early (T37); thousands of tiny records or extensions.
#include "wire/tls.h"

#include <algorithm>
#include <array>
#include <bitset>

#include "base/address.h"
#include "base/limits.h"

namespace dn::wire {
namespace {

enum RecordType : std::uint8_t {
  kChangeCipherSpec = 20,
  kAlert = 21,
  kHandshake = 22,
  kApplicationData = 23,
  kHeartbeat = 24,
};
constexpr std::uint8_t kMajorVersion = 3;
constexpr std::size_t kRecordHeadBytes = 5;
constexpr std::size_t kFragmentBytesMax = 16384;          // RFC 8446 section 5.1
constexpr std::size_t kProtectedBytesMax = 16384 + 2048;  // RFC 5246 section 6.2.3; 1.3 allows less

constexpr std::uint8_t kClientHelloType = 1;
constexpr std::uint8_t kServerHelloType = 2;
constexpr std::size_t kMessageHeadBytes = 4;

constexpr std::uint16_t kServerNameExtension = 0;
constexpr std::uint16_t kSupportedGroupsExtension = 10;
constexpr std::uint16_t kPreSharedKeyExtension = 41;
constexpr std::uint16_t kEarlyDataExtension = 42;
constexpr std::uint16_t kSupportedVersionsExtension = 43;
constexpr std::uint16_t kKeyShareExtension = 51;
constexpr std::uint16_t kEncryptedClientHelloExtension = 0xfe0d;  // RFC 9849

constexpr TlsVersion kSsl3 = 0x0300;
constexpr std::uint8_t kWarningLevel = 1;
constexpr std::uint8_t kUnrecognizedName = 112;

// RFC 8446 section 4.1.3: a ServerHello with this random is a HelloRetryRequest.
constexpr std::array<std::uint8_t, 32> kRetryRandom = {
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
    0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c};

// One step of reading: Done means go on.
struct Step {
  ParseStatus status = ParseStatus::Done;
  Reason reason = Reason::None;
};
constexpr Step kGoOn{};
constexpr Step kNeedMore{ParseStatus::NeedMore, Reason::None};
constexpr Step kNotThis{ParseStatus::NotThis, Reason::None};
constexpr Step broken(Reason reason) {
  return {ParseStatus::Malformed, reason};
}

// -- records --------------------------------------------------------------------------------------

struct RecordHead {
  Step step;                // NotThis: no TLS record. Type and length are valid as said below
  std::uint8_t type = 0;    // valid when step is Done: two bytes have arrived
  bool has_length = false;  // all five have
  std::size_t length = 0;
};

RecordHead peek_record(ByteCursor cursor) {
  if (cursor.empty()) return {.step = kNeedMore};
  const std::uint8_t type = cursor.take_u8();
  if (type < kChangeCipherSpec || type > kHeartbeat) return {.step = kNotThis};
  if (cursor.empty()) return {.step = kNeedMore};
  if (cursor.take_u8() != kMajorVersion) return {.step = kNotThis};
  if (cursor.size() < kRecordHeadBytes - 2) return {.step = kGoOn, .type = type};
  cursor.take(1);  // The minor version is a legacy field that servers ignore (T17).
  return {.step = kGoOn, .type = type, .has_length = true, .length = cursor.take_u16()};
}

// Takes a whole record of at most `length_max` bytes behind its head.
Step take_record(ByteCursor& cursor, const RecordHead& head, std::size_t length_max) {
  if (!head.has_length) return kNeedMore;
  if (head.length > length_max) return broken(Reason::TlsUnexpectedRecord);
  if (cursor.size() < kRecordHeadBytes + head.length) return kNeedMore;
  cursor.take(kRecordHeadBytes + head.length);
  return kGoOn;
}

// A change_cipher_spec as RFC 8446 appendix D.4 has it: one byte, value 1.
Step take_change_cipher_spec(ByteCursor& cursor, const RecordHead& head) {
  if (!head.has_length) return kNeedMore;
  if (head.length != 1) return broken(Reason::TlsUnexpectedRecord);
  if (cursor.size() <= kRecordHeadBytes) return kNeedMore;
  cursor.take(kRecordHeadBytes);
  return cursor.take_u8() == 1 ? kGoOn : broken(Reason::TlsUnexpectedRecord);
}

// What may stand before the second ClientHello: one change_cipher_spec, and the early data that was
// under way when the HelloRetryRequest came and that the server skips (RFC 8446 section 4.2.10).
Step skip_before_second_hello(ByteCursor& cursor) {
  bool cipher_spec_seen = false;
  for (;;) {
    const RecordHead head = peek_record(cursor);
    if (head.step.status != ParseStatus::Done) return head.step;
    Step step = kGoOn;
    if (head.type == kChangeCipherSpec && !cipher_spec_seen) {
      cipher_spec_seen = true;
      step = take_change_cipher_spec(cursor, head);
    } else if (head.type == kApplicationData) {
      step = take_record(cursor, head, kProtectedBytesMax);
    } else {
      return kGoOn;
    }
    if (step.status != ParseStatus::Done) return step;
  }
}

// -- messages -------------------------------------------------------------------------------------

// Where the first handshake message lies. `at` begins at its first record.
struct Message {
  Step step;
  std::size_t size = 0;   // with its four bytes of head; 0: not complete
  std::size_t end = 0;    // bytes from `at` to the message's end
  std::size_t extra = 0;  // bytes of its last record behind it
  bool cut = false;       // it lies in more than one record
};

struct MessageRule {
  std::uint8_t type;
  Reason too_large;
};

// Collects the four bytes before a message's body, which may lie in four records.
class MessageHead {
 public:
  // Reads what `fragment` adds; the size is known once complete() is true.
  Step read(ByteSpan fragment, const MessageRule& rule) {
    for (const std::uint8_t byte : fragment) {
      if (complete()) break;
      if (count_++ == 0 && byte != rule.type) return broken(Reason::TlsUnexpectedMessage);
      body_bytes_ = count_ == 1 ? 0 : body_bytes_ << 8U | byte;
    }
    if (complete() && body_bytes_ > limits::kHelloBytesMax) return broken(rule.too_large);
    return kGoOn;
  }
  bool complete() const { return count_ == kMessageHeadBytes; }
  // Grows while the head is incomplete.
  std::size_t message_bytes() const { return kMessageHeadBytes + body_bytes_; }

 private:
  std::size_t count_ = 0;
  std::size_t body_bytes_ = 0;
};

Message walk_records(ByteCursor at, const MessageRule& rule, bool& has_empty_record) {
  ByteCursor cursor = at;
  MessageHead message;
  std::size_t have = 0;
  for (std::size_t records = 1;; ++records) {
    const RecordHead head = peek_record(cursor);
    if (head.step.status == ParseStatus::NotThis && records > 1)
      return {.step = broken(Reason::TlsUnexpectedRecord)};
    if (head.step.status != ParseStatus::Done) return {.step = head.step};
    if (head.type != kHandshake) return {.step = broken(Reason::TlsUnexpectedRecord)};
    if (!head.has_length) return {.step = kNeedMore};
    if (head.length > kFragmentBytesMax) return {.step = broken(Reason::TlsHelloMalformed)};
    if (head.length == 0) has_empty_record = true;
    if (records > limits::hello_records_max(message.message_bytes()))
      return {.step = broken(Reason::TlsHelloMalformed)};
    cursor.take(kRecordHeadBytes);
    const std::size_t start = have;
    const ByteSpan fragment = cursor.take(std::min(head.length, cursor.size()));
    have += fragment.size();
    if (const Step step = message.read(fragment, rule); step.status != ParseStatus::Done)
      return {.step = step};
    if (message.complete() && have >= message.message_bytes()) {
      const std::size_t used = message.message_bytes() - start;
      return {.step = kGoOn,
              .size = message.message_bytes(),
              .end = at.size() - cursor.size() - fragment.size() + used,
              .extra = head.length - used,
              .cut = records > 1};
    }
    if (fragment.size() < head.length) return {.step = kNeedMore};
  }
}

// An empty handshake record is forbidden (RFC 8446 section 5.1), but some servers read past it
// (T10, T11): the message is refused, and still looked for so that the log can name it.
Message find_message(ByteCursor at, const MessageRule& rule) {
  bool has_empty_record = false;
  Message message = walk_records(at, rule, has_empty_record);
  if (has_empty_record) message.step = broken(Reason::TlsHelloMalformed);
  return message;
}

// The body of a message that find_message() found complete.
ByteSpan message_body(ByteCursor at, const Message& message, HandshakeScratch& scratch) {
  if (!message.cut) {
    at.take(kRecordHeadBytes + kMessageHeadBytes);
    return at.take(message.size - kMessageHeadBytes);
  }
  scratch.clear();
  scratch.reserve(kMessageHeadBytes + limits::kHelloBytesMax);
  while (scratch.size() < message.size) {
    at.take(kRecordHeadBytes - 2);
    const std::size_t length = at.take_u16();
    const ByteSpan fragment = at.take(std::min(length, message.size - scratch.size()));
    scratch.insert(scratch.end(), fragment.begin(), fragment.end());
  }
  return ByteSpan(scratch).subspan(kMessageHeadBytes);
}

// -- extensions -----------------------------------------------------------------------------------

struct Extension {
  std::uint16_t type = 0;
  ByteCursor data{ByteSpan{}};
};

// Walks an extension block: type(2) length(2) data(length) …, each type at most once.
class ExtensionReader {
 public:
  explicit ExtensionReader(ByteCursor block) : block_(block) {}

  // False at the end of the block or at the first broken rule; reason() tells which.
  bool next(Extension& extension) {
    if (block_.empty()) return false;
    extension.type = block_.take_u16();
    extension.data = block_.take_child_u16();
    if (block_.failed()) return stop(Reason::TlsHelloMalformed);
    if (seen_.test(extension.type)) return stop(Reason::TlsDuplicateExtension);
    seen_.set(extension.type);
    return true;
  }
  bool at_end() const { return block_.empty(); }
  Reason reason() const { return reason_; }

 private:
  bool stop(Reason reason) {
    reason_ = reason;
    return false;
  }

  ByteCursor block_;
  Reason reason_ = Reason::None;
  std::bitset<65536> seen_;
};

// Text that means an address to some reader: numbers with or without dots, as old resolvers take
// them, or what only IPv6 is written with.
bool is_address_text(std::string_view text) {
  constexpr auto npos = std::string_view::npos;
  if (text.find_first_not_of("0123456789.") == npos) return text.front() != '.';
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  return text.find_first_not_of("0123456789abcdefABCDEF:.") == npos &&
         std::ranges::count(text, ':') >= 2;
}

// server_name (RFC 6066 section 3): list length(2), then name type(1) length(2) name, exactly once.
Reason read_server_name(ByteCursor data, std::optional<DomainName>& name) {
  if (data.empty()) return Reason::TlsSniMalformed;
  ByteCursor list = data.take_child_u16();
  if (!data.done()) return Reason::TlsHelloMalformed;
  if (list.empty()) return Reason::TlsSniMalformed;
  std::string_view text;
  for (std::size_t entries = 0; !list.empty(); ++entries) {
    // The form of other name types is unknown, so that nothing behind one can be read.
    if (list.take_u8() != 0) return Reason::TlsSniMalformed;
    text = as_text(list.take_child_u16().rest());
    if (list.failed()) return Reason::TlsHelloMalformed;
    if (entries > 0) return Reason::TlsSniMultiple;
  }
  if (text.empty()) return Reason::None;  // Servers take an empty name for none (T33).
  if (is_address_text(text)) return Reason::TlsSniIpLiteral;
  name = DomainName::parse(text);
  return name ? Reason::None : Reason::TlsSniMalformed;
}

// A list of 16-bit numbers that fills its extension and is not empty.
bool is_number_list(const ByteCursor& data, const ByteCursor& list) {
  return data.done() && list.size() >= 2 && list.size() % 2 == 0;
}

Reason read_supported_groups(ByteCursor data, ClientHello& hello) {
  ByteCursor list = data.take_child_u16();
  if (!is_number_list(data, list)) return Reason::TlsHelloMalformed;
  while (!list.empty()) {
    if (is_post_quantum_group(list.take_u16())) hello.offers_post_quantum = true;
  }
  return Reason::None;
}

void offer(ClientHello& hello, TlsVersion version) {
  if (version < kSsl3 || version > kTls13) return;  // GREASE, drafts, the future
  hello.offered_versions |= static_cast<std::uint16_t>(1U << (version - kSsl3));
  hello.highest_version = std::max(hello.highest_version, version);
}

Reason read_supported_versions(ByteCursor data, ClientHello& hello) {
  ByteCursor list = data.take_child_u8();
  if (!is_number_list(data, list)) return Reason::TlsHelloMalformed;
  hello.offered_versions = 0;
  hello.highest_version = 0;
  while (!list.empty()) offer(hello, list.take_u16());
  return Reason::None;
}

Reason read_client_extensions(ByteCursor block, ClientHello& hello) {
  ExtensionReader extensions(block);
  Extension extension;
  Reason reason = Reason::None;
  while (extensions.next(extension)) {
    switch (extension.type) {
      case kServerNameExtension:
        reason = read_server_name(extension.data, hello.server_name);
        break;
      case kSupportedGroupsExtension: reason = read_supported_groups(extension.data, hello); break;
      case kSupportedVersionsExtension:
        reason = read_supported_versions(extension.data, hello);
        break;
      case kEarlyDataExtension:
        hello.has_early_data = true;
        if (!extension.data.empty()) reason = Reason::TlsHelloMalformed;
        break;
      case kPreSharedKeyExtension:  // "MUST be the last extension", RFC 8446 section 4.2.11
        if (!extensions.at_end()) reason = Reason::TlsHelloMalformed;
        break;
      case kEncryptedClientHelloExtension: hello.has_ech = true; break;
      default: break;
    }
    if (reason != Reason::None) return reason;
  }
  return extensions.reason();
}

// -- hellos ---------------------------------------------------------------------------------------

// ClientHello (RFC 8446 section 4.1.2, RFC 5246 section 7.4.1.2):
//   version(2) random(32) session_id(1: 0..32) cipher_suites(2: 2.., even) compression(1: 1..)
//   [extensions(2)], nothing behind. None when valid.
Reason read_client_hello(ByteSpan body, ClientHello& hello) {
  ByteCursor cursor(body);
  const TlsVersion legacy_version = cursor.take_u16();
  // Without supported_versions everything up to the legacy version is offered, and 1.3 cannot be
  // negotiated whatever that field says (RFC 8446 section 4.2.1).
  for (TlsVersion version = kSsl3; version <= std::min(legacy_version, kTls12); ++version)
    offer(hello, version);
  cursor.take(32);
  const ByteCursor session = cursor.take_child_u8();
  const ByteCursor ciphers = cursor.take_child_u16();
  const ByteSpan compression = cursor.take_child_u8().rest();
  if (cursor.failed() || legacy_version < kSsl3 || session.size() > 32 || ciphers.size() < 2 ||
      ciphers.size() % 2 != 0 || std::ranges::find(compression, 0) == compression.end())
    return Reason::TlsHelloMalformed;
  if (cursor.empty()) return Reason::None;
  const ByteCursor extensions = cursor.take_child_u16();
  if (!cursor.done()) return Reason::TlsHelloMalformed;
  return read_client_extensions(extensions, hello);
}

// key_share of a server: the group, and in a ServerHello the server's share (RFC 8446 4.2.8).
Reason read_server_key_share(ByteCursor data, ServerHello& hello) {
  const std::uint16_t group = data.take_u16();
  if (hello.kind == ServerHello::Kind::Hello && data.take_child_u16().empty())
    return Reason::TlsHelloMalformed;
  if (!data.done()) return Reason::TlsHelloMalformed;
  hello.post_quantum = is_post_quantum_group(group);
  return Reason::None;
}

// ServerHello (RFC 8446 section 4.1.3): version(2) random(32) session_id(1: 0..32) cipher(2)
//   compression(1) [extensions(2)], nothing behind. None when valid.
Reason read_server_hello(ByteSpan body, ServerHello& hello) {
  ByteCursor cursor(body);
  const TlsVersion legacy_version = cursor.take_u16();
  const ByteSpan random = cursor.take(32);
  const ByteCursor session = cursor.take_child_u8();
  cursor.take(2 + 1);
  if (cursor.failed() || session.size() > 32) return Reason::TlsHelloMalformed;
  if (std::ranges::equal(random, kRetryRandom)) hello.kind = ServerHello::Kind::HelloRetryRequest;
  if (legacy_version >= kSsl3 && legacy_version <= kTls12) hello.version = legacy_version;
  if (cursor.empty()) return Reason::None;
  const ByteCursor block = cursor.take_child_u16();
  if (!cursor.done()) return Reason::TlsHelloMalformed;
  ExtensionReader extensions(block);
  Extension extension;
  Reason reason = Reason::None;
  while (reason == Reason::None && extensions.next(extension)) {
    if (extension.type == kSupportedVersionsExtension) {
      const TlsVersion version = extension.data.take_u16();
      if (!extension.data.done()) reason = Reason::TlsHelloMalformed;
      hello.version = version >= kSsl3 && version <= kTls13 ? version : TlsVersion{0};
    } else if (extension.type == kKeyShareExtension) {
      reason = read_server_key_share(extension.data, hello);
    }
  }
  return reason != Reason::None ? reason : extensions.reason();
}

// What may stand behind the ClientHello before the server has answered: early data and the
// change_cipher_spec before it. Another handshake message would be a second hello (T65).
Reason check_behind_client_hello(ByteCursor cursor) {
  while (!cursor.empty()) {
    const std::uint8_t type = cursor.rest().front();
    if (type == kHandshake) return Reason::TlsHelloMalformed;
    if (type != kApplicationData && type != kChangeCipherSpec) return Reason::TlsUnexpectedRecord;
    const RecordHead head = peek_record(cursor);
    if (head.step.status == ParseStatus::NotThis) return Reason::TlsUnexpectedRecord;
    if (!head.has_length) return Reason::None;
    if (head.length > kProtectedBytesMax) return Reason::TlsUnexpectedRecord;
    cursor.take(std::min(kRecordHeadBytes + head.length, cursor.size()));
  }
  return Reason::None;
}

template <class T>
ParseResult<T> result_of(Step step) {
  switch (step.status) {
    case ParseStatus::NeedMore: return ParseResult<T>::need_more();
    case ParseStatus::NotThis: return ParseResult<T>::not_this();
    default: return ParseResult<T>::malformed(step.reason);
  }
}

// The records that may stand before a server's hello. `alert` is set when one of them ends it.
Step skip_before_server_hello(ByteCursor& cursor, bool second, std::optional<std::uint8_t>& alert) {
  bool cipher_spec_seen = !second;
  for (std::size_t records = 0; records < limits::hello_records_max(0); ++records) {
    const RecordHead head = peek_record(cursor);
    if (head.step.status != ParseStatus::Done) return head.step;
    if (head.type == kChangeCipherSpec && !cipher_spec_seen) {
      cipher_spec_seen = true;
      const Step step = take_change_cipher_spec(cursor, head);
      if (step.status != ParseStatus::Done) return step;
      continue;
    }
    if (head.type != kAlert) return kGoOn;
    if (head.has_length && head.length != 2) return broken(Reason::TlsHelloMalformed);
    if (cursor.size() < kRecordHeadBytes + 2) return kNeedMore;
    cursor.take(kRecordHeadBytes);
    const std::uint8_t level = cursor.take_u8();
    const std::uint8_t description = cursor.take_u8();
    // Servers of TLS 1.2 and older that know no such virtual host may warn and go on with their
    // hello (RFC 6066 section 3); every other alert is the end.
    if (level == kWarningLevel && description == kUnrecognizedName) continue;
    alert = description;
    return kGoOn;
  }
  return broken(Reason::TlsHelloMalformed);
}

}  // namespace

std::string_view format_tls_version(TlsVersion version) {
  constexpr std::array<std::string_view, 5> kTexts = {"ssl3", "1.0", "1.1", "1.2", "1.3"};
  if (version < kSsl3 || version > kTls13) return "";
  return kTexts[version - kSsl3];
}

ParseResult<ClientHello> parse_client_hello(ByteSpan stream, HandshakeScratch& scratch,
                                            bool second) {
  using Result = ParseResult<ClientHello>;
  ByteCursor cursor(stream);
  if (second) {
    const Step step = skip_before_second_hello(cursor);
    if (step.status != ParseStatus::Done) return result_of<ClientHello>(step);
  }
  const Message message = find_message(cursor, {kClientHelloType, Reason::TlsHelloTooLarge});
  if (message.size == 0) return result_of<ClientHello>(message.step);

  Result result;
  result.status = ParseStatus::Malformed;
  result.reason = read_client_hello(message_body(cursor, message, scratch), result.value);
  if (message.step.reason != Reason::None) result.reason = message.step.reason;
  if (result.reason != Reason::None) return result;
  // Servers take what follows in the record for a second hello or an error (T64): nothing may.
  result.reason = Reason::TlsHelloMalformed;
  if (message.extra != 0) return result;
  cursor.take(message.end);
  result.reason = check_behind_client_hello(cursor);
  if (result.reason != Reason::None) return result;
  result.status = ParseStatus::Done;
  result.consumed = stream.size() - cursor.size();
  return result;
}

ParseResult<ServerHello> parse_server_hello(ByteSpan stream, HandshakeScratch& scratch,
                                            bool second) {
  using Result = ParseResult<ServerHello>;
  ByteCursor cursor(stream);
  std::optional<std::uint8_t> alert;
  const Step step = skip_before_server_hello(cursor, second, alert);
  if (step.status != ParseStatus::Done) return result_of<ServerHello>(step);
  if (alert) {
    return Result::done({.kind = ServerHello::Kind::Alert, .alert_description = *alert},
                        stream.size() - cursor.size());
  }
  const Message message = find_message(cursor, {kServerHelloType, Reason::TlsHelloMalformed});
  if (message.step.status != ParseStatus::Done) return result_of<ServerHello>(message.step);

  ServerHello hello;
  const Reason reason = read_server_hello(message_body(cursor, message, scratch), hello);
  if (reason != Reason::None) return Result::malformed(reason, hello);
  // The server waits after a HelloRetryRequest; what stands behind it in its record is no part of
  // any handshake. A ServerHello of TLS 1.2 may share its record with the rest of the flight.
  if (hello.kind == ServerHello::Kind::HelloRetryRequest && message.extra != 0)
    return Result::malformed(Reason::TlsHelloMalformed, hello);
  cursor.take(message.end);
  return Result::done(hello, stream.size() - cursor.size());
}

bool is_post_quantum_group(std::uint16_t group) {
  switch (group) {
    // The code points that IANA's "TLS Supported Groups" held by the end of 2025. Experiments that
    // were never registered (CECPQ2, the 0x2fxx hybrids) are left out.
    case 0x0200:  // MLKEM512
    case 0x0201:  // MLKEM768
    case 0x0202:  // MLKEM1024
    case 0x11eb:  // SecP256r1MLKEM768
    case 0x11ec:  // X25519MLKEM768
    case 0x11ed:  // SecP384r1MLKEM1024
    case 0x11ee:  // curveSM2MLKEM768
    case 0x6399:  // X25519Kyber768Draft00, obsolete
    case 0x639a:  // SecP256r1Kyber768Draft00, obsolete
      return true;
    default: return false;
  }
}

}  // namespace dn::wire
