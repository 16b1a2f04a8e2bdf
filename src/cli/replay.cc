// First the changes are counted, then printed in two forms, for people and as JSON.
#include "cli/replay.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "cli/client_binding.h"
#include "cli/cloud_policy.h"
#include "cli/exit_codes.h"
#include "cli/input.h"
#include "cli/log_reading.h"
#include "cli/progress.h"
#include "cli/replay_judge.h"
#include "cli/text_table.h"
#include "config/field_text.h"
#include "policy/preferences.h"
#include "records/json_text.h"

namespace dn::cli {
namespace {

constexpr auto kSince = std::chrono::days(7);
constexpr std::size_t kRowsMax = 50'000;
constexpr std::size_t kClientsMax = 1000;  // told apart in one row

enum class Change : std::uint8_t {
  NewlyRefused,
  NewlyAllowed,
  SeeThruOnly,  // a rule allowed it; now only see-thru would
  None,
};

struct ChangeKey {
  Change change = Change::None;
  std::string groups;  // of the client, or its address where it is none
  std::string proto;
  Port port = 0;
  std::string dhost, before, now;
  bool uncertain = false;
  auto operator<=>(const ChangeKey&) const = default;
};
struct ChangeCount {
  std::uint64_t connections = 0;
  std::unordered_set<std::uint32_t> clients;
  std::int64_t first = 0, last = 0;
};

struct Totals {
  std::uint64_t judged = 0, not_judged = 0, left_out = 0;
  std::map<Change, std::uint64_t> by_change;
};

Change compare(const LoggedFlow& flow, const ReplayJudgement& judgement) {
  if (flow.allowed != judgement.allowed) {
    return judgement.allowed ? Change::NewlyAllowed : Change::NewlyRefused;
  }
  const bool lost_its_rule = flow.allowed && !flow.by_see_thru && judgement.by_see_thru;
  return lost_its_rule ? Change::SeeThruOnly : Change::None;
}

std::string text_of_before(const FlowLine& line, const LoggedFlow& flow) {
  if (!flow.allowed) return fmt::format("refused: {}", line.slug());
  if (flow.by_see_thru) return fmt::format("see-thru {}: {}", line.see_thru_gid, line.slug());
  return fmt::format("allowed: {}", line.reason);
}

std::string text_of_now(const ReplayJudgement& judgement) {
  const std::string_view slug = slug_of(judgement.reason);
  if (!judgement.allowed) return fmt::format("refused: {}", slug);
  if (judgement.by_see_thru) return fmt::format("see-thru {}: {}", judgement.gid, slug);
  if (judgement.gid.empty()) return "allowed: x509_crls";
  return fmt::format("allowed: policy:{}: {}", judgement.gid, judgement.addr);
}

// The candidate policy, and what its clients are called.
class Candidate {
 public:
  Candidate(config::LoadedConfig loaded, const policy::PublicSuffixes& suffixes, Date day)
      : clients_(loaded.policy.clients),
        crls_(loaded.policy.preferences.x509_crls == policy::X509Crls::Allow),
        day_(day),
        policy_(policy::compile_policy(loaded.policy, suffixes, day).snapshot) {}

  ReplayJudgement judge(const LoggedFlow& flow) const {
    return judge_again(flow, *policy_, crls_, day_);
  }

  const std::string& groups_of(Ipv4Address client) {
    if (labels_.size() > kLabelsMax) labels_.clear();
    const auto [place, fresh] = labels_.try_emplace(client.value);
    if (fresh) place->second = find_groups(client);
    return place->second;
  }

 private:
  static constexpr std::size_t kLabelsMax = 100'000;

  std::string find_groups(Ipv4Address client) const {
    const policy::ClientBinding* binding = find_binding(clients_, client);
    if (binding == nullptr || binding->gids.empty()) return to_text(client);
    return fmt::format("{}", fmt::join(binding->gids, ","));
  }

  std::vector<policy::ClientBinding> clients_;
  bool crls_;
  Date day_;
  std::shared_ptr<const policy::PolicySnapshot> policy_;
  std::unordered_map<std::uint32_t, std::string> labels_;
};

class Replay {
 public:
  explicit Replay(Candidate candidate) : candidate_(std::move(candidate)) {}

  void add(std::int64_t timestamp, std::string_view message) {
    const auto line = parse_flow_line(message);
    if (line && !line->from_client()) return;
    const auto flow = line ? read_logged_flow(*line) : std::nullopt;
    if (!flow) {
      ++totals_.not_judged;
      return;
    }
    ++totals_.judged;
    const ReplayJudgement judgement = candidate_.judge(*flow);
    const Change change = compare(*flow, judgement);
    ++totals_.by_change[change];
    if (change != Change::None) count(timestamp, *line, *flow, judgement, change);
  }

  const std::map<ChangeKey, ChangeCount>& rows() const { return rows_; }
  const Totals& totals() const { return totals_; }
  std::uint64_t count_of(Change change) const {
    const auto found = totals_.by_change.find(change);
    return found == totals_.by_change.end() ? 0 : found->second;
  }

 private:
  void count(std::int64_t timestamp, const FlowLine& line, const LoggedFlow& flow,
             const ReplayJudgement& judgement, Change change) {
    ChangeKey key{.change = change,
                  .groups = candidate_.groups_of(flow.client),
                  .proto = line.proto,
                  .port = flow.port,
                  .dhost = line.dhost,
                  .before = text_of_before(line, flow),
                  .now = text_of_now(judgement),
                  .uncertain = judgement.uncertain};
    if (rows_.size() >= kRowsMax && !rows_.contains(key)) {
      ++totals_.left_out;
      return;
    }
    ChangeCount& row = rows_[std::move(key)];
    if (row.connections++ == 0) row.first = row.last = timestamp;
    row.first = std::min(row.first, timestamp);
    row.last = std::max(row.last, timestamp);
    if (row.clients.size() < kClientsMax) row.clients.insert(flow.client.value);
  }

  Candidate candidate_;
  std::map<ChangeKey, ChangeCount> rows_;
  Totals totals_;
};

// ---- Output
// --------------------------------------------------------------------------------------

constexpr std::string_view kUncertain =
    "  * an ssh rule names hosts on this port; whether one of them has this address, the log "
    "cannot "
    "say\n";

std::string_view to_text(Change change) {
  switch (change) {
    case Change::NewlyRefused: return "newly-refused";
    case Change::NewlyAllowed: return "newly-allowed";
    case Change::SeeThruOnly: return "see-thru-only";
    case Change::None: break;
  }
  return "same";
}

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
  const Totals& totals = replay.totals();
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
                             format_count(totals.left_out), format_count(kRowsMax));
  }
}

void print_json(const Replay& replay, Date day, World& world) {
  auto& out = world.out;
  const auto time = [](std::int64_t ms) {
    return json_text(records::format_time(WallTime(std::chrono::milliseconds(ms))));
  };
  out << "{\"changes\": [";
  std::string_view separator = "\n";
  for (const auto& [key, row] : replay.rows()) {
    out << separator << "  {" << json_field("change", to_text(key.change)) << ", "
        << json_field("groups", key.groups) << ", " << json_field("proto", key.proto)
        << fmt::format(", \"port\": {}, ", key.port) << json_field("dhost", key.dhost) << ", "
        << json_field("before", key.before) << ", " << json_field("now", key.now)
        << fmt::format(
               ", \"uncertain\": {}, \"connections\": {}, \"clients\": {}, \"first\": {}, "
               "\"last\": "
               "{}}}",
               key.uncertain, row.connections, row.clients.size(), time(row.first), time(row.last));
    separator = ",\n";
  }
  const Totals& totals = replay.totals();
  out << fmt::format(
      "],\n\"see_thru_as_of\": \"{}\", \"connections\": {}, \"newly_refused\": {}, "
      "\"newly_allowed\": {}, \"see_thru_only\": {}, \"not_judged\": {}, \"not_listed\": {}}}\n",
      policy::format_date(day), totals.judged, replay.count_of(Change::NewlyRefused),
      replay.count_of(Change::NewlyAllowed), replay.count_of(Change::SeeThruOnly),
      totals.not_judged, totals.left_out);
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
  Replay replay(Candidate(*std::move(loaded), suffixes, day));
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
    print_json(replay, day, world);
  } else {
    print_people(replay, day, world);
  }
  return replay.count_of(Change::NewlyRefused) == 0 ? kExitGood : kExitNo;
}

}  // namespace dn::cli
