#include "cli/allowlist_output.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "cli/progress.h"
#include "cli/text_table.h"
#include "config/field_text.h"
#include "policy/preferences.h"
#include "records/json_text.h"

namespace dn::cli {
namespace {

// A group's default quota of outbound rules at AWS.
constexpr std::size_t kRulesPerGroup = 60;
constexpr std::size_t kNamesShown = 5;

WallTime to_wall(std::int64_t ms) {
  return WallTime(std::chrono::milliseconds(ms));
}

// "2026-11-22 03:15"
std::string format_minute(std::int64_t ms) {
  std::string text = records::format_time(to_wall(ms)).substr(0, 16);
  text[10] = ' ';
  return text;
}

std::string plural(std::uint64_t count, std::string_view one) {
  return fmt::format("{} {}{}", format_count(count), one, count == 1 ? "" : "s");
}

std::chrono::sys_days day_of(std::int64_t ms) {
  return std::chrono::floor<std::chrono::days>(to_wall(ms));
}

int days_left(const Allowlist& list) {
  const auto left = day_of(*list.completeness.see_thru_ends) - std::chrono::sys_days(list.today);
  return std::max(0, static_cast<int>(left.count()));
}

// The notes below the rules, a sentence each.
std::vector<std::string> notes_of(const Allowlist& list) {
  std::vector<std::string> notes;
  if (list.existing != 0) {
    notes.push_back(
        fmt::format("{} left out: the policy has rules for them", plural(list.existing, "name")));
  }
  for (const NameOnPort& name : list.written.too_long) {
    notes.push_back(fmt::format(
        "too long for a description, put it into a list (Parameter Store): {}", name.name.text()));
  }
  if (list.written.rules.size() > kRulesPerGroup) {
    notes.push_back(fmt::format(
        "{} rules are more than the {} that AWS allows a group by default: raise the quota, or put "
        "the names into a list (Parameter Store) and write discriminat:tls:ARN",
        list.written.rules.size(), kRulesPerGroup));
  }
  if (list.unknown_clients != 0) {
    notes.push_back(fmt::format("{} came from addresses that were no client: give them the group",
                                plural(list.unknown_clients, "connection")));
  }
  if (list.left_out != 0) {
    notes.push_back(fmt::format("{} went to further destinations, beyond the {} that are kept",
                                plural(list.left_out, "line"),
                                format_count(AllowlistPicture::kEntriesMax)));
  }
  return notes;
}

std::vector<std::string> completeness_of(const Allowlist& list) {
  const auto& complete = list.completeness;
  std::vector<std::string> lines;
  if (complete.last_new) {
    lines.push_back(fmt::format("the last new name, {}, appeared {}",
                                config::printable(complete.last_new_name),
                                format_minute(*complete.last_new)));
  }
  if (complete.days != 0) {
    lines.push_back(fmt::format("no new name on {} of {} with connections",
                                complete.days_without_new, plural(complete.days, "day")));
  }
  if (complete.clients != 0) {
    lines.push_back(fmt::format("{} of {} brought no name that another had not brought before",
                                complete.clients_without_new, plural(complete.clients, "client")));
  }
  if (complete.see_thru_ends) {
    lines.push_back(fmt::format("see-thru ends on {}, {} left",
                                policy::format_date(Date(day_of(*complete.see_thru_ends))),
                                plural(static_cast<std::uint64_t>(days_left(list)), "day")));
  }
  return lines;
}

std::string headline_of(const Allowlist& list) {
  if (list.connections == 0) {
    return fmt::format("the see-thru of {} let nothing through in this time", list.gid);
  }
  return fmt::format("the see-thru of {} let {} of {} through, {} to {}", list.gid,
                     plural(list.connections, "connection"),
                     plural(list.completeness.clients, "client"), format_minute(*list.first),
                     format_minute(*list.last));
}

void print_names(const std::vector<SeenDestination>& names, bool advice, std::ostream& out,
                 bool colour) {
  std::vector<std::string> titles = {"PROTOCOL", "PORT", "CONNECTIONS", "CLIENTS",
                                     "FIRST",    "LAST", "NAME"};
  if (advice) titles.insert(titles.end(), {"REASON", "WHAT TO DO"});
  TextTable table(titles);
  for (const SeenDestination& seen : names) {
    std::vector<std::string> cells = {std::string(to_text(seen.protocol)),
                                      fmt::format("{}", seen.port),
                                      format_count(seen.hits),
                                      format_count(seen.clients.size()),
                                      format_minute(seen.first),
                                      format_minute(seen.last),
                                      seen.dhost};
    if (advice) cells.insert(cells.end(), {seen.slug, seen.advice});
    table.add(std::move(cells));
  }
  table.print(out, colour);
}

std::string covered_names(const WildcardHint& hint) {
  std::string text;
  for (std::size_t i = 0; i < std::min(hint.names.size(), kNamesShown); ++i) {
    text += (i == 0 ? "" : ", ") + hint.names[i];
  }
  if (hint.names.size() > kNamesShown) {
    text += fmt::format(" and {} more", hint.names.size() - kNamesShown);
  }
  return text;
}

}  // namespace

void print_allowlist_text(const Allowlist& list, std::ostream& out, bool colour) {
  out << headline_of(list) << "\n";
  if (!list.names.empty()) {
    out << "\n";
    print_names(list.names, false, out, colour);
    // The see-thru of the preferences belongs to no group.
    out << "\noutbound TCP rules" << (list.into == "%default" ? "" : " for " + list.into) << ":\n";
    TextTable rules({"PORT", "DESTINATION", "DESCRIPTION"});
    for (const WrittenRule& rule : list.written.rules) {
      rules.add({fmt::format("{}", rule.port), to_text(rule.destination), rule.description},
                Colour::Good);
    }
    rules.print(out, colour);
  }
  if (!list.apart.empty()) {
    out << "\n" << paint("rules cannot express these:", Colour::Warning, colour) << "\n";
    print_names(list.apart, true, out, colour);
  }
  if (!list.wildcards.empty()) {
    out << "\nwildcards to consider; each covers names that nobody has asked for, too:\n";
    for (const WildcardHint& hint : list.wildcards) {
      out << fmt::format("  {} on port {}: {}\n", hint.pattern, hint.port, covered_names(hint));
    }
  }
  const auto notes = notes_of(list);
  if (!notes.empty()) out << "\n";
  for (const auto& note : notes) out << "note: " << note << "\n";
  const auto complete = completeness_of(list);
  if (!complete.empty()) out << "\nhow complete this is:\n";
  for (const auto& line : complete) out << "  " << line << "\n";
}

std::string hcl_text(std::string_view text) {
  std::string out = "\"";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool template_start = (c == '$' || c == '%') && i + 1 < text.size() && text[i + 1] == '{';
    if (c == '"' || c == '\\') {
      out += '\\';
    } else if (template_start) {
      out += c;
    }
    if (c >= 0x20 && c < 0x7f) {
      out += c;
    } else {
      out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    }
  }
  return out + "\"";
}

void print_allowlist_terraform(const Allowlist& list, std::ostream& out) {
  const auto comment = [&](std::string_view text) {
    out << "# " << config::printable(text, 1000) << "\n";
  };
  comment(headline_of(list));
  for (const auto& line : completeness_of(list)) comment(line);
  for (const auto& note : notes_of(list)) comment("note: " + note);
  for (const SeenDestination& seen : list.apart) {
    comment(fmt::format("no rule for {} on {}/{} ({}): {}", seen.dhost, to_text(seen.protocol),
                        seen.port, seen.slug, seen.advice));
  }
  for (const WildcardHint& hint : list.wildcards) {
    comment(fmt::format("to consider on port {}: {} for {}", hint.port, hint.pattern,
                        covered_names(hint)));
  }
  for (const WrittenRule& rule : list.written.rules) {
    // The destination is in the name, so that a rule that comes or goes renames no other.
    std::string block = to_text(rule.destination);
    std::ranges::replace_if(block, [](char c) { return c == '.' || c == '/'; }, '_');
    out << fmt::format(
        "\nresource \"aws_vpc_security_group_egress_rule\" \"discriminat_{}_{}_{}\" {{\n"
        "  security_group_id = {}\n"
        "  description       = {}\n"
        "  ip_protocol       = \"tcp\"\n"
        "  from_port         = {}\n"
        "  to_port           = {}\n"
        "  cidr_ipv4         = \"{}\"\n"
        "}}\n",
        to_text(rule.protocol), rule.port, block, hcl_text(list.into), hcl_text(rule.description),
        rule.port, rule.port, to_text(rule.destination));
  }
}

namespace {

std::string json_time(std::optional<std::int64_t> ms) {
  return ms ? json_text(records::format_time(to_wall(*ms))) : "null";
}

void print_json_names(std::string_view key, const std::vector<SeenDestination>& names, bool advice,
                      std::ostream& out) {
  out << ",\n" << json_text(key) << ": [";
  std::string_view separator = "\n";
  for (const SeenDestination& seen : names) {
    out << separator << "  {" << json_field("proto", to_text(seen.protocol))
        << fmt::format(", \"port\": {}, ", seen.port) << json_field("dhost", seen.dhost)
        << fmt::format(", \"connections\": {}, \"clients\": {}, \"first\": {}, \"last\": {}",
                       seen.hits, seen.clients.size(), json_time(seen.first), json_time(seen.last))
        << ", " << json_field("reason", seen.slug);
    if (advice) out << ", " << json_field("advice", seen.advice);
    out << "}";
    separator = ",\n";
  }
  out << "]";
}

}  // namespace

void print_allowlist_json(const Allowlist& list, std::ostream& out) {
  out << "{" << json_field("gid", list.gid) << ", " << json_field("into", list.into)
      << fmt::format(", \"connections\": {}, \"first\": {}, \"last\": {}", list.connections,
                     json_time(list.first), json_time(list.last))
      << ",\n\"rules\": [";
  std::string_view separator = "\n";
  for (const WrittenRule& rule : list.written.rules) {
    out << separator
        << fmt::format("  {{\"protocol\": \"tcp\", \"port\": {}, \"destination\": \"{}\", {}}}",
                       rule.port, to_text(rule.destination),
                       json_field("description", rule.description));
    separator = ",\n";
  }
  out << "]";
  print_json_names("names", list.names, false, out);
  print_json_names("apart", list.apart, true, out);
  out << ",\n\"wildcards\": [";
  separator = "\n";
  for (const WildcardHint& hint : list.wildcards) {
    out << separator << fmt::format("  {{\"port\": {}, ", hint.port)
        << json_field("pattern", hint.pattern) << ", \"names\": " << json_list(hint.names) << "}";
    separator = ",\n";
  }
  out << "],\n\"notes\": " << json_list(notes_of(list));
  const auto& complete = list.completeness;
  out << fmt::format(
      ",\n\"completeness\": {{\"last_new\": {}, \"last_new_name\": {}, \"days\": {}, "
      "\"days_without_new\": {}, \"clients\": {}, \"clients_without_new\": {}, "
      "\"see_thru_ends\": {}, \"see_thru_days_remaining\": {}}}}}\n",
      json_time(complete.last_new), complete.last_new ? json_text(complete.last_new_name) : "null",
      complete.days, complete.days_without_new, complete.clients, complete.clients_without_new,
      complete.see_thru_ends ? json_text(policy::format_date(Date(day_of(*complete.see_thru_ends))))
                             : "null",
      complete.see_thru_ends ? fmt::format("{}", days_left(list)) : "null");
}

}  // namespace dn::cli
