#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace dn {

void check_failed(const char* condition, const char* why, const char* file, int line) {
  std::fprintf(stderr, "discriminat: broken invariant at %s:%d: %s (%s)\n", file, line, condition,
               why);
  std::abort();
}

}  // namespace dn
