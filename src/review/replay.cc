#include "review/replay.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "policy/preferences.h"
#include "records/json_pieces.h"
#include "review/client_binding.h"

namespace dn::review {
namespace {

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

}  // namespace

std::string_view to_text(Change change) {
  switch (change) {
    case Change::NewlyRefused: return "newly-refused";
    case Change::NewlyAllowed: return "newly-allowed";
    case Change::SeeThruOnly: return "see-thru-only";
    case Change::None: break;
  }
  return "same";
}

Candidate::Candidate(policy::PolicyInput input, const policy::PublicSuffixes& suffixes, Date day)
    : crls_(input.preferences.x509_crls == policy::X509Crls::Allow),
      day_(day),
      policy_(policy::compile_policy(input, suffixes, day).snapshot) {
  clients_ = std::move(input.clients);
}

const Candidate::Client& Candidate::known(Ipv4Address client) {
  if (known_.size() > kKnownMax) known_.clear();
  const auto [place, fresh] = known_.try_emplace(client.value);
  if (!fresh) return place->second;
  const policy::ClientBinding* binding = find_binding(clients_, client);
  const bool named = binding != nullptr && !binding->gids.empty();
  place->second = {named ? fmt::format("{}", fmt::join(binding->gids, ",")) : to_text(client),
                   binding};
  return place->second;
}

bool Candidate::has_group(Ipv4Address client, const std::string& gid) {
  const policy::ClientBinding* binding = known(client).binding;
  return binding != nullptr && std::ranges::find(binding->gids, gid) != binding->gids.end();
}

void Replay::add(std::int64_t timestamp, std::string_view message) {
  const auto line = parse_flow_line(message);
  if (line && !line->from_client()) return;
  const auto flow = line ? read_logged_flow(*line) : std::nullopt;
  if (!flow) {
    ++totals_.not_judged;
    return;
  }
  if (!gid_.empty() && !candidate_.has_group(flow->client, gid_)) return;
  ++totals_.judged;
  const ReplayJudgement judgement = candidate_.judge(*flow);
  const Change change = compare(*flow, judgement);
  ++totals_.by_change[change];
  if (change != Change::None) count(timestamp, *line, *flow, judgement, change);
}

std::uint64_t Replay::count_of(Change change) const {
  const auto found = totals_.by_change.find(change);
  return found == totals_.by_change.end() ? 0 : found->second;
}

void Replay::count(std::int64_t timestamp, const FlowLine& line, const LoggedFlow& flow,
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
  if (row.clients.size() >= kClientsMax || pairs_ >= kPairsMax) return;
  if (row.clients.insert(flow.client.value).second) ++pairs_;
}

void print_replay_json(const Replay& replay, Date day, std::ostream& out) {
  out << "{\"changes\": [";
  records::JsonLines lines(out);
  for (const auto& [key, row] : replay.rows()) {
    lines.next() << "  {" << records::json_field("change", to_text(key.change)) << ", "
                 << records::json_field("groups", key.groups) << ", "
                 << records::json_field("proto", key.proto)
                 << fmt::format(", \"port\": {}, ", key.port)
                 << records::json_field("dhost", key.dhost) << ", "
                 << records::json_field("before", key.before) << ", "
                 << records::json_field("now", key.now)
                 << fmt::format(
                        ", \"uncertain\": {}, \"connections\": {}, \"clients\": {}, \"first\": {}, "
                        "\"last\": "
                        "{}}}",
                        key.uncertain, row.connections, row.clients.size(),
                        records::json_time(row.first), records::json_time(row.last));
  }
  const ReplayTotals& totals = replay.totals();
  out << fmt::format(
      "],\n\"see_thru_as_of\": \"{}\", \"connections\": {}, \"newly_refused\": {}, "
      "\"newly_allowed\": {}, \"see_thru_only\": {}, \"not_judged\": {}, \"not_listed\": {}}}\n",
      policy::format_date(day), totals.judged, replay.count_of(Change::NewlyRefused),
      replay.count_of(Change::NewlyAllowed), replay.count_of(Change::SeeThruOnly),
      totals.not_judged, totals.left_out);
}

}  // namespace dn::review
