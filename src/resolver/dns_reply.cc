// Two passes over the answer section: the first collects the CNAME records and finds the end of the
// chain, the second the addresses of that name. No pass allocates more than the records it keeps.
#include "resolver/dns_reply.h"

#include <algorithm>
#include <array>
#include <optional>

namespace dn::resolver {
namespace {

using engine::DnsStatus;

//     0  1  2  3  4  5  6  7  8  9  A  B  C  D  E  F
//   +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
//   |                      ID                       |
//   |QR|   Opcode  |AA|TC|RD|RA|   Z    |   RCODE   |
//   |          QDCOUNT, ANCOUNT, NSCOUNT, ARCOUNT   |   16 bits each
//   +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
constexpr std::uint16_t kResponseBit = 0x8000;
constexpr std::uint16_t kOpcodeMask = 0x7800;
constexpr std::uint16_t kRcodeMask = 0x000f;
constexpr std::uint16_t kTypeA = 1;
constexpr std::uint16_t kTypeCname = 5;
constexpr std::uint16_t kClassIn = 1;
constexpr std::size_t kNameBytesMax = 255;  // RFC 1035 3.1, on the wire
constexpr int kPointersMax = 127;           // a name has no more labels to point at
constexpr std::size_t kCnameRecordsMax = 64;

// A name as on the wire, uncompressed, in lower case.
struct WireName {
  std::array<std::uint8_t, kNameBytesMax> bytes;
  std::size_t size = 0;

  bool append(ByteSpan more) {
    if (more.size() > bytes.size() - size) return false;
    for (const std::uint8_t byte : more) {
      bytes[size++] = byte >= 'A' && byte <= 'Z' ? static_cast<std::uint8_t>(byte + 32) : byte;
    }
    return true;
  }
  bool operator==(const WireName& other) const {
    return std::ranges::equal(ByteSpan(bytes).first(size), ByteSpan(other.bytes).first(other.size));
  }
};

WireName to_wire(const DomainName& name) {
  WireName wire;
  std::string_view rest = name.text();
  while (!rest.empty()) {
    const std::string_view label = rest.substr(0, rest.find('.'));
    const std::uint8_t length = static_cast<std::uint8_t>(label.size());
    wire.append({&length, 1});
    wire.append(as_bytes(label));
    rest.remove_prefix(std::min(rest.size(), label.size() + 1));
  }
  constexpr std::uint8_t kRoot = 0;
  wire.append({&kRoot, 1});
  return wire;
}

// Takes a name that may end in a pointer to an earlier one. Every pointer must point before the
// place it was read from, and their number is bounded, so the walk ends. Length bytes are below 64
// and so are not touched by the folding in append().
std::optional<WireName> take_name(ByteCursor& cursor, ByteSpan message) {
  WireName name;
  ByteCursor part = cursor;
  std::size_t before = message.size() - cursor.size();
  for (int pointers = 0;;) {
    const std::uint8_t length = part.take_u8();
    if (part.failed()) return {};
    if (length >= 0xc0) {
      const std::size_t target = std::size_t{length & 0x3fU} << 8U | part.take_u8();
      if (part.failed() || target >= before || pointers++ == kPointersMax) return {};
      if (pointers == 1) cursor = part;
      before = target;
      part = ByteCursor(message.subspan(target));
      continue;
    }
    if (length >= 0x40) return {};
    const ByteSpan label = part.take(length);
    if (part.failed() || !name.append({&length, 1}) || !name.append(label)) return {};
    if (length > 0) continue;
    if (pointers == 0) cursor = part;
    return name;
  }
}

struct Record {
  WireName owner;
  std::uint16_t type = 0;
  std::uint32_t ttl = 0;
  ByteCursor data{{}};
};

// Takes the next record of class IN, passing over other classes as type 0.
std::optional<Record> take_record(ByteCursor& cursor, ByteSpan message) {
  const auto owner = take_name(cursor, message);
  if (!owner) return {};
  const std::uint16_t type = cursor.take_u16();
  const std::uint16_t dns_class = cursor.take_u16();
  const std::uint32_t ttl = cursor.take_u32();
  const ByteCursor data = cursor.take_child_u16();
  if (cursor.failed()) return {};
  return Record{*owner, dns_class == kClassIn ? type : std::uint16_t{0},
                ttl > 0x7fffffffU ? 0 : ttl, data};
}

struct Cname {
  WireName owner, target;
  std::uint32_t ttl;
};

// The end of the chain that starts at a name, and the smallest TTL on the way.
struct ChainEnd {
  WireName name;
  std::uint32_t ttl = UINT32_MAX;
};

std::optional<ChainEnd> follow(const WireName& start, const std::vector<Cname>& cnames) {
  ChainEnd end{start};
  for (std::size_t hops = 0; hops <= kCnamesMax; ++hops) {
    const auto next = std::ranges::find(cnames, end.name, &Cname::owner);
    if (next == cnames.end()) return end;
    end = {next->target, std::min(end.ttl, next->ttl)};
  }
  return {};
}

DnsReply failed(std::string_view problem) {
  return {DnsStatus::Failed, {}, problem};
}

DnsReply parse_answers(ByteCursor answers, std::uint16_t count, ByteSpan message,
                       const WireName& asked) {
  std::vector<Cname> cnames;
  ByteCursor cursor = answers;
  for (int i = 0; i < count; ++i) {
    const auto record = take_record(cursor, message);
    if (!record) return failed("malformed answer section");
    if (record->type != kTypeCname) continue;
    if (cnames.size() == kCnameRecordsMax) return failed("too many CNAME records");
    // The data lies within the message, so a pointer in it is measured from the message's start.
    ByteCursor data(message.subspan(message.size() - cursor.size() - record->data.size()));
    const auto target = take_name(data, message);
    if (!target || data.size() != cursor.size()) return failed("malformed CNAME record");
    cnames.push_back({record->owner, *target, record->ttl});
  }
  const auto end = follow(asked, cnames);
  if (!end) return failed("the CNAME chain loops or is too long");

  DnsReply reply{DnsStatus::NoData, {}, {}};
  cursor = answers;
  for (int i = 0; i < count; ++i) {
    auto record = take_record(cursor, message);
    if (!record) return failed("malformed answer section");
    if (record->type != kTypeA || record->owner != end->name) continue;
    const Ipv4Address address{record->data.take_u32()};
    if (!record->data.done()) return failed("malformed address record");
    const auto ttl = std::chrono::seconds(std::min(record->ttl, end->ttl));
    reply.addresses.push_back({address, ttl});
  }
  if (!reply.addresses.empty()) reply.status = DnsStatus::Answered;
  return reply;
}

}  // namespace

DnsReply parse_dns_reply(ByteSpan message, const DomainName& asked) {
  ByteCursor cursor(message);
  cursor.take_u16();  // the id
  const std::uint16_t flags = cursor.take_u16();
  const std::uint16_t questions = cursor.take_u16();
  const std::uint16_t answers = cursor.take_u16();
  cursor.take_u32();  // the counts of the sections that are not read
  if (cursor.failed()) return failed("reply shorter than its header");
  if ((flags & kResponseBit) == 0 || (flags & kOpcodeMask) != 0) return failed("not a reply");
  if (questions != 1) return failed("reply without the question");
  const WireName wire = to_wire(asked);
  const auto name = take_name(cursor, message);
  const std::uint16_t type = cursor.take_u16();
  const std::uint16_t dns_class = cursor.take_u16();
  if (!name || cursor.failed()) return failed("malformed question section");
  if (*name != wire || type != kTypeA || dns_class != kClassIn) {
    return failed("reply to another question");
  }
  switch (flags & kRcodeMask) {
    case 0: return parse_answers(cursor, answers, message, wire);
    case 2: return failed("server failure");
    case 3: return {DnsStatus::NoName, {}, {}};
    case 5: return failed("refused by the server");
    default: return failed("error reply");
  }
}

}  // namespace dn::resolver
