#include "base/utf8.h"

#include <gtest/gtest.h>

namespace dn {
namespace {

TEST(Utf8, ReadsWhatItWrites) {
  for (std::uint32_t code = 0; code <= 0x10ffff; ++code) {
    if (code >= 0xd800 && code <= 0xdfff) continue;
    std::string text;
    append_utf8(text, code);
    const std::size_t bytes = text.size();
    ASSERT_EQ(decode_utf8(text + "z"), (Utf8Character{code, bytes})) << code;
    ASSERT_EQ(count_utf8(text + "z"), 2U) << code;
    text.pop_back();
    if (text.empty()) continue;
    ASSERT_EQ(decode_utf8(text).bytes, 0U) << code;
  }
}

TEST(Utf8, TakesNothingElseForACharacter) {
  for (const std::string_view text :
       {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xe0\x9f\xbf", "\xf0\x80\x80\x80",
        "\xf0\x8f\xbf\xbf", "\xed\xa0\x80", "\xed\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80",
        "\xff", "\xfe", "\xc3z", "\xe2\x82z", "\xf0\x9f\xa6z"}) {
    EXPECT_EQ(decode_utf8(text).bytes, 0U) << testing::PrintToString(text);
  }
}

TEST(Utf8, CutsBetweenCharacters) {
  EXPECT_EQ(cut_utf8("aé", 2), "a") << "a cut inside a UTF-8 sequence";
  EXPECT_EQ(cut_utf8("aé", 3), "aé");
  EXPECT_EQ(cut_utf8("a🦊b", 4), "a");
  EXPECT_EQ(cut_utf8("a🦊b", 5), "a🦊");
  EXPECT_EQ(cut_utf8("\x80\x80\x80\x80\x80\x80", 5).size(), 2U) << "rubbish is cut anywhere";
}

}  // namespace
}  // namespace dn
