// Text for people: aligned columns and colours. Covered by text_table_test.cc.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace dn::cli {

enum class Colour : std::uint8_t { None, Good, Warning, Bad, Faint };

// The text between the escape sequences of the colour, when `enabled`.
std::string paint(std::string_view text, Colour colour, bool enabled);

// Rows of equally many cells. Cells are outside text: they are made printable here. Only the last
// column is not padded; a column is padded to at most kPaddedMax characters.
class TextTable {
 public:
  static constexpr std::size_t kPaddedMax = 60;
  explicit TextTable(std::vector<std::string> header);
  void add(std::vector<std::string> cells, Colour last_cell = Colour::None);
  void print(std::ostream& out, bool colour) const;
  bool empty() const { return rows_.empty(); }

 private:
  struct Row {
    std::vector<std::string> cells;
    Colour colour = Colour::None;
  };
  std::vector<std::string> header_;
  std::vector<Row> rows_;
};

// At most `most` characters (wide and combining ones count as one), the last of them "…" where
// something was cut off.
std::string cut_characters(std::string_view text, std::size_t most);

// Whether a terminal shows the text as it is, on one line: what printable() would not change.
bool is_printable_line(std::string_view text);

}  // namespace dn::cli
