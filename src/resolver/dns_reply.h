// DNS replies (RFC 1035 section 4) to one question: the IPv4 addresses of one name.
//
// What counts: address records whose owner is the name asked, or the end of the chain of CNAME
// records that starts there, in whatever order they stand; the name asked is the authority, so the
// names on the chain need no rule. Each address gets the smallest TTL on its way; a TTL with the
// top bit set is 0 (RFC 2181 section 8). Records of other names, types and classes are passed over.
// Refused as malformed: another question, more than one question, a chain that loops or is longer
// than kCnamesMax, a compression pointer that does not point backwards, anything that runs past the
// end. The transport (dns_channel.h) has compared id and sender; authority and additional sections
// are not read, DNSSEC is not validated. Pure. Covered by dns_reply_test.cc and dns_reply_fuzz.cc.
#pragma once

#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/domain_name.h"
#include "engine/effects.h"

namespace dn::resolver {

inline constexpr std::size_t kCnamesMax = 16;

struct DnsReply {
  engine::DnsStatus status = engine::DnsStatus::Failed;
  std::vector<engine::DnsAnswer::Address> addresses;  // as they stand; Answered only
  std::string_view problem;                           // why it Failed, for the operator
};

DnsReply parse_dns_reply(ByteSpan message, const DomainName& asked);

}  // namespace dn::resolver
