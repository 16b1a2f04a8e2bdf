// What `discriminat allowlist` prints for people. Covered by allowlist_test.cc.
#pragma once

#include <ostream>

#include "review/allowlist.h"

namespace dn::cli {

void print_allowlist_text(const review::Allowlist& list, std::ostream& out, bool colour);

}  // namespace dn::cli
