// What another policy would have said to a connection of the flow log.
//
// The connection is taken as the line tells it; only the policy is exchanged. So
//   - what was found on the wire stays: a flaw of the bytes refuses again, an old version, plain
//     HTTP or an unknown protocol passes by see-thru only;
//   - name and address agreed or not as the line says: where it says dns-mismatch, dns-failed and
//     the like, a rule for the name does not help (one for the address does). Where nobody looked
//     the name up, because no rule named it, they are taken to agree;
//   - an SSH destination has the name in the line, if any: whether another allowed name resolves to
//     its address, the log cannot say; `uncertain` is set then;
//   - see-thru dates are judged by the day that is given.
// Pure. Covered by replay_judge_test.cc, which holds it against the engine.
#pragma once

#include <optional>
#include <string_view>

#include "base/address.h"
#include "base/domain_name.h"
#include "base/protocol.h"
#include "base/reason.h"
#include "base/time.h"
#include "policy/policy_snapshot.h"
#include "review/flow_line.h"

namespace dn::review {

// A client line that can be judged again.
struct LoggedFlow {
  Ipv4Address client, destination;
  Port port = 0;
  Protocol protocol = Protocol::Unknown;
  std::optional<DomainName> name;  // of dhost, where that is one
  bool allowed = false;
  bool by_see_thru = false;      // allowed, and only so
  std::optional<Reason> reason;  // none: a rule allowed it
};
// Nothing for server lines, IPv6 lines, and reasons that this program does not know.
std::optional<LoggedFlow> read_logged_flow(const FlowLine& line);

struct ReplayJudgement {
  bool allowed = false;
  bool by_see_thru = false;
  Reason reason = Reason::None;  // why the rules refuse it, also when see-thru allows it
  std::string_view gid, addr;    // of the rule, or the gid of the see-thru; as long as the policy
  bool uncertain = false;        // refused, but the log cannot tell for sure
};

// `crls`: the policy's preference x509_crls allows the fetch of revocation lists.
ReplayJudgement judge_again(const LoggedFlow& flow, const policy::PolicySnapshot& policy, bool crls,
                            Date today);

}  // namespace dn::review
