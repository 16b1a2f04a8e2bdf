#include "review/allowlist_forms.h"

#include <fmt/format.h>

#include <chrono>
#include <optional>

#include "base/readable.h"
#include "policy/preferences.h"
#include "records/json_pieces.h"
#include "review/rule_forms.h"

namespace dn::review {

void print_allowlist_terraform(const Allowlist& list, std::ostream& out) {
  const auto comment = [&](std::string_view text) { out << "# " << printable(text, 1000) << "\n"; };
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
  print_rules_terraform(list.written, list.into, out);
}

namespace {

std::string json_time(std::optional<std::int64_t> ms) {
  return ms ? records::json_time(*ms) : "null";
}

void print_json_names(std::string_view key, const std::vector<SeenDestination>& names, bool advice,
                      std::ostream& out) {
  out << ",\n" << records::json_text(key) << ": [";
  records::JsonLines lines(out);
  for (const SeenDestination& seen : names) {
    lines.next() << "  {" << records::json_field("proto", to_text(seen.protocol))
                 << fmt::format(", \"port\": {}, ", seen.port)
                 << records::json_field("dhost", seen.dhost)
                 << fmt::format(
                        ", \"connections\": {}, \"clients\": {}, \"first\": {}, \"last\": {}",
                        seen.hits, seen.clients.size(), json_time(seen.first), json_time(seen.last))
                 << ", " << records::json_field("reason", seen.slug);
    if (advice) out << ", " << records::json_field("advice", seen.advice);
    out << "}";
  }
  out << "]";
}

void print_curve(const std::vector<AllowlistPicture::CurvePoint>& curve, std::ostream& out) {
  out << ",\n\"curve\": [";
  records::JsonLines lines(out);
  for (const auto& [day, names] : curve) {
    lines.next() << "  {" << records::json_field("day", policy::format_date(day))
                 << fmt::format(", \"names\": {}}}", names);
  }
  out << "]";
}

}  // namespace

void print_allowlist_json(const Allowlist& list, std::ostream& out, bool curve) {
  out << "{" << records::json_field("gid", list.gid) << ", "
      << records::json_field("into", list.into)
      << fmt::format(", \"connections\": {}, \"first\": {}, \"last\": {}", list.connections,
                     json_time(list.first), json_time(list.last))
      << ",\n\"rules\": [";
  print_rules_json(list.written, out);
  out << "]";
  print_json_names("names", list.names, false, out);
  print_json_names("apart", list.apart, true, out);
  out << ",\n\"wildcards\": [";
  records::JsonLines lines(out);
  for (const WildcardHint& hint : list.wildcards) {
    lines.next() << fmt::format("  {{\"port\": {}, ", hint.port)
                 << records::json_field("pattern", hint.pattern)
                 << ", \"names\": " << records::json_list(hint.names) << "}";
  }
  out << "],\n\"notes\": " << records::json_list(notes_of(list));
  const auto& complete = list.completeness;
  out << fmt::format(
      ",\n\"completeness\": {{\"last_new\": {}, \"last_new_name\": {}, \"days\": {}, "
      "\"days_without_new\": {}, \"clients\": {}, \"clients_without_new\": {}, "
      "\"see_thru_ends\": {}, \"see_thru_days_remaining\": {}}}",
      json_time(complete.last_new),
      complete.last_new ? records::json_text(complete.last_new_name) : "null", complete.days,
      complete.days_without_new, complete.clients, complete.clients_without_new,
      complete.see_thru_ends
          ? records::json_text(policy::format_date(Date(std::chrono::floor<std::chrono::days>(
                WallTime(std::chrono::milliseconds(*complete.see_thru_ends))))))
          : "null",
      complete.see_thru_ends ? fmt::format("{}", days_left(list)) : "null");
  if (curve) print_curve(list.curve, out);
  out << "}\n";
}

}  // namespace dn::review
