// The cases of tests/query/insights: events, queries, and the rows or the error that they give.
//
//     == name of a case             its events are those of all its queries
//     @ 1700000000000 message       an event; ␤ in the message is a line feed
//     ? fields a                    a query; further ? lines directly behind continue it
//     > a=1 | b=x                   a row of its answer, in order; > none: no row; > -: without
//     cells ! 7-10 message                or its error, and the bytes of the query that it is about
//     # comment
//
// Each query is also run in two and in three parts that are merged, and must give the same rows.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "query/testing/insights_rig.h"

namespace dn::query::testing {
namespace {

struct Query {
  std::string text;
  std::vector<std::string> answer;  // "> …" or "! …"
};
struct Case {
  std::string name;
  std::vector<TestEvent> events;
  std::vector<Query> queries;
};

std::string with_line_feeds(std::string text) {
  constexpr std::string_view kMark = "\u2424";
  for (std::size_t at = text.find(kMark); at != std::string::npos; at = text.find(kMark, at)) {
    text.replace(at, kMark.size(), "\n");
  }
  return text;
}

// False when the line is none of the forms above.
bool read_line(const std::string& line, std::vector<Case>& cases) {
  if (line.empty() || line.starts_with("#")) return true;
  if (line.starts_with("== ")) {
    cases.push_back({line.substr(3), {}, {}});
    return true;
  }
  if (cases.empty() || (line.size() > 1 && line[1] != ' ')) return false;
  Case& current = cases.back();
  const std::string rest = line.substr(std::min<std::size_t>(line.size(), 2));
  if (line[0] == '@') {
    std::int64_t timestamp = 0;
    const char* const end = rest.data() + rest.size();
    const auto [at, error] = std::from_chars(rest.data(), end, timestamp);
    if (error != std::errc() || at == end) return false;
    current.events.push_back({timestamp, with_line_feeds(std::string(at + 1, end))});
    return true;
  }
  if (line[0] == '?') {
    if (current.queries.empty() || !current.queries.back().answer.empty()) {
      current.queries.push_back({rest, {}});
    } else {
      current.queries.back().text += '\n' + rest;
    }
    return true;
  }
  if ((line[0] != '>' && line[0] != '!') || current.queries.empty()) return false;
  current.queries.back().answer.push_back(line);
  return true;
}

std::vector<std::string> answer_of(const Outcome& outcome) {
  if (outcome.error) {
    const auto& [message, start, end] = *outcome.error;
    return {fmt::format("! {}-{} {}", start, end, message)};
  }
  if (!outcome.failure.empty()) return {"! " + outcome.failure};
  std::vector<std::string> answer;
  for (const ResultRow& row : outcome.rows) {
    answer.push_back("> " + (row.cells.empty() ? "-" : to_text(row.cells)));
  }
  if (answer.empty()) answer.emplace_back("> none");
  return answer;
}

void check(const Case& current, const std::string& file) {
  for (const Query& query : current.queries) {
    SCOPED_TRACE(file + ": " + current.name + ": " + query.text);
    EXPECT_EQ(answer_of(run_query(query.text, current.events)), query.answer);
    if (query.text.find("limit any") != std::string::npos) continue;
    for (const std::size_t parts : {2U, 3U}) {
      std::vector<std::size_t> part_of;
      for (std::size_t i = 0; i < current.events.size(); ++i) part_of.push_back(i % parts);
      EXPECT_EQ(answer_of(run_in_parts(query.text, current.events, part_of, parts)), query.answer);
    }
  }
}

TEST(InsightsCases, AllHold) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(
           std::filesystem::path(DN_SOURCE_DIR) / "tests/query/insights")) {
    if (entry.path().extension() == ".test") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  std::size_t queries = 0;
  for (const auto& path : files) {
    std::ifstream file(path);
    std::vector<Case> cases;
    std::size_t number = 0;
    for (std::string line; std::getline(file, line);) {
      ++number;
      ASSERT_TRUE(read_line(line, cases)) << path << ":" << number << ": " << line;
    }
    for (const Case& current : cases) {
      queries += current.queries.size();
      check(current, path.filename().string());
    }
  }
  EXPECT_GT(queries, 250U) << "cases are missing";
}

}  // namespace
}  // namespace dn::query::testing
