// Shapes that toml++ must never see, and ordinary files that it must.
#include "config/toml_guard.h"

#include <gtest/gtest.h>

#include <string>

namespace dn::config {
namespace {

std::string repeat(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

TEST(TomlGuard, LetsOrdinaryFilesThrough) {
  EXPECT_FALSE(find_shape_problem(""));
  EXPECT_FALSE(find_shape_problem("[[group.egress]]\nports = 443\nx = 1.5\n"));
  EXPECT_FALSE(find_shape_problem(repeat("[[group.egress]]\n", 5000)));
}

TEST(TomlGuard, StopsDeepKeysWithTheirLine) {
  const auto header = find_shape_problem("\n\n[" + repeat("a.", kKeyPartsMax) + "b]\n");
  ASSERT_TRUE(header);
  EXPECT_EQ(header->line, 3U);
  EXPECT_EQ(header->what, "a key of too many parts");
  EXPECT_TRUE(find_shape_problem(repeat("\"a\" . ", kKeyPartsMax) + "b = 1"));
  EXPECT_FALSE(find_shape_problem(repeat("a.", kKeyPartsMax - 1) + "b = 1"));
}

TEST(TomlGuard, StopsManyDottedKeys) {
  const std::string most = repeat("a.b = 1\n", kDottedKeysMax);
  EXPECT_FALSE(find_shape_problem(most));
  const auto problem = find_shape_problem(most + "a.b = 1\n");
  ASSERT_TRUE(problem);
  EXPECT_EQ(problem->line, kDottedKeysMax + 1);
  EXPECT_EQ(problem->what, "too many dotted keys");
}

TEST(TomlGuard, IgnoresDotsInStringsAndComments) {
  const std::string dots(100, '.');
  const std::string quotes = R"(""")";
  EXPECT_FALSE(find_shape_problem("a = \"" + dots + "\""));
  EXPECT_FALSE(find_shape_problem("a = '" + dots + "'"));
  EXPECT_FALSE(find_shape_problem("# " + dots));
  EXPECT_FALSE(find_shape_problem("a = \"x\\\"" + dots + "\""));
  EXPECT_FALSE(find_shape_problem("a = " + quotes + "\n" + dots + "\"\n" + dots + quotes));
  EXPECT_FALSE(find_shape_problem("a = '''\n" + dots + "'\n" + dots + "'''"));
  EXPECT_FALSE(find_shape_problem("a = " + quotes + dots + "\"\"" + quotes + "\n# " + dots));
}

TEST(TomlGuard, SeesDotsBehindStrings) {
  const std::string deep = repeat("a.", kKeyPartsMax) + "b = 1";
  EXPECT_TRUE(find_shape_problem("a = \"#\"\n" + deep));
  EXPECT_TRUE(find_shape_problem("a = '\\'\n" + deep));
  EXPECT_TRUE(find_shape_problem("a = '''x'''''\n" + deep));
  EXPECT_TRUE(find_shape_problem("a = \"\"\n" + deep));
}

TEST(TomlGuard, SurvivesUnclosedStrings) {
  for (const std::string_view text : {"\"", "'", "\"\"\"", "'''", "\"\\", "\"\"\"\\", "\"\"\"\""}) {
    EXPECT_FALSE(find_shape_problem(text)) << text;
  }
}

}  // namespace
}  // namespace dn::config
