// LogTable: lines of the flow log or the config log as a table for a terminal, while they come.
//
// Columns are as wide as the rows so far ask for; rows wait for flush(), so that a whole page is
// aligned. Where the terminal's width is known, a row never wraps: the last column is cut, and
// before it the destination. Lines are outside text: every cell is made printable, so nothing in a
// line can move the cursor or change a colour. A message that is no line of that log is shown whole
// in the last column. Covered by log_table_test.cc.
#pragma once

#include <array>
#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "cli/text_table.h"

namespace dn::cli {

enum class LogKind : std::uint8_t { Flow, Config };

class LogTable {
 public:
  // `columns` of the terminal; 0: not known, nothing is cut.
  LogTable(LogKind kind, std::size_t columns, bool colour);
  void add(std::int64_t timestamp, std::string_view message);
  void flush(std::ostream& out);

 private:
  static constexpr std::size_t kColumns = 5;
  struct Row {
    std::array<std::string, kColumns> cells;
    Colour outcome = Colour::None;
  };
  Row flow_row(std::int64_t timestamp, std::string_view message) const;
  Row config_row(std::int64_t timestamp, std::string_view message) const;
  void print(const Row& row, std::ostream& out) const;

  LogKind kind_;
  std::size_t columns_;
  bool colour_;
  bool header_printed_ = false;
  std::array<std::size_t, kColumns> widths_{};
  std::vector<Row> rows_;
};

}  // namespace dn::cli
