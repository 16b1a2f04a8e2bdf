// The examples of docs/policy.md are run: every table row that quotes an annotation or a pattern.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include "policy/policy_snapshot.h"

namespace dn::policy {
namespace {

constexpr Date kToday{std::chrono::year(2026), std::chrono::month(11), std::chrono::day(22)};

using Row = std::vector<std::string>;

// The cells of every table row, trimmed.
std::vector<Row> read_rows() {
  std::ifstream file(DN_SOURCE_DIR "/docs/policy.md");
  EXPECT_TRUE(file.is_open());
  std::vector<Row> rows;
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("| ")) continue;
    Row row;
    for (std::size_t at = 1, end = 0; (end = line.find('|', at)) != std::string::npos;
         at = end + 1) {
      std::string cell = line.substr(at, end - at);
      cell.erase(0, cell.find_first_not_of(' '));
      cell.erase(cell.find_last_not_of(' ') + 1);
      row.push_back(cell);
    }
    rows.push_back(row);
  }
  return rows;
}

// The texts between single backticks, or between double ones with a blank inside.
std::vector<std::string> code_of(const std::string& cell) {
  std::vector<std::string> spans;
  for (std::size_t at = cell.find('`'); at != std::string::npos;) {
    const std::string fence = cell.compare(at, 3, "`` ") == 0 ? "`` " : "`";
    const std::string close = fence == "`" ? "`" : " ``";
    at += fence.size();
    const std::size_t end = cell.find(close, at);
    if (end == std::string::npos) break;
    spans.push_back(cell.substr(at, end - at));
    at = cell.find('`', end + close.size());
  }
  return spans;
}

CompiledPolicy compile(std::string description) {
  static const PublicSuffixes suffixes =
      PublicSuffixes::parse(builtin_public_suffix_list()).value();
  EgressRule rule;
  rule.description = std::move(description);
  rule.from_port = rule.to_port = 443;
  PolicyInput input;
  input.groups.push_back({.gid = "sg-a", .egress = {std::move(rule)}, .where = {}});
  input.clients.push_back({.prefix = {.base = {1}, .length = 32}, .gids = {"sg-a"}, .where = {}});
  return compile_policy(input, suffixes, kToday);
}

TEST(PolicyPage, EveryMessageIsWhatTheProgramSays) {
  std::size_t checked = 0;
  for (const Row& row : read_rows()) {
    if (row.size() != 3 || (row[1] != "rejected" && row[1] != "warning")) continue;
    const auto annotation = code_of(row[0]);
    if (annotation.empty() || !annotation[0].contains(':') || annotation[0].starts_with('{')) {
      continue;
    }
    const CompiledPolicy compiled = compile(annotation[0]);
    const auto& problems = compiled.findings.problems();
    ASSERT_EQ(problems.size(), 1U) << annotation[0];
    EXPECT_EQ(to_text(problems[0].outcome), row[1]) << annotation[0];
    EXPECT_EQ(problems[0].reason, code_of(row[2])[0]) << annotation[0];
    ++checked;
  }
  EXPECT_GT(checked, 30U);
}

TEST(PolicyPage, PatternsCoverWhatItSays) {
  std::size_t checked = 0;
  const std::vector<Row> rows = read_rows();
  auto row = std::find_if(rows.begin(), rows.end(),
                          [](const Row& r) { return r.size() == 3 && r[1] == "covers"; });
  for (++row; row != rows.end() && row->size() == 3; ++row) {
    const CompiledPolicy compiled = compile("discriminat:tls:" + code_of((*row)[0])[0]);
    const ClientPolicy* client = compiled.snapshot->find_client({1});
    for (const std::size_t column : {1U, 2U}) {
      for (const std::string& name : code_of((*row)[column])) {
        const auto match = client->match_name(Protocol::Tls, 443, DomainName::parse(name).value());
        EXPECT_EQ(match.has_value(), column == 1) << (*row)[0] << " " << name;
        ++checked;
      }
    }
  }
  EXPECT_GT(checked, 10U);
}

}  // namespace
}  // namespace dn::policy
