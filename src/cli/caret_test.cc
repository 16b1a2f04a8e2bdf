// Table: text and place → the marked line.
#include "cli/caret.h"

#include <gtest/gtest.h>

namespace dn::cli {
namespace {

struct Case {
  std::string_view text;
  std::size_t start, end;
  std::string_view want;
};

TEST(Caret, StandsUnderThePlace) {
  for (const Case& c : {
           Case{"fields a | srot b", 11, 15, "  fields a | srot b\n             ^^^^\n"},
           Case{"abc", 0, 1, "  abc\n  ^\n"},
           Case{"abc", 1, 1, "  abc\n   ^\n"},
           Case{"abc", 3, 3, "  abc\n     ^\n"},
           Case{"abc", 9, 2, "  abc\n     ^\n"},
           Case{"", 0, 0, "  \n  ^\n"},
           Case{"one\ntwo tree\nthree", 8, 12, "  two tree\n      ^^^^\n"},
           Case{"one\ntwo", 2, 6, "  one\n    ^\n"},
           Case{"one\ntwo", 3, 4, "  one\n     ^\n"},
           Case{"grün = \"ß\" x", 11, 12, "  grün = \"ß\" x\n             ^\n"},
           Case{"a\tb\x1b[31mc", 8, 9, "  a b?[31mc\n          ^\n"},
           Case{"\xff\xfe x", 2, 3, "  ?? x\n    ^\n"},
       }) {
    EXPECT_EQ(format_caret(c.text, c.start, c.end), c.want) << c.text;
  }
}

TEST(Caret, CutsLongLinesAroundThePlace) {
  const std::string text = std::string(500, 'a') + "X" + std::string(500, 'b');
  EXPECT_EQ(format_caret(text, 500, 501), "  …" + std::string(60, 'a') + "X" +
                                              std::string(39, 'b') + "…\n" + std::string(63, ' ') +
                                              "^\n");
  // Every place of a long text: one line of bounded length, one mark.
  for (std::size_t at = 0; at <= text.size(); ++at) {
    const std::string shown = format_caret(text, at, at + 1);
    EXPECT_LT(shown.find('\n'), 110U);
    EXPECT_EQ(shown.substr(shown.find('\n') + 1).find_first_not_of(" ^\n"), std::string::npos);
  }
}

}  // namespace
}  // namespace dn::cli
