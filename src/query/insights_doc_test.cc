// docs/insights.md against the code: its examples compile, its tables name every function and
// aggregate and no other.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "query/insights.h"
#include "query/insights_aggregate.h"
#include "query/insights_functions.h"

namespace dn::query::insights {
namespace {

std::string read_page() {
  std::ifstream file(std::string(DN_SOURCE_DIR) + "/docs/insights.md");
  return {std::istreambuf_iterator<char>(file), {}};
}

// The names in the first column of the table behind `mark`: `name` or `name(arguments)`.
std::set<std::string> names_behind(const std::string& page, std::string_view mark) {
  std::set<std::string> names;
  std::string_view rest = std::string_view(page).substr(page.find(mark));
  rest = rest.substr(0, rest.find("\n## "));
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view cell = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (!cell.starts_with("| `")) continue;
    cell = cell.substr(0, cell.find(" |", 2));
    for (std::size_t at = cell.find('`'); at != std::string_view::npos;
         at = cell.find('`', at + 1)) {
      const std::size_t close = cell.find('`', at + 1);
      const std::string_view code = cell.substr(at + 1, close - at - 1);
      names.emplace(code.substr(0, code.find('(')));
      at = close;
    }
  }
  return names;
}

TEST(InsightsDoc, NamesEveryFunctionAndAggregate) {
  const std::string page = read_page();
  ASSERT_FALSE(page.empty());
  std::set<std::string> functions, aggregates;
  for (const Function& function : all_functions()) functions.emplace(function.name);
  for (const AggregateFunction& aggregate : all_aggregates()) aggregates.emplace(aggregate.name);
  EXPECT_EQ(names_behind(page, "<!-- functions -->"), functions);
  EXPECT_EQ(names_behind(page, "<!-- aggregates -->"), aggregates);
}

TEST(InsightsDoc, ItsExamplesCompile) {
  const std::string page = read_page();
  std::size_t examples = 0;
  for (std::size_t at = page.find("```\n"); at != std::string::npos;) {
    const std::size_t end = page.find("```", at + 4);
    const std::string query = page.substr(at + 4, end - at - 4);
    const auto compiled = InsightsQuery::compile(query);
    EXPECT_TRUE(compiled) << query << (compiled ? "" : compiled.error().message);
    ++examples;
    at = page.find("```\n", end + 4);
  }
  EXPECT_GE(examples, 6U);
}

}  // namespace
}  // namespace dn::query::insights
