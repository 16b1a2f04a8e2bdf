#include "daemon/thread_priority.h"

#include <sys/resource.h>

namespace dn::daemon {
namespace {

constexpr int kNiceness = 10;

}  // namespace

void give_way_to_packets() {
  // Fails only where it would have to raise the priority.
  ::setpriority(PRIO_PROCESS, 0, kNiceness);
}

}  // namespace dn::daemon
