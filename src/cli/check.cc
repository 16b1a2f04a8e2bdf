// Reads a document of one of four kinds, asks the compiler about each rule, prints what it said.
#include "cli/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <string>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "cli/exit_codes.h"
#include "cli/input.h"
#include "cli/text_table.h"
#include "config/config_problem.h"
#include "policy/policy_snapshot.h"

namespace dn::cli {
namespace {

using config::ConfigProblem;
using policy::Finding;
using Outcome = Finding::Outcome;

constexpr std::string_view kListReason =
    "an external list; its members are judged when the gateway reads it";

// One member of one rule, and what becomes of it.
struct Row {
  const policy::SecurityGroup* group = nullptr;  // no group: the default see-thru
  const policy::EgressRule* rule = nullptr;      // likewise
  std::string proto;
  std::string member;
  Outcome outcome = Outcome::Accepted;
  std::string reason;
};

struct Totals {
  std::size_t accepted = 0;
  std::size_t warnings = 0;
  std::size_t rejected = 0;
  std::size_t errors = 0;
};

// Whether a description that is no annotation was probably meant to be one.
bool looks_like_annotation(std::string_view description) {
  std::string folded(description.substr(0, limits::kLogFieldBytesMax));
  for (char& c : folded) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return folded.contains("discriminat") || folded.contains("see-thru:");
}

std::string ports_of(const policy::EgressRule& rule) {
  if (rule.from_port == 0 && rule.to_port == 65535) return "all";
  if (rule.from_port == rule.to_port) return fmt::format("{}", rule.from_port);
  return fmt::format("{}-{}", rule.from_port, rule.to_port);
}

// The findings of one rule, as if it were the whole policy.
void judge_rule(const policy::SecurityGroup& group, const policy::EgressRule& rule,
                const Document& document, const policy::PublicSuffixes& suffixes, Date today,
                std::vector<Row>& rows) {
  policy::PolicyInput input;
  input.groups.push_back({.gid = group.gid, .egress = {rule}, .where = group.where});
  input.clients.push_back({.prefix = {{0x0a000001}, 32}, .gids = {group.gid}, .where = {}});
  input.preferences = document.policy.preferences;
  input.preferences.see_thru.reset();
  const auto compiled = policy::compile_policy(input, suffixes, today);
  const std::size_t before = rows.size();
  for (const Finding& finding : compiled.findings) {
    if (finding.category == Finding::Category::Client) continue;
    Row row{&group, &rule, finding.proto, finding.addr, finding.outcome, finding.reason};
    if (finding.category == Finding::Category::SeeThru) {
      row.proto = "see-thru";
      row.member = finding.thru_date;
    }
    // A list that nobody has read yet is no mistake here.
    if (finding.outcome == Outcome::Warning && finding.addr.starts_with("arn:")) {
      row.outcome = Outcome::Accepted;
      row.reason = kListReason;
    }
    rows.push_back(std::move(row));
  }
  if (rows.size() == before && looks_like_annotation(rule.description)) {
    rows.push_back({&group, &rule, "", rule.description, Outcome::Warning,
                    "no annotation; begin the description with \"discriminat:tls:\", "
                    "\"discriminat:ssh:\" or \"discriminat:see-thru:\""});
  }
}

void judge_default_see_thru(const Document& document, const policy::PublicSuffixes& suffixes,
                            Date today, std::vector<Row>& rows) {
  policy::PolicyInput input;
  input.preferences = document.policy.preferences;
  const auto compiled = policy::compile_policy(input, suffixes, today);
  for (const Finding& finding : compiled.findings) {
    if (finding.category != Finding::Category::SeeThru) continue;
    rows.push_back(
        {nullptr, nullptr, "see-thru", finding.thru_date, finding.outcome, finding.reason});
  }
}

std::vector<Row> judge(const Document& document, const policy::PublicSuffixes& suffixes,
                       Date today) {
  std::vector<Row> rows;
  judge_default_see_thru(document, suffixes, today, rows);
  for (const auto& group : document.policy.groups) {
    for (const auto& rule : group.egress) {
      judge_rule(group, rule, document, suffixes, today, rows);
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
    if (row.outcome == Outcome::Accepted) ++totals.accepted;
    if (row.outcome == Outcome::Warning) ++totals.warnings;
    if (row.outcome == Outcome::Rejected) ++totals.rejected;
  }
  return totals;
}

// ---- Output
// --------------------------------------------------------------------------------------

std::string effect_of(const Row& row) {
  if (row.outcome != Outcome::Accepted) {
    return fmt::format("{}: {}", to_text(row.outcome), row.reason);
  }
  if (!row.reason.empty()) return row.reason;
  return row.proto == "see-thru" ? "lets everything through, to the end of that day" : "allowed";
}

Colour colour_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::Rejected: return Colour::Bad;
    case Outcome::Warning: return Colour::Warning;
    case Outcome::Accepted:
    case Outcome::Removed: break;
  }
  return Colour::Good;
}

std::string_view where_of(const Row& row) {
  return row.rule == nullptr ? "[preferences]" : std::string_view(row.rule->where);
}
std::string_view gid_of(const Row& row) {
  return row.group == nullptr ? "%default" : std::string_view(row.group->gid);
}
// see-thru ignores the ports of its rule.
std::string ports_of(const Row& row) {
  return row.rule == nullptr || row.proto == "see-thru" ? "all" : ports_of(*row.rule);
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
    table.add({std::string(where_of(row)), std::string(gid_of(row)), row.proto, ports_of(row),
               row.member, effect_of(row)},
              colour_of(row.outcome));
  }
  if (!table.empty()) table.print(world.out, world.colour);
  if (!table.empty() || !document.problems.empty()) world.out << "\n";
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
  out << "{" << json_field("file", document.name) << ", " << json_field("kind", document.kind)
      << ",\n\"problems\": [";
  std::string_view separator = "\n";
  for (const auto& problem : document.problems) {
    const bool error = problem.severity == ConfigProblem::Severity::Error;
    out << separator << "  {" << json_field("where", problem.where) << ", "
        << json_field("severity", error ? "error" : "warning") << ", "
        << json_field("what", problem.what) << ", " << json_field("fix", problem.fix) << "}";
    separator = ",\n";
  }
  out << "],\n\"members\": [";
  separator = "\n";
  for (const auto& row : rows) {
    out << separator << "  {" << json_field("where", where_of(row)) << ", "
        << json_field("gid", gid_of(row)) << ", " << json_field("proto", row.proto) << ", "
        << json_field("ports", ports_of(row)) << ", " << json_field("member", row.member) << ", "
        << json_field("outcome", to_text(row.outcome)) << ", " << json_field("reason", row.reason)
        << "}";
    separator = ",\n";
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
