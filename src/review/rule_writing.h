// Rules out of names: annotations that a cloud accepts, and the destinations that keep them apart.
//
// AWS allows 255 characters in a description, out of a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*, and refuses
// two rules of one group with the same protocol, ports and destination
// (InvalidPermission.Duplicate), whatever their descriptions. The gateway ignores the destination,
// but AWS enforces it: the destinations of a port together must reach every address. So the first
// rule of a port gets 0.0.0.0/0, which is enough for all of them, and further ones get
// 0.0.0.0/1, 128.0.0.0/1, 0.0.0.0/2, 64.0.0.0/2 and so on, each once. tls and ssh rules of one port
// are both TCP and share that row. Pure. Covered by rule_writing_test.cc.
#pragma once

#include <compare>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/address.h"
#include "base/protocol.h"

namespace dn::review {

inline constexpr std::size_t kDescriptionBytesMax = 255;

// Ordered by port, protocol and name.
struct NameOnPort {
  Port port = 443;
  Protocol protocol = Protocol::Tls;  // Tls or Ssh
  std::string name;                   // or a pattern (Tls only), or an address; as policy/member.h
  auto operator<=>(const NameOnPort&) const = default;
};

struct WrittenRule {
  Protocol protocol = Protocol::Tls;
  Port port = 443;
  Ipv4Prefix destination;
  std::string description;
};

using UsedDestinations = std::set<std::pair<Port, Ipv4Prefix>>;

struct WrittenRules {
  std::vector<WrittenRule> rules;    // by port, then protocol, then name
  std::vector<NameOnPort> too_long;  // names that no description can hold
};

// Each name stands in exactly one rule, whatever order and however often it is given. `used`:
// destinations that the group's TCP rules have already.
WrittenRules write_rules(const std::vector<NameOnPort>& names, const UsedDestinations& used);

// The destination of the rule number `index` of a port: 0.0.0.0/0, 0.0.0.0/1, 128.0.0.0/1, …
Ipv4Prefix destination_of(std::size_t index);

}  // namespace dn::review
