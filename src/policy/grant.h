// Grant ids: 27 bits that name the rule which allowed a connection.
//
// The id is kept in the conntrack mark, so it must mean the same after a restart, after an upgrade
// and on every gateway of a fleet: this function never changes. It is FNV-1a (64 bits) over
// gid "\0" protocol "\0" member, folded to 27 bits by exclusive or; 0 becomes 1. The ports of the
// rule and a see-thru date are left out, so that changing them does not end what they still cover.
//
// Two rules share an id with a probability of 1 in 134 million. Then a connection outlives the
// removal of its own rule as long as the other rule, for the same client and port, stays: nothing
// is ever allowed by a shared id. Covered by grant_test.cc.
#pragma once

#include <cstdint>
#include <string_view>

namespace dn::policy {

using GrantId = std::uint32_t;
inline constexpr unsigned kGrantBits = 27;

// `protocol` is "tls", "ssh", "x509-crl" or "see-thru"; `member` is the compared form, the URI of a
// revocation list, or empty for see-thru.
constexpr GrantId make_grant(std::string_view gid, std::string_view protocol,
                             std::string_view member) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  const auto add = [&](unsigned char byte) { hash = (hash ^ byte) * 0x00000100000001b3ULL; };
  const auto add_text = [&](std::string_view text) {
    for (const char c : text) add(static_cast<unsigned char>(c));
  };
  add_text(gid);
  add(0);
  add_text(protocol);
  add(0);
  add_text(member);
  const std::uint64_t folded = hash ^ hash >> kGrantBits ^ hash >> (2 * kGrantBits);
  const auto id = static_cast<GrantId>(folded & ((1U << kGrantBits) - 1));
  return id == 0 ? 1 : id;
}

}  // namespace dn::policy
