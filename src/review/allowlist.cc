#include "review/allowlist.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

#include "base/readable.h"
#include "policy/preferences.h"
#include "records/json_text.h"
#include "review/rule_forms.h"

namespace dn::review {
namespace {

constexpr std::size_t kNamesShown = 5;

WallTime to_wall(std::int64_t ms) {
  return WallTime(std::chrono::milliseconds(ms));
}

std::string plural(std::uint64_t count, std::string_view one) {
  return fmt::format("{} {}{}", format_count(count), one, count == 1 ? "" : "s");
}

std::chrono::sys_days day_of(std::int64_t ms) {
  return std::chrono::floor<std::chrono::days>(to_wall(ms));
}

std::vector<NameOnPort> names_of(const std::vector<SeenDestination>& seen) {
  std::vector<NameOnPort> names;
  for (const SeenDestination& one : seen) {
    names.push_back({one.port, one.protocol, std::string(one.name->text())});
  }
  return names;
}

}  // namespace

Allowlist make_allowlist(std::string gid, std::string into, const AllowlistPicture& picture,
                         const AllowlistPolicy* policy, const policy::PublicSuffixes& suffixes,
                         Date today) {
  Allowlist list;
  list.gid = std::move(gid);
  list.into = std::move(into);
  list.connections = picture.connections();
  list.left_out = picture.left_out();
  list.unknown_clients = picture.unknown_clients();
  list.first = picture.first();
  list.last = picture.last();
  list.today = today;
  for (SeenDestination& seen : picture.destinations()) {
    if (!seen.name) {
      list.apart.push_back(std::move(seen));
    } else if (policy != nullptr && policy->names(seen)) {
      ++list.existing;
    } else {
      list.names.push_back(std::move(seen));
    }
  }
  const auto names = names_of(list.names);
  list.written = write_rules(names, policy != nullptr ? policy->used() : UsedDestinations());
  list.wildcards = find_wildcard_hints(names, suffixes);
  list.completeness = picture.completeness();
  list.curve = picture.curve();
  return list;
}

std::string format_minute(std::int64_t ms) {
  std::string text = records::format_time(to_wall(ms)).substr(0, 16);
  text[10] = ' ';
  return text;
}

int days_left(const Allowlist& list) {
  const auto left = day_of(*list.completeness.see_thru_ends) - std::chrono::sys_days(list.today);
  return std::max(0, static_cast<int>(left.count()));
}

std::vector<std::string> notes_of(const Allowlist& list) {
  std::vector<std::string> notes;
  if (list.existing != 0) {
    notes.push_back(
        fmt::format("{} left out: the policy has rules for them", plural(list.existing, "name")));
  }
  std::ranges::move(notes_of(list.written), std::back_inserter(notes));
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
                                printable(complete.last_new_name),
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

}  // namespace dn::review
