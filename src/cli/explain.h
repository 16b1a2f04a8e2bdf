// `discriminat explain`: would this connection be allowed, by which rule, and if not, what to add?
//
// Answers from the policy alone and asks no name server: what the gateway verifies on the wire and
// by its own look-ups is listed, not done. Covered by explain_test.cc, which also holds it against
// the engine's judge.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/domain_name.h"
#include "base/protocol.h"
#include "base/reason.h"
#include "cli/arguments.h"
#include "cli/world.h"
#include "policy/policy_snapshot.h"

namespace dn::cli {

// The connection that is asked about. Exactly one of `name` and `address` is there.
struct Flow {
  Ipv4Address source;
  std::optional<DomainName> name;
  std::optional<Ipv4Address> address;
  Port port = 443;
  Protocol protocol = Protocol::Tls;
};

struct Explanation {
  bool allowed = false;
  bool by_see_thru = false;         // allowed, but only by see-thru
  Reason reason = Reason::None;     // why the rules refuse it, also when see-thru allows it
  std::string gid;                  // of the rule or the see-thru that allows it
  std::string addr;                 // the member that allows it, or the see-thru date
  std::vector<std::string> checks;  // what the gateway verifies at run time; empty when refused
};

// Pure.
Explanation explain_flow(const Flow& flow, const policy::PolicySnapshot& policy, Date today);

// Prints to `world.out`; the exit code (exit_codes.h).
int run_explain(const ExplainArguments& arguments, World& world);

}  // namespace dn::cli
