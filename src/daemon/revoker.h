// Revoker: what happens to connections in the kernel's table besides judgement.
//
// Revoking (removing a rule ends the live connections it allowed). The
// conntrack marks are the only memory of allowed connections: each holds the grant id of its rule.
// After a policy change they are dumped, and connections that the new policy does not grant any
// more are marked Revoked; the next packet of either side then resets both. No byte of payload
// passes in between.
//
// Forgetting. A connection that completes the TCP handshake and then says nothing costs the engine
// nothing, but the kernel an entry for days. Those that are still undecided after two looks are
// erased; should they speak later, they are reset and begin again. So a client cannot fill the
// kernel's table with silence. The same look counts the source ports in use
// (snat_pressure.h). Used by the main thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_set>

#include "base/result.h"
#include "daemon/snat_pressure.h"
#include "policy/policy_snapshot.h"

namespace dn::daemon {

// The number of connections that were revoked.
Result<std::size_t> revoke_ungranted(const policy::PolicySnapshot& policy);

class SilentConnections {
 public:
  // Erases what was undecided at the last look too; counts source ports on the way.
  struct Look {
    std::size_t erased = 0;
    SnatUse snat;
  };
  Result<Look> look();

 private:
  std::unordered_set<std::uint32_t> seen_;  // conntrack ids
};

}  // namespace dn::daemon
