// A stand-in until the gateway itself is written.
#include <cstdio>

#include "daemon/gateway.h"

namespace dn::daemon {

int run_gateway(const RunOptions& options) {
  std::fprintf(stderr, "discriminat: run --config %s: not available in this build\n",
               options.config_file.c_str());
  return 70;
}

}  // namespace dn::daemon
