#include "daemon/clock.h"

#include <sys/timex.h>

namespace dn::daemon {

bool clock_synchronised() {
  timex state{};
  const int answer = adjtimex(&state);
  return answer >= 0 && answer != TIME_ERROR;
}

Now read_clock(bool require_synchronised) {
  thread_local MonotonicTime asked_at{};
  thread_local bool synchronised = true;
  Now now;
  now.monotonic = std::chrono::steady_clock::now();
  now.wall = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  if (require_synchronised) {
    if (asked_at == MonotonicTime{} || now.monotonic - asked_at >= std::chrono::seconds(1)) {
      asked_at = now.monotonic;
      synchronised = clock_synchronised();
    }
    now.wall_trusted = synchronised;
  }
  return now;
}

}  // namespace dn::daemon
