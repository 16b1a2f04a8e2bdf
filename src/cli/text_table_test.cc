// Alignment, colours and escapes.
#include "cli/text_table.h"

#include <gtest/gtest.h>

#include <sstream>

namespace dn::cli {
namespace {

std::string print(const TextTable& table, bool colour = false) {
  std::ostringstream out;
  table.print(out, colour);
  return out.str();
}

TEST(TextTable, AlignsByCharacters) {
  TextTable table({"A", "B"});
  table.add({"bücher", "x"});
  table.add({"a", "y"});
  EXPECT_EQ(print(table), "A       B\nbücher  x\na       y\n");
}

TEST(TextTable, PadsNoFurtherThanItsCap) {
  TextTable table({"A", "B"});
  table.add({std::string(200, 'x'), "1"});
  table.add({"y", "2"});
  EXPECT_EQ(print(table), "A" + std::string(TextTable::kPaddedMax + 1, ' ') + "B\n" +
                              std::string(200, 'x') + "  1\ny" +
                              std::string(TextTable::kPaddedMax + 1, ' ') + "2\n");
}

TEST(TextTable, EscapesCells) {
  TextTable table({"A", "B"});
  table.add({"x\x1b[31m", "a\nb"}, Colour::Bad);
  EXPECT_EQ(print(table), "A          B\nx\\x1b[31m  a\\nb\n");
}

TEST(TextTable, PaintsOnlyWhenAsked) {
  TextTable table({"A", "B"});
  table.add({"x", "y"}, Colour::Bad);
  EXPECT_EQ(print(table, true), "A  B\nx  \x1b[31my\x1b[0m\n");
  EXPECT_EQ(paint("y", Colour::None, true), "y");
  EXPECT_EQ(paint("y", Colour::Good, false), "y");
}

}  // namespace
}  // namespace dn::cli
