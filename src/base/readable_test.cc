// What printable() escapes and cuts, and how counts are grouped.
#include "base/readable.h"

#include <gtest/gtest.h>

namespace dn {
namespace {

TEST(Printable, LeavesOrdinaryTextAlone) {
  EXPECT_EQ(printable("discriminat:tls:b\xc3\xbc"
                      "cher.example"),
            "discriminat:tls:bücher.example");
}

TEST(Printable, EscapesWhatATerminalOrAReaderCouldObey) {
  EXPECT_EQ(printable("a\x1b[2Jb"), "a\\x1b[2Jb");
  EXPECT_EQ(printable("a\nb\tc\r"), "a\\nb\\tc\\x0d");
  EXPECT_EQ(printable("\xc2\x9b"
                      "31m"),
            "\\xc2\\x9b31m");  // C1 control
  EXPECT_EQ(printable("\xe2\x80\xae"
                      "moc"),
            "\\xe2\\x80\\xaemoc");  // right-to-left override
  EXPECT_EQ(printable(std::string_view("\0", 1)), "\\x00");
}

TEST(Printable, EscapesWhatIsNotUtf8) {
  for (const std::string_view text : {"\xff", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80",
                                      "\xf4\x90\x80\x80", "\xe2\x82", "\x80"}) {
    EXPECT_TRUE(printable(text).starts_with("\\x")) << printable(text);
  }
}

TEST(Printable, CutsLongText) {
  EXPECT_EQ(printable(std::string(10, 'a'), 10), std::string(10, 'a'));
  EXPECT_EQ(printable(std::string(11, 'a'), 10), std::string(10, 'a') + "…");
}

TEST(FormatCount, GroupsThousands) {
  EXPECT_EQ(format_count(0), "0");
  EXPECT_EQ(format_count(999), "999");
  EXPECT_EQ(format_count(1000), "1,000");
  EXPECT_EQ(format_count(123456), "123,456");
  EXPECT_EQ(format_count(1234567), "1,234,567");
}

}  // namespace
}  // namespace dn
