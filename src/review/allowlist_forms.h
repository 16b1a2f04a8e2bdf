// An allowlist as Terraform and as JSON.
//
// Everything that comes from the log is outside text. In Terraform it stands in comments, made
// printable, and in quoted strings, escaped. Covered by src/cli/allowlist_test.cc, and
// allowlist_forms_test.cc.
#pragma once

#include <ostream>

#include "review/allowlist.h"

namespace dn::review {

void print_allowlist_terraform(const Allowlist& list, std::ostream& out);
// `curve`: with the names known at the end of each day.
void print_allowlist_json(const Allowlist& list, std::ostream& out, bool curve = false);

}  // namespace dn::review
