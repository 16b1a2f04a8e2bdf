// A stand-in until the gateway itself is written; weak, so that the real one always wins.
#include <cstdio>

#include "daemon/gateway.h"

namespace dn::daemon {

__attribute__((weak)) int run_gateway(const RunOptions& options) {
  std::fprintf(stderr, "discriminat: run --config %s: not available in this build\n",
               options.config_file.c_str());
  return 70;
}

}  // namespace dn::daemon
