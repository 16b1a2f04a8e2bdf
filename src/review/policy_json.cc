#include "review/policy_json.h"

#include <fmt/format.h>

#include "base/readable.h"
#include "policy/preferences.h"
#include "records/json_pieces.h"

namespace dn::review {
namespace {

using records::JsonLines;

std::string json_see_thru(const std::optional<SeeThruView>& see_thru) {
  if (!see_thru) return "null";
  return fmt::format("{{{}, {}, \"days_remaining\": {}, \"in_force\": {}}}",
                     records::json_field("until", policy::format_date(see_thru->until)),
                     records::json_field("gid", see_thru->gid), see_thru->days_remaining,
                     see_thru->in_force);
}

void print_json_clients(const PolicyView& view, std::ostream& out) {
  JsonLines lines(out);
  for (const auto& clients : view.clients) {
    for (const auto* client : clients.clients) {
      lines.next() << "  {"
                   << records::json_field(client->prefix.length == 32 ? "client" : "subnet",
                                          name_of(*client))
                   << ", " << records::json_field("where", client->where)
                   << ", \"groups\": " << records::json_list(clients.gids)
                   << ", \"see_thru\": " << json_see_thru(clients.see_thru) << "}";
    }
  }
}

void print_json_rule(const policy::EgressRule& rule, const std::vector<JudgedMember>& members,
                     std::ostream& out) {
  out << "    {" << records::json_field("where", rule.where)
      << ", \"annotation\": " << records::json_long_text(rule.description) << ", "
      << records::json_field("ports", ports_of(rule, members.front())) << ", \"members\": [";
  JsonLines lines(out);
  for (const auto& member : members) {
    lines.next() << "      {" << records::json_field("proto", member.proto) << ", "
                 << records::json_field("member", member.member) << ", "
                 << records::json_field("outcome", to_text(member.outcome)) << ", "
                 << records::json_field("reason", member.reason) << "}";
  }
  out << "]}";
}

void print_json_groups(const ShownPolicy& shown, std::ostream& out) {
  JsonLines lines(out);
  for (const auto* group : shown.view.groups) {
    if (!out) return;  // it takes no more: judging on would be for nobody
    lines.next() << "  {" << records::json_field("gid", group->gid) << ", "
                 << records::json_field("where", group->where) << ", \"rules\": [";
    JsonLines rules(out);
    for (const auto& rule : group->egress) {
      if (!out) return;
      const auto members = shown.judge.judge(*group, rule);
      if (members.empty()) continue;
      rules.next();
      print_json_rule(rule, members, out);
    }
    out << "]}";
  }
}

}  // namespace

void print_policy_json(const ShownPolicy& shown, std::ostream& out, std::string_view more) {
  const policy::Preferences& preferences = shown.input.preferences;
  out << "{" << records::json_field("source", shown.source) << ", "
      << records::json_field("file", printable(shown.file)) << ", "
      << records::json_field("day", policy::format_date(shown.today)) << ",\n\"preferences\": {"
      << records::json_field("wildcard_exposure", to_text(preferences.wildcard_exposure)) << ", "
      << records::json_field("flow_log_verbosity", to_text(preferences.flow_log_verbosity))
      << ", \"see_thru\": "
      << (preferences.see_thru ? records::json_text(policy::format_date(*preferences.see_thru))
                               : "null")
      << ", " << records::json_field("x509_crls", to_text(preferences.x509_crls))
      << "},\n\"clients\": [";
  print_json_clients(shown.view, out);
  out << "],\n\"groups\": [";
  print_json_groups(shown, out);
  out << "],\n\"strangers\": {\"see_thru\": " << json_see_thru(shown.view.strangers)
      << "},\n\"unused_groups\": " << records::json_list(shown.view.unused_gids)
      << ",\n\"problems\": " << records::json_list(shown.problems) << more << "}\n";
}

}  // namespace dn::review
