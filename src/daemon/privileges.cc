#include "daemon/privileges.h"

#include <cap-ng.h>
#include <seccomp.h>
#include <sys/prctl.h>

#include <array>
#include <cerrno>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>

namespace dn::daemon {
namespace {

constexpr std::array<std::string_view, 38> kRefusedCalls = {
    "execve",
    "execveat",
    "ptrace",
    "process_vm_readv",
    "process_vm_writev",
    "mount",
    "umount2",
    "pivot_root",
    "chroot",
    "move_mount",
    "fsopen",
    "open_tree",
    "init_module",
    "finit_module",
    "delete_module",
    "kexec_load",
    "kexec_file_load",
    "bpf",
    "perf_event_open",
    "userfaultfd",
    "add_key",
    "request_key",
    "keyctl",
    "swapon",
    "swapoff",
    "reboot",
    "acct",
    "quotactl",
    "settimeofday",
    "clock_settime",
    "sethostname",
    "setdomainname",
    "setns",
    "unshare",
    "iopl",
    "ioperm",
    "personality",
    "open_by_handle_at",
};

Result<void> apply_seccomp(bool may_run_programs) {
  const std::unique_ptr<void, decltype(&seccomp_release)> filter(seccomp_init(SCMP_ACT_ALLOW),
                                                                 &seccomp_release);
  if (!filter) return fail("seccomp: no filter could be made");
  for (const std::string_view name : kRefusedCalls) {
    if (may_run_programs && name.starts_with("execve")) continue;
    const int call = seccomp_syscall_resolve_name(std::string(name).c_str());
    if (call == __NR_SCMP_ERROR) continue;  // unknown on this architecture
    const int error = seccomp_rule_add(filter.get(), SCMP_ACT_ERRNO(EPERM), call, 0);
    if (error != 0 && error != -EDOM) {
      return fail("seccomp: " + std::string(name) + ": " + std::generic_category().message(-error));
    }
  }
  // For the threads that run already, too.
  if (const int error = seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_TSYNC, 1); error != 0) {
    return fail(std::string("seccomp: the filter cannot be set for all threads: ") +
                std::generic_category().message(-error));
  }
  if (const int error = seccomp_load(filter.get()); error != 0) {
    return fail(std::string("seccomp: the filter was refused: ") +
                std::generic_category().message(-error));
  }
  return {};
}

}  // namespace

Result<void> drop_capabilities() {
  capng_clear(CAPNG_SELECT_BOTH);
  // A program that we start gets what the bounding set leaves.
  constexpr auto kSets =
      static_cast<capng_type_t>(CAPNG_EFFECTIVE | CAPNG_PERMITTED | CAPNG_BOUNDING_SET);
  if (capng_updatev(CAPNG_ADD, kSets, CAP_NET_ADMIN, CAP_NET_RAW, -1) != 0) {
    return fail("capabilities: cannot select CAP_NET_ADMIN and CAP_NET_RAW");
  }
  if (capng_apply(CAPNG_SELECT_BOTH) != 0) {
    return fail("capabilities: cannot drop the others; is the process root?");
  }
  return {};
}

Result<void> forbid_calls(bool may_run_programs) {
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return fail("cannot set no_new_privs");
  return apply_seccomp(may_run_programs);
}

}  // namespace dn::daemon
