#include "daemon/gateway_metrics.h"

#include <fmt/format.h>

#include <array>

namespace dn::daemon {
namespace {

using metrics::metric;
using metrics::Samples;

// The sum over the loops of what `of` gives.
template <class Of>
std::uint64_t total(const GatewayStatus& status, Of of) {
  std::uint64_t sum = 0;
  for (const LoopStatus& loop : status.loops) sum += of(loop);
  return sum;
}

double since_1970(WallTime time) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}

void add_decisions(const GatewayStatus& status, Samples& out) {
  engine::Decisions all;
  for (const LoopStatus& loop : status.loops) all.merge(loop.engine.decisions);
  all.for_each([&](const engine::Decision& decision, std::uint64_t count) {
    const bool client = decision.side == records::PacketOrigin::Client;
    const bool allowed = decision.outcome == records::Outcome::Allowed;
    const bool by_rule = decision.reason == Reason::None;
    out.add(metric("discriminat_decisions_total"), count,
            {client ? "client" : "server", allowed ? "allowed" : "disallowed",
             by_rule ? "policy" : slug_of(decision.reason), to_text(decision.protocol)});
  });
  for (const ReasonRow& row : kReasons) {
    const auto place = static_cast<std::size_t>(row.reason);
    const std::uint64_t strays =
        total(status, [&](const LoopStatus& loop) { return loop.engine.strays[place]; });
    if (strays != 0) out.add(metric("discriminat_stray_packets_total"), strays, {row.slug});
  }
}

void add_engines(const GatewayStatus& status, Samples& out) {
  const auto engine = [&](std::uint64_t engine::EngineCounters::* counter) {
    return total(status, [&](const LoopStatus& loop) { return loop.engine.*counter; });
  };
  using Counters = engine::EngineCounters;
  const LoopHistograms histograms = histograms_of(status);
  out.add(metric("discriminat_handshake_seconds"), histograms.handshake);
  out.add(metric("discriminat_held_seconds"), histograms.held);
  out.add(metric("discriminat_added_seconds"), histograms.added);
  out.add(metric("discriminat_handed_over_total"), engine(&Counters::handed_over));
  out.add(metric("discriminat_packets_total"), engine(&Counters::packets));
  out.add(metric("discriminat_evicted_flows_total"), engine(&Counters::evicted));
  out.add(metric("discriminat_injected_packets_total"), engine(&Counters::injected));
  out.add(metric("discriminat_clients_asked_total"), engine(&Counters::clients_asked));
  out.add(metric("discriminat_log_lines_suppressed_total"),
          engine(&Counters::log_lines_suppressed));
  out.add(metric("discriminat_injection_failures_total"),
          total(status, [](const LoopStatus& loop) { return loop.injector.failed; }));
  out.add(metric("discriminat_flows"),
          total(status, [](const LoopStatus& loop) { return loop.flows; }));
  out.add(metric("discriminat_held_bytes"),
          total(status, [](const LoopStatus& loop) { return loop.held_bytes; }));
  out.add(metric("discriminat_loop_events_lost_total"),
          total(status, [](const LoopStatus& loop) { return loop.events_lost; }));
}

void add_queues(const GatewayStatus& status, Samples& out) {
  for (const LoopStatus& loop : status.loops) {
    const std::string queue = std::to_string(loop.queue_number);
    out.add(metric("discriminat_packet_loop_up"), loop.answers, {queue});
    out.add(metric("discriminat_queue_waiting_packets"), loop.kernel_queue.waiting, {queue});
    out.add(metric("discriminat_queue_dropped_packets_total"), loop.kernel_queue.queue_dropped,
            {queue});
    out.add(metric("discriminat_queue_user_dropped_packets_total"), loop.kernel_queue.user_dropped,
            {queue});
    out.add(metric("discriminat_queue_enobufs_total"), loop.queue.enobufs, {queue});
    out.add(metric("discriminat_queue_truncated_packets_total"), loop.queue.truncated, {queue});
    out.add(metric("discriminat_queue_verdict_errors_total"), loop.queue.verdict_errors, {queue});
  }
}

void add_names(const GatewayStatus& status, Samples& out) {
  const resolver::ResolverStats& dns = status.resolver;
  const std::uint64_t refreshed = dns.asked - std::min(dns.asked, dns.asked_on_demand);
  out.add(metric("discriminat_dns_questions_total"), refreshed, {"refresh"});
  out.add(metric("discriminat_dns_questions_total"), dns.asked_on_demand, {"demand"});
  out.add(metric("discriminat_dns_answers_total"), dns.answered, {"answered"});
  out.add(metric("discriminat_dns_answers_total"), dns.no_data, {"no-data"});
  out.add(metric("discriminat_dns_answers_total"), dns.no_name, {"no-name"});
  out.add(metric("discriminat_dns_answers_total"), dns.failed, {"failed"});
  out.add(metric("discriminat_dns_timeouts_total"), dns.timeouts);
  out.add(metric("discriminat_dns_dropped_questions_total"), dns.dropped);
  out.add(metric("discriminat_dns_names_unanswered"), dns.names_unanswered);
  out.add(metric("discriminat_dns_names_with_problems"), status.names_with_problems);
  out.add(metric("discriminat_ledger_names"), dns.ledger_names);
  out.add(metric("discriminat_ledger_addresses"), dns.ledger_addresses);
  out.add(metric("discriminat_crl_hosts"), status.crls.hosts);
  out.add(metric("discriminat_crl_hosts_with_problems"), status.crls.problems);
}

void add_policy(const GatewayStatus& status, Samples& out) {
  out.add(metric("discriminat_policy_revision"), status.policy_revision);
  if (status.policy_age) {
    out.add(metric("discriminat_policy_age_seconds"), seconds_of(*status.policy_age));
  }
  out.add(metric("discriminat_policy_file_broken"), status.policy_file_broken);
  out.add(metric("discriminat_policy_findings"), status.policy_findings);
  out.add(metric("discriminat_policy_problems"), status.policy_problems);
  out.add(metric("discriminat_policy_clients"), status.policy_clients);
  out.add(metric("discriminat_policy_groups"), status.policy_groups);
  out.add(metric("discriminat_policy_names"), status.resolver.names);
  out.add(metric("discriminat_connections_revoked_total"), status.revoked);
  out.add(metric("discriminat_silent_connections_erased_total"), status.silent_erased);
}

// The age of the oldest line that waits.
double lag_seconds(const GatewayStatus& status, const shipper::ShipStats& ship) {
  if (!ship.waiting_since) return 0;
  return std::max(0.0, seconds_of(status.written - *ship.waiting_since));
}

void add_cloud(const GatewayStatus& status, const AwsStatus& aws, Samples& out) {
  if (aws.sweep_age) {
    out.add(metric("discriminat_cloud_sweep_age_seconds"), seconds_of(*aws.sweep_age));
  }
  out.add(metric("discriminat_cloud_interfaces"), aws.cloud.interfaces);
  out.add(metric("discriminat_cloud_groups"), aws.cloud.groups);
  out.add(metric("discriminat_cloud_problems"), aws.problems);
  for (const auto& [stream, ship] : aws.shipped) {
    out.add(metric("discriminat_shipped_lines_total"), ship.shipped, {stream});
    out.add(metric("discriminat_shipper_refused_lines_total"), ship.rejected + ship.refused,
            {stream});
    out.add(metric("discriminat_shipper_lag_seconds"), lag_seconds(status, ship), {stream});
    out.add(metric("discriminat_shipper_failing"), ship.failing, {stream});
  }
}

void add_kernel(const GatewayStatus& status, Samples& out) {
  out.add(metric("discriminat_conntrack_entries"), status.conntrack.entries);
  out.add(metric("discriminat_conntrack_entries_max"), status.conntrack.max);
  // Each destination that ever shows up is a time series for good: only those that matter do.
  for (const SnatDestination& at : status.snat.top) {
    if (at.ports < kSnatPortsMax / 100) continue;
    out.add(metric("discriminat_snat_ports"), at.ports, {to_text(at)});
  }
  out.add(metric("discriminat_snat_ports_max"), kSnatPortsMax);
  out.add(metric("discriminat_snat_destinations"), status.snat.destinations);
  for (const netfilter::FirewallCounter& counter : status.firewall) {
    out.add(metric("discriminat_kernel_rule_packets_total"), counter.packets, {counter.name});
  }
}

void add_log(std::string_view name, const store::StreamStats& stream, Samples& out) {
  out.add(metric("discriminat_log_lines_total"), stream.written.lines, {name});
  out.add(metric("discriminat_log_dropped_lines_total"), stream.dropped_lines, {name});
  out.add(metric("discriminat_log_queue_bytes"), stream.queued_bytes, {name});
  out.add(metric("discriminat_log_disk_bytes"), stream.written.disk_bytes, {name});
  out.add(metric("discriminat_log_failing"), stream.failing, {name});
}

void add_itself(const GatewayStatus& status, Samples& out) {
  out.add(metric("discriminat_healthy"), status.healthy);
  out.add(metric("discriminat_clock_synchronised"), status.clock_synchronised);
  out.add(metric("discriminat_status_timestamp_seconds"), since_1970(status.written));
  out.add(metric("discriminat_build_info"), 1, {status.version});
  out.add(metric("discriminat_data_plane_info"), 1,
          {status.queue_form, std::to_string(status.loops.size())});
  out.add(metric("process_cpu_seconds_total"), seconds_of(status.process.cpu));
  out.add(metric("process_resident_memory_bytes"), status.process.resident_bytes);
  out.add(metric("process_virtual_memory_bytes"), status.process.virtual_bytes);
  out.add(metric("process_open_fds"), status.process.open_descriptors);
  out.add(metric("process_max_fds"), status.process.max_descriptors);
  out.add(metric("process_start_time_seconds"), since_1970(status.started));
}

}  // namespace

metrics::Samples samples_of(const GatewayStatus& status) {
  Samples samples;
  add_decisions(status, samples);
  add_engines(status, samples);
  add_queues(status, samples);
  add_names(status, samples);
  add_policy(status, samples);
  if (status.aws) add_cloud(status, *status.aws, samples);
  add_kernel(status, samples);
  add_log("flow", status.flow_log, samples);
  add_log("config", status.config_log, samples);
  if (status.metrics_log) add_log("metrics", *status.metrics_log, samples);
  add_itself(status, samples);
  return samples;
}

}  // namespace dn::daemon
