// The examples of docs/filter-patterns.md are run: every block that is marked `filter`.
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "query/testing/pattern_answer.h"

namespace dn::query {
namespace {

TEST(FilterPatternsDoc, ItsExamplesAreTrue) {
  std::ifstream file(DN_SOURCE_DIR "/docs/filter-patterns.md");
  ASSERT_TRUE(file.is_open());
  std::string pattern;
  bool in_block = false;
  std::size_t examples = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("```")) {
      in_block = line == "```filter";
      pattern.clear();
    } else if (in_block && pattern.empty()) {
      pattern = line;
    } else if (in_block) {
      const std::string kind = line.substr(0, 4), rest = line.substr(4);
      ASSERT_TRUE(kind == "yes " || kind == "no  " || kind == "400 ") << line;
      ++examples;
      if (kind == "400 ") {
        EXPECT_EQ(testing::answer(pattern, ""), rest) << pattern;
      } else {
        EXPECT_EQ(testing::answer(pattern, rest), kind == "yes " ? "yes" : "no") << pattern << "\n"
                                                                                 << rest;
      }
    }
  }
  EXPECT_GT(examples, 30U);
}

}  // namespace
}  // namespace dn::query
