// Kernel probe: how this kernel can queue packets, asked without changing it.
//
// Some kernels are built without nft's queue expression but with the xt NFQUEUE target; one of the
// two is needed. Covered by tests/netfilter (needs root).
#pragma once

#include <vector>

#include "base/result.h"
#include "netfilter/ruleset.h"

namespace dn::netfilter {

// At least one form, the preferred one first: native by a dry run of nft, xt when the target
// NFQUEUE answers in revision 3 through NFT_COMPAT. Error: neither exists, and the text says what
// to load; or nft cannot be run at all, or netlink is closed to us.
Result<std::vector<QueueForm>> find_queue_forms();

}  // namespace dn::netfilter
