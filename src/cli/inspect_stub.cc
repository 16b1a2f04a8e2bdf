// A stand-in until inspect.cc is written; weak, so that the real one always wins.
#include <cstdio>

#include "cli/inspect.h"

namespace dn::cli {

__attribute__((weak)) int run_inspect(const std::vector<std::string>& /*paths*/, bool /*json*/) {
  std::fprintf(stderr, "discriminat: inspect: not available in this build\n");
  return 70;
}

}  // namespace dn::cli
