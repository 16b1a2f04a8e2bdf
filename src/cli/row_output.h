// Rows of named cells as a table, a JSON array or CSV.
//
// Rows may lack cells, so the columns are those of all rows, each behind the one it follows where
// it first appears. `@ptr`, which is for programs, appears in JSON only. Covered by
// row_output_test.cc.
#pragma once

#include <ostream>
#include <string>
#include <utility>
#include <vector>

namespace dn::cli {

using OutputRow = std::vector<std::pair<std::string, std::string>>;  // name, value

// Columns beyond kColumnsMax are left out of the table and of CSV, which then say so.
inline constexpr std::size_t kColumnsMax = 1000;

void print_table_rows(const std::vector<OutputRow>& rows, std::ostream& out, bool colour);
// `[]`, or an object per line.
void print_json_rows(const std::vector<OutputRow>& rows, std::ostream& out);
// RFC 4180 with a header, lines ended by CR LF; control characters escaped, so that it may be
// shown.
void print_csv_rows(const std::vector<OutputRow>& rows, std::ostream& out);

}  // namespace dn::cli
