// PolicySnapshot: a compiled, immutable policy, and the findings made while compiling it.
//
// Built off the packet path by compile_policy(), published by swapping one shared pointer, read by
// any number of threads. Clients with the same set of groups share one ClientPolicy. Look-up cost
// does not grow with the number of rules or clients: exact names and addresses in a hash table,
// patterns in a structure of their own (pattern_set.h), ports as ranges of the matched entry only.
// Where several rules allow a connection, the one of the smallest gid is named; exact names come
// before patterns, and longer literal tails of patterns before shorter ones.
// Views returned from here live as long as the snapshot. Covered by compile_test.cc.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "base/domain_name.h"
#include "base/protocol.h"
#include "base/time.h"
#include "policy/findings.h"
#include "policy/grant.h"
#include "policy/name_list.h"
#include "policy/policy_input.h"
#include "policy/public_suffixes.h"

namespace dn::policy {

struct RuleRef {
  std::string_view gid;
  std::string_view addr;  // the member in its compared form: a name, a pattern, an address
  GrantId grant = 0;
};

struct SeeThru {
  Date until;            // inclusive, UTC
  std::string_view gid;  // "%default" when it comes from the preferences
  GrantId grant = 0;
};

// The union of rules of one set of groups.
class ClientPolicy {
 public:
  virtual ~ClientPolicy() = default;
  // The rule that names `name` for this protocol on this port: exact names before patterns.
  virtual std::optional<RuleRef> match_name(Protocol, Port, const DomainName& name) const = 0;
  virtual std::optional<RuleRef> match_address(Protocol, Port, Ipv4Address) const = 0;
  // The revocation list at exactly this place. `addr` is the name in whose certificates it stands.
  virtual std::optional<RuleRef> match_crl(const DomainName& host, Port port,
                                           std::string_view path) const = 0;
  // Whether some revocation list stands there, whatever its path (for the reason http-path).
  virtual bool has_crls_at(const DomainName& host, Port port) const = 0;
  // Whether some rule names it for this protocol on another port (for the reason port-not-allowed).
  virtual bool matches_on_other_port(Protocol, Port, const DomainName& name) const = 0;
  virtual bool matches_on_other_port(Protocol, Port, Ipv4Address) const = 0;
  // Exact names of ssh rules on this port, at most `most` of them.
  virtual std::vector<DomainName> ssh_names(Port port, std::size_t most) const = 0;
  // The see-thru rule with the latest date, also when it is past; nullptr when there is none.
  virtual const SeeThru* see_thru() const = 0;
  // Whether a connection to `port` that was allowed under `grant` would still be covered by it.
  virtual bool still_grants(GrantId grant, Port port) const = 0;
};

class PolicySnapshot {
 public:
  virtual ~PolicySnapshot() = default;
  // By longest prefix; nullptr when the address belongs to no client. Where the preferences carry a
  // default see-thru, an unknown client gets a policy that has only that.
  virtual const ClientPolicy* find_client(Ipv4Address) const = 0;
  // False for the policy of unknown clients.
  virtual bool is_known_client(Ipv4Address) const = 0;
  // PolicyInput::clients_may_be_found.
  virtual bool clients_may_be_found() const = 0;
  virtual FlowLogVerbosity verbosity() const = 0;
  // All exact names of tls and ssh rules that some client has, and the hosts of revocation lists,
  // sorted, unique: to be looked up ahead of need.
  virtual NameList exact_names() const = 0;
};

// Where an exact name of a tls rule presents its certificates.
struct TlsHost {
  std::string name;
  Port port = 0;
  auto operator<=>(const TlsHost&) const = default;
};

struct CompiledPolicy {
  std::shared_ptr<const PolicySnapshot> snapshot;
  Findings findings;
  // X509Crls::Allow: whose certificates are to be read for PolicyInput::crls; sorted, unique.
  std::vector<TlsHost> tls_hosts;
};

// Never fails: what is wrong becomes a finding, and costs its neighbours nothing. `today` decides
// whether a see-thru date is past (a warning).
CompiledPolicy compile_policy(const PolicyInput& input, const PublicSuffixes& suffixes, Date today);

}  // namespace dn::policy
