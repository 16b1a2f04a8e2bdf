#include "base/ascii.h"

#include <gtest/gtest.h>

namespace dn {
namespace {

TEST(Ascii, KnowsItsClassesAmongAllBytes) {
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    const auto is_in = [c](std::string_view set) { return set.find(c) != std::string_view::npos; };
    EXPECT_EQ(is_digit(c), is_in("0123456789")) << byte;
    EXPECT_EQ(is_letter(c), is_in("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")) << byte;
    EXPECT_EQ(is_hex_digit(c), is_in("0123456789abcdefABCDEF")) << byte;
    EXPECT_EQ(lower(c) != c, is_in("ABCDEFGHIJKLMNOPQRSTUVWXYZ")) << byte;
  }
}

TEST(Ascii, FoldsLettersOnly) {
  EXPECT_EQ(lowered("Content-TYPE: É@[`{"), "content-type: É@[`{");
  EXPECT_TRUE(equal_ignoring_case("Host", "hOST"));
  EXPECT_FALSE(equal_ignoring_case("Host", "Hos"));
  EXPECT_FALSE(equal_ignoring_case("a@", "a`")) << "32 apart, and no letters";
}

TEST(Ascii, TrimsBothEndsAndNothingInside) {
  EXPECT_EQ(trimmed(" \ta b\t "), "a b");
  EXPECT_EQ(trimmed("a"), "a");
  EXPECT_EQ(trimmed(" \t "), "");
  EXPECT_EQ(trimmed(""), "");
  EXPECT_EQ(trimmed(" a\r"), "a\r");
  EXPECT_EQ(trimmed(" a\r", " \t\r"), "a");
}

}  // namespace
}  // namespace dn
