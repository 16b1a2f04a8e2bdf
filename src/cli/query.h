// `discriminat query`: one Insights query from start to its rows.
//
// StartQuery, GetQueryResults until the query has ended, StopQuery on Ctrl-C. Rows are printed as a
// table, as a JSON array or as CSV (RFC 4180); values are those of the API, which are texts. Cells
// come from outside: in the table and in CSV control characters are escaped. Covered by
// query_test.cc.
#pragma once

#include "cli/arguments.h"
#include "cli/world.h"

namespace dn::cli {

// The exit code (exit_codes.h).
int run_query(const QueryArguments& arguments, World& world);

}  // namespace dn::cli
