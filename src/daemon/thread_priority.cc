// See thread_priority.h.
#include "daemon/thread_priority.h"

#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>

namespace dn::daemon {
namespace {

constexpr int kNiceness = 10;
constexpr std::uint64_t kSliceNs = 100'000;  // the least that Linux accepts

// The first version of sched_attr (Linux 3.14). The kernel's header of that name declares again
// what the C library's <sched.h> declares, and the C library has no call for it before 2.41.
struct SchedulingAttributes {
  std::uint32_t size = sizeof(SchedulingAttributes);
  std::uint32_t policy = 0;
  std::uint64_t flags = 0;
  std::int32_t nice = 0;
  std::uint32_t priority = 0;
  std::uint64_t runtime_ns = 0;  // of an ordinary thread: its slice
  std::uint64_t deadline_ns = 0;
  std::uint64_t period_ns = 0;
};
static_assert(sizeof(SchedulingAttributes) == 48);

void stay_on_last_cpu() {
  cpu_set_t allowed;
  if (::sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;  // more than 1024 CPUs
  std::size_t last = CPU_SETSIZE - 1;
  while (last > 0 && !CPU_ISSET(last, &allowed)) --last;
  cpu_set_t only;
  CPU_ZERO(&only);
  CPU_SET(last, &only);
  ::sched_setaffinity(0, sizeof only, &only);
}

}  // namespace

void give_way_to_packets() {
  // Fails only where it would have to raise the priority.
  ::setpriority(PRIO_PROCESS, 0, kNiceness);
  stay_on_last_cpu();
}

void interrupt_other_threads() {
  SchedulingAttributes mine;
  if (::syscall(SYS_sched_getattr, 0, &mine, sizeof mine, 0) != 0) return;
  mine.runtime_ns = kSliceNs;
  ::syscall(SYS_sched_setattr, 0, &mine, 0);
}

}  // namespace dn::daemon
