// Insights queries that were collected elsewhere, where they are present: the folder DN_VECTORS, or
// shared/vectors beside the tree. The repository's own cases are in tests/query.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "query/testing/insights_rig.h"

namespace dn::query::testing {
namespace {

namespace dom = simdjson::dom;

std::filesystem::path vectors_file() {
  const char* const folder = std::getenv("DN_VECTORS");
  const std::filesystem::path beside = std::filesystem::path(DN_SOURCE_DIR) / "../shared/vectors";
  return (folder != nullptr ? std::filesystem::path(folder) : beside) / "insights-vectors.jsonl";
}

std::string text_of(const dom::element& value) {
  return std::string(value.get_string().value());
}

std::vector<TestEvent> events_of(const dom::element& vector) {
  std::vector<TestEvent> events;
  for (const dom::element event : vector["events"].get_array()) {
    TestEvent made{event["timestamp"].get_int64().value(), text_of(event["message"].value())};
    if (event["logStream"].error() == simdjson::SUCCESS) {
      made.stream = text_of(event["logStream"].value());
    }
    if (event["log"].error() == simdjson::SUCCESS) made.log = text_of(event["log"].value());
    events.push_back(std::move(made));
  }
  return events;
}

std::vector<Cells> rows_of(const dom::element& vector) {
  std::vector<Cells> rows;
  for (const dom::element row : vector["rows"].get_array()) {
    Cells cells;
    for (const dom::element cell : row.get_array()) {
      cells.emplace_back(text_of(cell.at(0).value()), text_of(cell.at(1).value()));
    }
    rows.push_back(std::move(cells));
  }
  return rows;
}

TEST(InsightsVectors, AllHold) {
  std::ifstream file(vectors_file());
  if (!file) GTEST_SKIP() << vectors_file() << " is not present";
  std::size_t count = 0;
  for (std::string line; std::getline(file, line); ++count) {
    dom::parser parser;
    const dom::element vector = parser.parse(line).value();
    const std::string id = text_of(vector["id"].value());
    const std::string query = text_of(vector["query"].value());
    const Outcome outcome = run_query(query, events_of(vector));
    if (vector["error"].error() == simdjson::SUCCESS) {
      EXPECT_TRUE(outcome.error) << id << ": " << query;
      continue;
    }
    ASSERT_FALSE(outcome.error) << id << ": " << outcome.error->message;
    auto want = rows_of(vector), got = outcome.cells();
    if (text_of(vector["order"].value()) == "any") {
      std::ranges::sort(want);
      std::ranges::sort(got);
    }
    EXPECT_EQ(got, want) << id << ": " << query;
  }
  EXPECT_GT(count, 50U);
}

}  // namespace
}  // namespace dn::query::testing
