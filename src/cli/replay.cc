// Reads the candidate and the log, then prints the changes in one of two forms.
#include "cli/replay.h"

#include <fmt/format.h>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "base/readable.h"
#include "cli/cloud_policy.h"
#include "cli/exit_codes.h"
#include "cli/input.h"
#include "cli/log_reading.h"
#include "cli/text_table.h"
#include "policy/preferences.h"
#include "review/replay.h"

namespace dn::cli {
namespace {

using review::Change;
using review::Replay;

constexpr auto kSince = std::chrono::days(7);

constexpr std::string_view kUncertain =
    "  * an ssh rule names hosts on this port; whether one of them has this address, the log "
    "cannot "
    "say\n";

void print_rows(const Replay& replay, Change change, std::string_view title, Colour colour,
                World& world) {
  TextTable table(
      {"CONNECTIONS", "CLIENTS", "GROUPS", "PROTOCOL", "PORT", "DESTINATION", "BEFORE", "NOW"});
  bool uncertain = false;
  for (const auto& [key, row] : replay.rows()) {
    if (key.change != change) continue;
    uncertain = uncertain || key.uncertain;
    table.add(
        {format_count(row.connections), format_count(row.clients.size()), key.groups, key.proto,
         fmt::format("{}", key.port), key.dhost, key.before, key.now + (key.uncertain ? " *" : "")},
        colour);
  }
  if (table.empty()) return;
  world.out << paint(title, colour, world.colour) << "\n";
  table.print(world.out, world.colour);
  if (uncertain) world.out << kUncertain;
  world.out << "\n";
}

void print_people(const Replay& replay, Date day, World& world) {
  print_rows(replay, Change::NewlyRefused, "would be refused:", Colour::Bad, world);
  print_rows(replay, Change::SeeThruOnly,
             "would pass by see-thru only, no longer by a rule:", Colour::Warning, world);
  print_rows(replay, Change::NewlyAllowed, "would be allowed:", Colour::Good, world);
  const review::ReplayTotals& totals = replay.totals();
  world.out << fmt::format(
      "{} connections, see-thru as of {}: {} newly refused, {} newly allowed, {} by see-thru "
      "only\n",
      format_count(totals.judged), policy::format_date(day),
      format_count(replay.count_of(Change::NewlyRefused)),
      format_count(replay.count_of(Change::NewlyAllowed)),
      format_count(replay.count_of(Change::SeeThruOnly)));
  if (totals.not_judged != 0) {
    world.out << fmt::format("{} lines are left out: IPv6, unknown reasons, or no flow lines\n",
                             format_count(totals.not_judged));
  }
  if (totals.left_out != 0) {
    world.out << fmt::format("{} changed connections are not listed: more than {} kinds\n",
                             format_count(totals.left_out), format_count(Replay::kRowsMax));
  }
}

}  // namespace

int run_replay(const ReplayArguments& arguments, World& world) {
  const auto span = resolve_span(arguments.span, kSince, world.clock());
  if (!span) return report_logs_error({"", span.error().message}, world);
  auto loaded = load_policy(arguments.policy, world);
  if (!loaded) return loaded.error();
  const auto suffixes = load_suffixes(loaded->gateway.public_suffix_list, world);
  const auto client = open_source(arguments.source, world);
  if (client == nullptr) return kExitCannot;
  world.watch_interrupts();
  const Date day = arguments.at.value_or(world.today);
  Replay replay(review::Candidate(std::move(loaded->policy), suffixes, day));
  const EventQuestion question{.group = arguments.source.group,
                               .stream = "flow",
                               .pattern = "{ $.cat = \"client\" }",
                               .from = span->from,
                               .to = span->to};
  const auto done = read_events(*client, question, world, [&](const ReadEvent& event) {
    replay.add(event.timestamp, event.message);
  });
  if (!done) return report_logs_error(done.error(), world);
  if (!*done) return kExitInterrupted;
  if (arguments.json) {
    review::print_replay_json(replay, day, world.out);
  } else {
    print_people(replay, day, world);
  }
  return replay.count_of(Change::NewlyRefused) == 0 ? kExitGood : kExitNo;
}

}  // namespace dn::cli
