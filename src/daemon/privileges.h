// Privileges: what the process keeps.
//
// Capabilities go first, before there is any thread, since each thread has its own: CAP_NET_ADMIN
// (queues, conntrack, firewall) and CAP_NET_RAW (injected packets) stay, also for the programs that
// set-up runs (nft, iptables). Once it is set up a seccomp filter, for all threads, refuses with
// EPERM what an intruder wants and this program never does after its start: execve, ptrace, mount,
// kernel modules, bpf and the like. tests/e2e/test_privileges.py reads what the kernel says of each
// thread.
#pragma once

#include "base/result.h"

namespace dn::daemon {

// Of the calling thread and all that it starts, for good.
Result<void> drop_capabilities();

// Of all threads, for good. `may_run_programs`: execve stays possible, for taking the rules away at
// the end.
Result<void> forbid_calls(bool may_run_programs);

}  // namespace dn::daemon
