// Kernel probe: which of the optional netfilter parts this kernel has, asked without changing it.
//
// Some kernels are built without nft's queue expression but with the xt NFQUEUE target; one of the
// two is needed. Flow tables are only reported. Covered by tests/netfilter (needs root).
#pragma once

#include "base/result.h"
#include "netfilter/ruleset.h"

namespace dn::netfilter {

struct KernelFeatures {
  bool native_queue = false;  // nft dry run of a queue rule
  bool xt_queue = false;      // the xt target NFQUEUE, revision 3, through NFT_COMPAT
  bool flow_table = false;    // nft dry run of a flow table
};

// Error: nft cannot be run at all, or netlink is closed to us.
Result<KernelFeatures> probe_kernel();

// Native where it exists. Error: neither form exists; the text says what to install or enable.
Result<QueueForm> choose_queue_form(const KernelFeatures& features);

}  // namespace dn::netfilter
