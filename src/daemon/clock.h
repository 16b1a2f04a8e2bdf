// The one place that reads clocks for the packet path.
#pragma once

#include "base/time.h"

namespace dn::daemon {

// Both clocks at this moment. `wall_trusted` is false while the kernel says that the wall clock is
// not synchronised (adjtimex(2): TIME_ERROR) and `require_synchronised` is set; that question is
// asked at most once a second.
Now read_clock(bool require_synchronised);

bool clock_synchronised();

}  // namespace dn::daemon
