#include "records/json_text.h"

#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <string>

#include "records/testing/json_reader.h"

namespace dn::records {
namespace {

using std::chrono::sys_days;

std::string json(std::string_view text) {
  std::string out;
  append_json_text(out, text);
  return out;
}

TEST(JsonText, EscapesWhatCouldBreakALineOrATerminal) {
  struct Case {
    std::string_view name, input, want;
  };
  using namespace std::string_view_literals;
  const Case cases[] = {
      {"empty", "", R"("")"},
      {"plain", "api.example.com", R"("api.example.com")"},
      {"quote and backslash", R"(a"b\c)", R"("a\"b\\c")"},
      {"slash stays", "/a/b", R"("/a/b")"},
      {"line ends", "a\r\nb", R"("a\r\nb")"},
      {"short escapes", "\b\f\t", R"("\b\f\t")"},
      {"NUL", "a\0b"sv, R"("a\u0000b")"},
      {"ANSI colour", "\x1b[31m", R"("\u001b[31m")"},
      {"DEL", "\x7f", R"("\u007f")"},
      {"C1 control, one-byte CSI of terminals", "\xc2\x9b", R"("\u009b")"},
      {"first printable above C1", "\xc2\xa0", "\"\xc2\xa0\""},
      {"two bytes", "\xc3\xa9", "\"\xc3\xa9\""},
      {"three bytes", "\xe2\x82\xac", "\"\xe2\x82\xac\""},
      {"four bytes", "\xf0\x9f\x98\x80", "\"\xf0\x9f\x98\x80\""},
      {"last code point", "\xf4\x8f\xbf\xbf", "\"\xf4\x8f\xbf\xbf\""},
      {"line separator", "\xe2\x80\xa8", R"("\u2028")"},
      {"paragraph separator", "\xe2\x80\xa9", R"("\u2029")"},
      {"right-to-left override", "\xe2\x80\xae", R"("\u202e")"},
      {"isolates", "\xe2\x81\xa6\xe2\x81\xa9", R"("\u2066\u2069")"},
      {"just before and after", "\xe2\x80\xa7\xe2\x80\xaf", "\"\xe2\x80\xa7\xe2\x80\xaf\""},
      {"lone continuation", "a\x80z", R"("a\ufffdz")"},
      {"Latin-1", "caf\xe9!", R"("caf\ufffd!")"},
      {"overlong slash", "\xc0\xaf", R"("\ufffd\ufffd")"},
      {"overlong NUL", "\xe0\x80\x80", R"("\ufffd\ufffd\ufffd")"},
      {"overlong four", "\xf0\x82\x82\xac", R"("\ufffd\ufffd\ufffd\ufffd")"},
      {"surrogate", "\xed\xa0\x80", R"("\ufffd\ufffd\ufffd")"},
      {"above Unicode", "\xf4\x90\x80\x80", R"("\ufffd\ufffd\ufffd\ufffd")"},
      {"five-byte form", "\xf8\x88\x80\x80\x80", R"("\ufffd\ufffd\ufffd\ufffd\ufffd")"},
      {"truncated at the end", "a\xe2\x82", R"("a\ufffd\ufffd")"},
      {"truncated by a quote", "\xe2\x82\"", R"("\ufffd\ufffd\"")"},
      {"0xff", "\xff\xfe", R"("\ufffd\ufffd")"},
  };
  for (const Case& c : cases) EXPECT_EQ(json(c.input), c.want) << c.name;
}

TEST(JsonText, KeepsATextOfExactlyTheCap) {
  const std::string text(limits::kLogFieldBytesMax, 'x');
  EXPECT_EQ(json(text), "\"" + text + "\"");
}

TEST(JsonText, CutsALongerTextAtACharacterBoundaryAndSaysSo) {
  const std::size_t cap = limits::kLogFieldBytesMax;
  const std::string mark(kTruncatedMark);
  EXPECT_EQ(json(std::string(cap + 1, 'x')), "\"" + std::string(cap, 'x') + mark + "\"");
  for (std::size_t before = 1; before <= 3; ++before) {
    // A four-byte character that would straddle the cap is left out as a whole.
    const std::string text = std::string(cap - before, 'x') + "\xf0\x9f\x98\x80 and more";
    EXPECT_EQ(json(text), "\"" + std::string(cap - before, 'x') + mark + "\"") << before;
  }
  const std::string fits = std::string(cap - 4, 'x') + "\xf0\x9f\x98\x80";
  EXPECT_EQ(json(fits + "y"), "\"" + fits + mark + "\"");
}

TEST(JsonText, BoundsWhatHostileTextCanTake) {
  for (const char worst : {'\x01', '\xff', '"', '\x7f'}) {
    const std::string text(1UL << 20U, worst);
    EXPECT_LE(json(text).size(), json_text_bytes_max(text));
    EXPECT_LE(json(text).size(), 6 * limits::kLogFieldBytesMax + 32);
    EXPECT_TRUE(testing::read_json_text(json(text)).has_value());
  }
}

TEST(JsonText, IsAlwaysOneValidStringWhateverTheBytes) {
  std::mt19937 random(20261122);
  using namespace std::string_view_literals;
  constexpr auto kNasty = "\"\\\n\r\x00\x7f\x80\xbf\xc0\xc2\xe2\x80\xa8\xed\xa0\xf0\xff{}"sv;
  for (int round = 0; round < 20'000; ++round) {
    std::string text(random() % 48, '\0');
    for (char& c : text) {
      c = random() % 2 == 0 ? static_cast<char>(random() & 0xffU)
                            : kNasty[random() % kNasty.size()];
    }
    const std::string line = json(text);
    const auto read = testing::read_json_text(line);
    ASSERT_TRUE(read.has_value()) << ::testing::PrintToString(text);
    ASSERT_LE(line.size(), json_text_bytes_max(text));
    ASSERT_EQ(testing::read_json_text(json(*read)), read) << "valid text must come back as it was";
  }
}

TEST(JsonText, AppendsAndLeavesWhatStoodBefore) {
  std::string out = "before";
  append_json_text(out, "x");
  EXPECT_EQ(out, "before\"x\"");
}

TEST(FormatTime, WritesRfc3339WithMilliseconds) {
  using namespace std::chrono_literals;
  struct Case {
    WallTime time;
    std::string_view want;
  };
  const auto day = [](int y, unsigned m, unsigned d) {
    return WallTime(sys_days{std::chrono::year{y} / static_cast<int>(m) / static_cast<int>(d)});
  };
  const Case cases[] = {
      {WallTime{}, "1970-01-01T00:00:00.000Z"},
      {WallTime{-1ms}, "1969-12-31T23:59:59.999Z"},
      {day(2026, 11, 22) + 3h + 15min + 7s + 9ms, "2026-11-22T03:15:07.009Z"},
      {day(2024, 2, 29) + 24h - 1ms, "2024-02-29T23:59:59.999Z"},
      {day(2000, 3, 1), "2000-03-01T00:00:00.000Z"},
      {day(0, 1, 1), "0000-01-01T00:00:00.000Z"},
      {WallTime::min(), "0000-01-01T00:00:00.000Z"},
      {WallTime::max(), "9999-12-31T23:59:59.999Z"},
  };
  for (const Case& c : cases) EXPECT_EQ(format_time(c.time), c.want);
}

}  // namespace
}  // namespace dn::records
