// Reads a document of one of four kinds, asks the compiler about each rule, prints what it said.
#include "cli/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "cli/exit_codes.h"
#include "cli/input.h"
#include "cli/rule_effect.h"
#include "cli/text_table.h"
#include "config/config_problem.h"
#include "records/json_pieces.h"
#include "review/rule_judge.h"

namespace dn::cli {
namespace {

using config::ConfigProblem;
using policy::Finding;
using Outcome = Finding::Outcome;

constexpr std::string_view kListReason =
    "an external list; its members are judged when the gateway reads it";

// One member of one rule, and what becomes of it.
struct Row {
  review::JudgedMember judged;
  const policy::SecurityGroup* group = nullptr;  // no group: the default see-thru
  const policy::EgressRule* rule = nullptr;      // likewise
};

struct Totals {
  std::size_t accepted = 0;
  std::size_t warnings = 0;
  std::size_t rejected = 0;
  std::size_t errors = 0;
};

std::vector<Row> judge(const Document& document, const policy::PublicSuffixes& suffixes,
                       Date today) {
  const review::RuleJudge judge(document.policy, suffixes, today);
  std::vector<Row> rows;
  for (auto& member : judge.judge_default_see_thru()) {
    rows.push_back({std::move(member), nullptr, nullptr});
  }
  for (const auto& group : document.policy.groups) {
    for (const auto& rule : group.egress) {
      for (auto& member : judge.judge(group, rule)) {
        Row& row = rows.emplace_back(Row{std::move(member), &group, &rule});
        // A list that nobody has read yet is no mistake here.
        if (row.judged.outcome == Outcome::Warning && row.judged.member.starts_with("arn:")) {
          row.judged.outcome = Outcome::Accepted;
          row.judged.reason = kListReason;
        }
      }
    }
  }
  return rows;
}

Totals count(const Document& document, const std::vector<Row>& rows) {
  Totals totals;
  for (const auto& problem : document.problems) {
    const bool error = problem.severity == ConfigProblem::Severity::Error;
    ++(error ? totals.errors : totals.warnings);
  }
  for (const auto& row : rows) {
    if (row.judged.outcome == Outcome::Accepted) ++totals.accepted;
    if (row.judged.outcome == Outcome::Warning) ++totals.warnings;
    if (row.judged.outcome == Outcome::Rejected) ++totals.rejected;
  }
  return totals;
}

// ---- Output
// --------------------------------------------------------------------------------------

std::string_view where_of(const Row& row) {
  return row.rule == nullptr ? "[preferences]" : std::string_view(row.rule->where);
}
std::string_view gid_of(const Row& row) {
  return row.group == nullptr ? "%default" : std::string_view(row.group->gid);
}
std::string ports_of(const Row& row) {
  return row.rule == nullptr ? "all" : review::ports_of(*row.rule, row.judged);
}

bool is_read_from_cloud(const Document& document) {
  return document.gateway.source == config::PolicySource::Aws;
}

void print_people(const Document& document, const std::vector<Row>& rows, const Totals& totals,
                  World& world) {
  for (const auto& problem : document.problems) {
    const bool error = problem.severity == ConfigProblem::Severity::Error;
    world.out << paint(to_text(problem), error ? Colour::Bad : Colour::Warning, world.colour)
              << "\n";
  }
  if (!document.problems.empty() && !rows.empty()) world.out << "\n";
  TextTable table({"WHERE", "GROUP", "PROTOCOL", "PORTS", "MEMBER", "EFFECT"});
  for (const auto& row : rows) {
    table.add({std::string(where_of(row)), std::string(gid_of(row)), row.judged.proto,
               ports_of(row), row.judged.member, effect_of(row.judged)},
              colour_of(row.judged.outcome));
  }
  if (!table.empty()) table.print(world.out, world.colour);
  if (!table.empty() || !document.problems.empty()) world.out << "\n";
  if (is_read_from_cloud(document)) {
    world.out << "source = \"aws\": the policy is read from the cloud; `discriminat policy show` "
                 "shows it\n";
  }
  const auto plural = [](std::size_t count) { return count == 1 ? "" : "s"; };
  world.out << fmt::format(
      "{} ({}): {} allowed, {} rejected, {} warning{}, {} error{} of the file\n", document.name,
      document.kind, totals.accepted, totals.rejected, totals.warnings, plural(totals.warnings),
      totals.errors, plural(totals.errors));
}

// One object, with a line for each problem and each member.
void print_json(const Document& document, const std::vector<Row>& rows, const Totals& totals,
                World& world) {
  auto& out = world.out;
  out << "{" << records::json_field("file", document.name) << ", "
      << records::json_field("kind", document.kind) << ", "
      << records::json_field("source", is_read_from_cloud(document) ? "aws" : "file")
      << ",\n\"problems\": [";
  records::JsonLines lines(out);
  for (const auto& problem : document.problems) {
    const bool error = problem.severity == ConfigProblem::Severity::Error;
    lines.next() << "  {" << records::json_field("where", problem.where) << ", "
                 << records::json_field("severity", error ? "error" : "warning") << ", "
                 << records::json_field("what", problem.what) << ", "
                 << records::json_field("fix", problem.fix) << "}";
  }
  out << "],\n\"members\": [";
  records::JsonLines members(out);
  for (const auto& row : rows) {
    members.next() << "  {" << records::json_field("where", where_of(row)) << ", "
                   << records::json_field("gid", gid_of(row)) << ", "
                   << records::json_field("proto", row.judged.proto) << ", "
                   << records::json_field("ports", ports_of(row)) << ", "
                   << records::json_field("member", row.judged.member) << ", "
                   << records::json_field("outcome", to_text(row.judged.outcome)) << ", "
                   << records::json_field("reason", row.judged.reason) << "}";
  }
  out << fmt::format(
      "],\n\"summary\": {{\"accepted\": {}, \"rejected\": {}, \"warnings\": {}, \"errors\": "
      "{}}}}}\n",
      totals.accepted, totals.rejected, totals.warnings, totals.errors);
}

}  // namespace

int run_check(const CheckArguments& arguments, World& world) {
  auto document = load_document(arguments.file, world);
  if (!document) return kExitCannot;
  if (arguments.wildcard_exposure) {
    document->policy.preferences.wildcard_exposure = *arguments.wildcard_exposure;
  }
  const auto suffixes = load_suffixes(document->gateway.public_suffix_list, world);
  const auto rows = judge(*document, suffixes, world.today);
  const Totals totals = count(*document, rows);
  if (arguments.json) {
    print_json(*document, rows, totals, world);
  } else {
    print_people(*document, rows, totals, world);
  }
  const bool mistakes = totals.rejected > 0 || totals.errors > 0;
  return mistakes || (arguments.strict && totals.warnings > 0) ? kExitNo : kExitGood;
}

}  // namespace dn::cli
