#include "cli/allowlist_output.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "base/readable.h"
#include "cli/text_table.h"

namespace dn::cli {
namespace {

using review::SeenDestination;
using review::WildcardHint;
using review::WrittenRule;

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
                                      review::format_minute(seen.first),
                                      review::format_minute(seen.last),
                                      seen.dhost};
    if (advice) cells.insert(cells.end(), {seen.slug, seen.advice});
    table.add(std::move(cells));
  }
  table.print(out, colour);
}

}  // namespace

void print_allowlist_text(const review::Allowlist& list, std::ostream& out, bool colour) {
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
      out << fmt::format("  {} on port {}: {}\n", hint.pattern, hint.port,
                         review::covered_names(hint));
    }
  }
  const auto notes = notes_of(list);
  if (!notes.empty()) out << "\n";
  for (const auto& note : notes) out << "note: " << note << "\n";
  const auto complete = completeness_of(list);
  if (!complete.empty()) out << "\nhow complete this is:\n";
  for (const auto& line : complete) out << "  " << line << "\n";
}

}  // namespace dn::cli
