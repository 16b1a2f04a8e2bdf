// Privileges: what the process keeps once it is set up.
//
// CAP_NET_ADMIN (queues, conntrack, firewall) and CAP_NET_RAW (injected packets) stay; everything
// else goes, for good: no new privileges, an empty bounding set, and a seccomp filter that refuses
// the system calls an intruder wants and this program never makes after its start (execve, ptrace,
// mount, kernel modules, bpf, …) with EPERM.
#pragma once

#include "base/result.h"

namespace dn::daemon {

// `may_run_programs`: execve stays possible, for taking the rules away at the end.
Result<void> drop_privileges(bool may_run_programs);

}  // namespace dn::daemon
