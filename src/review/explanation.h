// Explanation: would this connection be allowed, by which rule, and if not, what to add?
//
// Answers from the policy alone and asks no name server: what the gateway verifies on the wire and
// by its own look-ups is listed, not done. Covered by explanation_test.cc, and by
// src/cli/explain_test.cc, which also holds it against the engine's judge.
#pragma once

#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "base/domain_name.h"
#include "base/protocol.h"
#include "base/reason.h"
#include "base/time.h"
#include "policy/policy_input.h"
#include "policy/policy_snapshot.h"

namespace dn::review {

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

// A question as people put it: a name in any script, or an IPv4 address.
struct FlowQuestion {
  Ipv4Address source;
  std::string_view destination;
  std::optional<Port> port;
  std::optional<Protocol> protocol;
};
// Protocol from the port, port from the protocol, TLS on 443 from nothing. Nothing when the
// destination is neither a name nor an address.
std::optional<Flow> read_flow(const FlowQuestion& question);

Explanation explain_flow(const Flow& flow, const policy::PolicySnapshot& policy, Date today);

// The name or the address.
std::string destination_of(const Flow& flow);

// What to do about a refusal, in lines: mostly text for the configuration file. `source`: what the
// policy says about the client; empty where it says nothing.
std::vector<std::string> advice_for(const Flow& flow, const Explanation& answer,
                                    const policy::ClientBinding& source);

// "discriminat:tls:api.github.com": the annotation that allows the connection in a group of its
// client. Nothing where no rule can.
std::optional<std::string> annotation_for(const Flow& flow, const Explanation& answer);

// One object, one line.
void print_explanation_json(const Flow& flow, const Explanation& answer,
                            const policy::ClientBinding& source, std::ostream& out);

}  // namespace dn::review
