#include "daemon/surroundings.h"

#include <thread>

#include "daemon/clock.h"
#include "net/random.h"

namespace dn::daemon {

aws::Surroundings surroundings() {
  return {[] { return read_clock(false).wall; }, net::random_number,
          [](std::chrono::milliseconds time) { std::this_thread::sleep_for(time); }};
}

}  // namespace dn::daemon
