// See thread_priority.h.
#include "daemon/thread_priority.h"

#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <span>

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

// Those of the process, in ascending order. Empty where there are more than 1024.
std::vector<unsigned> allowed_cpus() {
  cpu_set_t allowed;
  std::vector<unsigned> cpus;
  if (::sched_getaffinity(0, sizeof allowed, &allowed) != 0) return cpus;
  for (unsigned cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &allowed)) cpus.push_back(cpu);
  }
  return cpus;
}

void stay_on(std::span<const unsigned> cpus) {
  cpu_set_t only;
  CPU_ZERO(&only);
  for (const unsigned cpu : cpus) CPU_SET(cpu, &only);
  ::sched_setaffinity(0, sizeof only, &only);
}

void shorten_slice() {
  SchedulingAttributes mine;
  if (::syscall(SYS_sched_getattr, 0, &mine, sizeof mine, 0) != 0) return;
  mine.runtime_ns = kSliceNs;
  ::syscall(SYS_sched_setattr, 0, &mine, 0);
}

}  // namespace

std::vector<unsigned> set_cpus_aside(unsigned loops) {
  const auto cpus = allowed_cpus();
  std::vector<unsigned> of_loops;
  if (cpus.empty()) return of_loops;
  for (unsigned i = 0; i < loops; ++i) of_loops.push_back(cpus[cpus.size() - 1 - i % cpus.size()]);
  stay_on(std::span(cpus).first(loops < cpus.size() ? cpus.size() - loops : 1));
  return of_loops;
}

void go_before_others(std::optional<unsigned> cpu) {
  if (cpu) stay_on({&*cpu, 1});
  shorten_slice();
}

void give_way_to_packets() {
  // Fails only where it would have to raise the priority.
  ::setpriority(PRIO_PROCESS, 0, kNiceness);
}

}  // namespace dn::daemon
