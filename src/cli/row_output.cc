#include "cli/row_output.h"

#include <cstdint>
#include <string_view>
#include <unordered_map>

#include "base/readable.h"
#include "cli/text_table.h"
#include "records/json_pieces.h"

namespace dn::cli {
namespace {

constexpr std::string_view kPointer = "@ptr";

// The columns of all rows, and where each name stands.
struct Columns {
  std::vector<std::string_view> names;
  std::unordered_map<std::string_view, std::size_t> places;
};

Columns find_columns(const std::vector<OutputRow>& rows) {
  Columns columns;
  for (const OutputRow& row : rows) {
    std::size_t behind = 0;
    for (const auto& [name, value] : row) {
      if (name == kPointer) continue;
      if (const auto known = columns.places.find(name); known != columns.places.end()) {
        behind = known->second + 1;
        continue;
      }
      if (columns.names.size() >= kColumnsMax) continue;
      for (auto& [other, place] : columns.places) place += place >= behind ? 1 : 0;
      columns.names.insert(columns.names.begin() + static_cast<std::ptrdiff_t>(behind), name);
      columns.places.emplace(name, behind++);
    }
  }
  return columns;
}

std::vector<std::string> cells_of(const OutputRow& row, const Columns& columns) {
  std::vector<std::string> cells(columns.names.size());
  for (const auto& [name, value] : row) {
    if (const auto place = columns.places.find(name); place != columns.places.end()) {
      cells[place->second] = value;
    }
  }
  return cells;
}

void print_csv_cell(std::string_view value, std::ostream& out) {
  const std::string text = printable(value, SIZE_MAX);
  if (text.find_first_of(",\"\r\n ") == std::string::npos) {
    out << text;
    return;
  }
  out << '"';
  for (const char c : text) out << (c == '"' ? "\"\"" : std::string_view(&c, 1));
  out << '"';
}

template <class Cells>
void print_csv_line(const Cells& cells, std::ostream& out) {
  bool first = true;
  for (const auto& cell : cells) {
    if (!first) out << ',';
    first = false;
    print_csv_cell(cell, out);
  }
  out << "\r\n";
}

}  // namespace

void print_table_rows(const std::vector<OutputRow>& rows, std::ostream& out, bool colour) {
  const Columns columns = find_columns(rows);
  if (columns.names.empty()) return;
  std::vector<std::string> titles;
  for (const std::string_view name : columns.names) titles.push_back(printable(name));
  TextTable table(std::move(titles));
  for (const OutputRow& row : rows) table.add(cells_of(row, columns));
  table.print(out, colour);
}

void print_json_rows(const std::vector<OutputRow>& rows, std::ostream& out) {
  out << "[";
  records::JsonLines lines(out);
  for (const OutputRow& row : rows) {
    lines.next() << "{";
    std::string_view comma;
    for (const auto& [name, value] : row) {
      out << comma << records::json_long_text(name) << ": " << records::json_long_text(value);
      comma = ", ";
    }
    out << "}";
  }
  out << (rows.empty() ? "]\n" : "\n]\n");
}

void print_csv_rows(const std::vector<OutputRow>& rows, std::ostream& out) {
  const Columns columns = find_columns(rows);
  if (columns.names.empty()) return;
  print_csv_line(columns.names, out);
  for (const OutputRow& row : rows) print_csv_line(cells_of(row, columns), out);
}

}  // namespace dn::cli
