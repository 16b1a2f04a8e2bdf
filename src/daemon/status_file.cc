#include "daemon/status_file.h"

#include <boost/json.hpp>
#include <cstdio>
#include <fstream>

namespace dn::daemon {
namespace {

namespace json = boost::json;
using records::Outcome;
using records::PacketOrigin;

std::int64_t seconds(WallTime time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

json::object loop_object(const LoopStatus& loop) {
  const engine::EngineCounters& e = loop.engine;
  return {{"packets", e.packets},
          {"flows", loop.flows},
          {"held_bytes", loop.held_bytes},
          {"client_allowed", e.decisions.sum(PacketOrigin::Client, Outcome::Allowed)},
          {"client_refused", e.decisions.sum(PacketOrigin::Client, Outcome::Disallowed)},
          {"server_allowed", e.decisions.sum(PacketOrigin::Server, Outcome::Allowed)},
          {"server_refused", e.decisions.sum(PacketOrigin::Server, Outcome::Disallowed)},
          {"handed_over", e.handed_over},
          {"injected", e.injected},
          {"acknowledged_for_server", e.acknowledged_for_server},
          {"resolved_on_demand", e.resolved_on_demand},
          {"clients_asked", e.clients_asked},
          {"not_tcp", e.not_tcp},
          {"state_lost", e.state_lost},
          {"ignored", e.ignored},
          {"evicted", e.evicted},
          {"log_lines_suppressed", e.log_lines_suppressed},
          {"queue_enobufs", loop.queue.enobufs},
          {"queue_truncated", loop.queue.truncated},
          {"verdict_errors", loop.queue.verdict_errors},
          {"inject_failed", loop.injector.failed},
          {"events_lost", loop.events_lost},
          {"ledger_names", loop.ledger_names},
          {"ledger_addresses", loop.ledger_addresses}};
}

json::object stream_object(const store::StreamStats& stream) {
  return {{"lines", stream.written.lines},
          {"dropped_lines", stream.dropped_lines},
          {"segments", stream.written.segments},
          {"disk_bytes", stream.written.disk_bytes},
          {"segments_compressed", stream.written.segments_compressed},
          {"failing", stream.failing},
          {"last_error", stream.last_error}};
}

json::object resolver_object(const resolver::ResolverStats& r) {
  json::array servers;
  for (const auto& server : r.servers) servers.emplace_back(server);
  return {{"servers", std::move(servers)},
          {"names", r.names},
          {"names_unanswered", r.names_unanswered},
          {"asked", r.asked},
          {"asked_on_demand", r.asked_on_demand},
          {"answered", r.answered},
          {"no_data", r.no_data},
          {"no_name", r.no_name},
          {"failed", r.failed},
          {"timeouts", r.timeouts},
          {"dropped", r.dropped},
          {"last_failure", r.last_failure}};
}

json::object prober_object(const certificates::ProberStats& p) {
  return {{"hosts", p.hosts},
          {"hosts_with_problems", p.problems},
          {"in_work", p.in_work},
          {"probes", p.probes},
          {"failures", p.failures}};
}

json::object shipped_object(const shipper::ShipStats& s) {
  return {{"lines", s.shipped},
          {"rejected", s.rejected},
          {"refused", s.refused},
          {"lost_segments", s.lost_segments},
          {"unread_blocks", s.unread_blocks},
          {"last_line", seconds(s.shipped_to)},
          {"failing", s.failing},
          {"last_error", s.last_error}};
}

json::object aws_object(const AwsStatus& aws) {
  json::object shipped;
  for (const auto& [stream, stats] : aws.shipped) shipped[stream] = shipped_object(stats);
  return {{"region", aws.region},       {"interfaces", aws.cloud.interfaces},
          {"groups", aws.cloud.groups}, {"policies", aws.cloud.inputs},
          {"problems", aws.problems},   {"shipped", std::move(shipped)}};
}

json::object histogram_object(const Histogram& histogram) {
  json::array bounds, counts;
  for (const Duration bound : histogram.bounds()) bounds.emplace_back(seconds_of(bound));
  for (const std::uint64_t count : histogram.counts()) counts.emplace_back(count);
  return {{"bounds", std::move(bounds)},
          {"counts", std::move(counts)},
          {"sum", seconds_of(histogram.sum())},
          {"count", histogram.count()}};
}

json::object histograms_object(const GatewayStatus& status) {
  const LoopHistograms all = histograms_of(status);
  return {{"handshake_seconds", histogram_object(all.handshake)},
          {"held_seconds", histogram_object(all.held)},
          {"added_seconds", histogram_object(all.added)}};
}

json::object snat_object(const SnatUse& snat) {
  json::array top;
  for (const SnatDestination& at : snat.top) {
    top.emplace_back(json::object{{"dst", to_text(at)}, {"ports", at.ports}});
  }
  return {{"destinations", snat.destinations}, {"top", std::move(top)}};
}

json::object policy_object(const GatewayStatus& status) {
  json::object policy = {{"revision", status.policy_revision},
                         {"file_broken", status.policy_file_broken},
                         {"findings", status.policy_findings},
                         {"problems", status.policy_problems},
                         {"names_with_problems", status.names_with_problems},
                         {"connections_revoked", status.revoked},
                         {"silent_connections_erased", status.silent_erased}};
  if (status.policy_age) {
    policy["age_seconds"] = std::chrono::floor<std::chrono::seconds>(*status.policy_age).count();
  }
  return policy;
}

}  // namespace

LoopHistograms histograms_of(const GatewayStatus& status) {
  LoopHistograms all;
  for (const LoopStatus& loop : status.loops) {
    all.handshake.merge(loop.engine.handshake);
    all.held.merge(loop.engine.held);
    all.added.merge(loop.added);
  }
  return all;
}

std::string format_status(const GatewayStatus& status) {
  json::array loops;
  for (const auto& loop : status.loops) loops.emplace_back(loop_object(loop));
  json::object firewall;
  for (const auto& counter : status.firewall) firewall[counter.name] = counter.packets;
  json::object document = {
      {"version", status.version},
      {"instance", status.instance},
      {"started", seconds(status.started)},
      {"written", seconds(status.written)},
      {"healthy", status.healthy},
      {"clock_synchronised", status.clock_synchronised},
      {"queue_form", status.queue_form},
      {"policy", policy_object(status)},
      {"packet_loops", std::move(loops)},
      {"dns", resolver_object(status.resolver)},
      {"x509_crls", prober_object(status.crls)},
      {"flow_log", stream_object(status.flow_log)},
      {"config_log", stream_object(status.config_log)},
      {"dropped_by_kernel_rules", std::move(firewall)},
      {"conntrack", {{"entries", status.conntrack.entries}, {"max", status.conntrack.max}}},
      {"snat", snat_object(status.snat)},
      {"histograms", histograms_object(status)}};
  if (status.metrics_log) document["metrics_log"] = stream_object(*status.metrics_log);
  if (status.aws) document["aws"] = aws_object(*status.aws);
  return json::serialize(document) + "\n";
}

Result<void> write_status(const std::string& state_dir, const std::string& json) {
  const std::string path = state_dir + "/status.json";
  const std::string fresh = path + ".new";
  {
    std::ofstream file(fresh, std::ios::binary | std::ios::trunc);
    file << json;
    file.flush();
    if (!file) return fail(fresh + ": cannot be written");
  }
  if (std::rename(fresh.c_str(), path.c_str()) != 0) return fail(path + ": cannot be replaced");
  return {};
}

}  // namespace dn::daemon
