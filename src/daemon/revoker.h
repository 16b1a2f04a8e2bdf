// Revoker: ends live connections whose rule is gone (product.md section 7).
//
// The conntrack marks are the only memory of allowed connections: each holds the grant id of its
// rule. After a policy change they are dumped, and connections that the new policy does not grant
// any more are marked Revoked; the next packet of either side then resets both. No byte of payload
// passes in between. Used by the main thread.
#pragma once

#include <cstddef>

#include "base/result.h"
#include "policy/policy_snapshot.h"

namespace dn::daemon {

// The number of connections that were revoked.
Result<std::size_t> revoke_ungranted(const policy::PolicySnapshot& policy);

}  // namespace dn::daemon
