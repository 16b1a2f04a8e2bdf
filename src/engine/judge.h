// Judge: facts of the client's first bytes, policy and ledger → what to do. Pure.
//
// The order matters and is this: a byte-level flaw never gets here; then the handshake's own flaw
// (old version, no name, plaintext); then a rule that names the destination for this protocol on
// this port; then, only for a name that a rule matched, the agreement of name and address by the
// gateway's own look-ups. See-thru turns a refusal into a permission that still carries the reason.
// Plaintext HTTP is refused but for a revocation list: its exact place, by GET or HEAD, without a
// body, and for that one request.
// Covered by judge_test.cc.
#pragma once

#include <string_view>
#include <vector>

#include "base/address.h"
#include "base/reason.h"
#include "base/time.h"
#include "engine/dns_ledger.h"
#include "engine/protocols.h"
#include "policy/policy_snapshot.h"
#include "records/flow_record.h"

namespace dn::engine {

struct Destination {
  Ipv4Address address;
  Port port = 0;
};

struct Judgement {
  enum class Kind : std::uint8_t {
    Allow,
    Refuse,
    Resolve,  // hold the handshake: look up the client or `ask` the names, then judge again
  };
  Kind kind = Kind::Refuse;
  Reason reason = Reason::None;  // why policy refuses, also when see-thru overrules it
  policy::RuleRef rule;          // valid when a rule allows it
  bool by_see_thru = false;      // Allow only: no rule allows it, see-thru does
  bool crl = false;              // Allow only: the rule is one for a revocation list
  bool one_request = false;      // Allow only: nothing behind the judged request may leave
  policy::GrantId grant = 0;     // Allow: of the rule or the see-thru
  records::Evidence evidence = records::Evidence::Absent;
  std::optional<DomainName> ssh_name;  // the allowed name that an SSH destination resolves to
  bool find_client = false;  // Resolve only: the client is unknown and may be found; no name asked
  std::vector<DomainName> ask;
};

// `looked_up`: this flow has waited for fresh answers already; `may_wait` is false when it has
// waited long enough, so that Resolve is not an option any more. `may_find_client`: likewise of an
// unknown client, where the policy says that one may be found.
struct JudgeContext {
  const policy::PolicySnapshot* policy = nullptr;
  const DnsLedger* ledger = nullptr;
  Now now;
  bool looked_up = false;
  bool may_wait = true;
  bool may_find_client = false;
};

Judgement judge(const ClientFacts& facts, Ipv4Address client, Destination destination,
                const JudgeContext& context);

// A server that speaks first: passes only where an ssh rule covers the destination (or see-thru is
// on). Resolve: `ask` holds names to look up until the server sends its packet again.
Judgement judge_server_first(Ipv4Address client, Destination destination,
                             const JudgeContext& context);

// The see-thru rule of a client and whether it is in force at that moment.
struct SeeThruState {
  const policy::SeeThru* rule = nullptr;
  bool active = false;
  int days_remaining = 0;
};
SeeThruState see_thru_state(const policy::PolicySnapshot* policy, Ipv4Address client,
                            const Now& now);

}  // namespace dn::engine
