// What stands behind Findings. Included by findings.cc and by the compiler only.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/time.h"
#include "policy/findings.h"
#include "policy/rule_index.h"

namespace dn::policy {

inline constexpr std::string_view kDefaultGid = "%default";

struct Findings::Store {
  // A member that a group names for a protocol, on whatever ports: one number, sorted.
  using MemberFact = std::uint64_t;
  static MemberFact make_member(RuleKey key, TextOffset text) {
    return std::uint64_t{key} << 32U | text;
  }

  struct SeeThruFact {
    std::string gid;  // or kDefaultGid
    Date until;
    auto operator<=>(const SeeThruFact&) const = default;
  };

  // A group may fetch a revocation list.
  struct CrlFact {
    std::string_view gid;  // of the rule index
    std::string addr;      // the host, with its port where that is not 80
    std::string path;
    auto operator<=>(const CrlFact&) const = default;
  };

  struct ClientFact {
    Ipv4Prefix prefix;
    std::string_view gid;  // of the rule index; empty for a client without any group
    auto operator<=>(const ClientFact&) const = default;
  };

  std::shared_ptr<const RuleIndex> rules;
  std::vector<Finding> problems;    // in the order of the input, unique
  std::vector<MemberFact> members;  // these four: sorted, unique
  std::vector<SeeThruFact> see_thru;
  std::vector<CrlFact> crls;
  std::vector<ClientFact> clients;
};

// Keeps the first of equal findings.
void drop_repeated(std::vector<Finding>& findings);

}  // namespace dn::policy
