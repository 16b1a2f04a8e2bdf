// Colours are the eight that every terminal has; cells are escaped before they are measured.
#include "cli/text_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/readable.h"
#include "base/utf8.h"

namespace dn::cli {

std::string paint(std::string_view text, Colour colour, bool enabled) {
  std::string_view code;
  switch (colour) {
    case Colour::Good: code = "32"; break;
    case Colour::Warning: code = "33"; break;
    case Colour::Bad: code = "31"; break;
    case Colour::Faint: code = "2"; break;
    case Colour::None: break;
  }
  if (!enabled || code.empty()) return std::string(text);
  return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
}

std::string cut_characters(std::string_view text, std::size_t most) {
  if (count_utf8(text) <= most) return std::string(text);
  std::size_t end = 0;
  for (std::size_t count = 0; end < text.size(); ++end) {
    if (!is_utf8_continuation(text[end]) && ++count >= most) break;
  }
  return std::string(text.substr(0, end)) + "…";
}

bool is_printable_line(std::string_view text) {
  if (std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7f; })) return true;
  return printable(text, SIZE_MAX) == text;
}

TextTable::TextTable(std::vector<std::string> header) : header_(std::move(header)) {}

void TextTable::add(std::vector<std::string> cells, Colour last_cell) {
  DN_CHECK(cells.size() == header_.size(), "every row has all columns");
  for (std::string& cell : cells) cell = printable(cell);
  rows_.push_back({std::move(cells), last_cell});
}

void TextTable::print(std::ostream& out, bool colour) const {
  std::vector<std::size_t> widths;
  for (const auto& title : header_) widths.push_back(count_utf8(title));
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.cells.size(); ++i) {
      widths[i] = std::max(widths[i], std::min(count_utf8(row.cells[i]), kPaddedMax));
    }
  }
  const auto print_row = [&](const std::vector<std::string>& cells, Colour last) {
    for (std::size_t i = 0; i + 1 < cells.size(); ++i) {
      const std::size_t width = count_utf8(cells[i]);
      out << cells[i] << std::string(std::max(widths[i], width) - width + 2, ' ');
    }
    out << paint(cells.back(), last, colour) << "\n";
  };
  print_row(header_, Colour::None);
  for (const auto& row : rows_) print_row(row.cells, row.colour);
}

}  // namespace dn::cli
