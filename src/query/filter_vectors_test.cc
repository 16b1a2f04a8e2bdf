// Recorded and documented answers of CloudWatch Logs, where a file of them is present.
//
// filter-vectors.jsonl is looked for in the folder that DN_VECTORS names and in ../shared/vectors
// beside the tree; each line has `pattern`, `event` and `match`, which is true, false or "error".
// The tests of the parts stand without it.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "query/filter_pattern.h"

namespace dn::query {
namespace {

std::filesystem::path vectors_file() {
  const char* const folder = std::getenv("DN_VECTORS");
  const std::filesystem::path beside = std::filesystem::path(DN_SOURCE_DIR) / "../shared/vectors";
  return (folder != nullptr ? std::filesystem::path(folder) : beside) / "filter-vectors.jsonl";
}

std::string answer(std::string_view pattern, std::string message) {
  const auto compiled = FilterPattern::compile(pattern);
  if (!compiled) return "error";
  FilterMatcher matcher(*compiled);
  const std::size_t size = message.size();
  message.resize(size + records::kMessagePadding, 'x');
  return matcher.matches(std::string_view(message).substr(0, size)) ? "true" : "false";
}

TEST(FilterVectors, HaveTheirDocumentedAnswer) {
  std::ifstream file(vectors_file());
  if (!file) GTEST_SKIP() << vectors_file() << " is not here";
  simdjson::dom::parser parser;
  std::size_t count = 0;
  for (std::string line; std::getline(file, line); ++count) {
    const auto vector = parser.parse(line);
    ASSERT_EQ(vector.error(), simdjson::SUCCESS) << line;
    const auto match = vector["match"];
    const std::string want = match.is_string()          ? "error"
                             : match.get_bool().value() ? "true"
                                                        : "false";
    const std::string_view pattern = vector["pattern"].get_string().value();
    const std::string event(vector["event"].get_string().value());
    EXPECT_EQ(answer(pattern, event), want) << pattern << "\n" << event;
  }
  EXPECT_GT(count, 200U);
}

}  // namespace
}  // namespace dn::query
