// The metrics that CloudWatch makes of the stream `metrics`: a chosen few, for alarms and graphs.
//
// Each row names a metric of metric_table.h and how CloudWatch calls it. There every metric of
// every gateway is paid for by itself, so labels are folded: the sum of a counter, the largest of a
// gauge, the mean of what a histogram took in. Names stand at the top level of a log line beside
// its fields, which are written in lower case. The page docs/metrics.md is made from here; emf.h
// writes the lines. Covered by emf_test.cc.
#pragma once

#include <array>
#include <string_view>

#include "metrics/metric_table.h"

namespace dn::metrics {

struct CloudwatchRow {
  std::string_view name;
  std::string_view unit;  // one of CloudWatch's words
  const MetricRow& of;
  std::array<std::string_view, kLabelsMax> labels;  // only samples with these; "": any
  const MetricRow* whole = nullptr;                 // a gauge: the value is per cent of this one
};

inline constexpr std::string_view kCloudwatchNamespace = "DiscrimiNAT";

inline constexpr std::array kCloudwatchMetrics = {
    CloudwatchRow{"ConnectionsAllowed",
                  "Count",
                  metric("discriminat_decisions_total"),
                  {"client", "allowed"}},
    CloudwatchRow{"ConnectionsRefused",
                  "Count",
                  metric("discriminat_decisions_total"),
                  {"client", "disallowed"}},
    CloudwatchRow{
        "ServersRefused", "Count", metric("discriminat_decisions_total"), {"server", "disallowed"}},
    CloudwatchRow{
        "ConnectionsRevoked", "Count", metric("discriminat_connections_revoked_total"), {}},
    CloudwatchRow{"StrayPackets", "Count", metric("discriminat_stray_packets_total"), {}},
    CloudwatchRow{"HandshakeTime", "Milliseconds", metric("discriminat_handshake_seconds"), {}},
    CloudwatchRow{"HeldTime", "Milliseconds", metric("discriminat_held_seconds"), {}},
    CloudwatchRow{"FlowsEvicted", "Count", metric("discriminat_evicted_flows_total"), {}},
    CloudwatchRow{"QueueDrops", "Count", metric("discriminat_queue_dropped_packets_total"), {}},
    CloudwatchRow{
        "QueueSocketDrops", "Count", metric("discriminat_queue_user_dropped_packets_total"), {}},
    CloudwatchRow{"DnsFailures", "Count", metric("discriminat_dns_answers_total"), {"failed"}},
    CloudwatchRow{
        "NamesWithoutAddress", "Count", metric("discriminat_dns_names_with_problems"), {}},
    CloudwatchRow{"PolicyAge", "Seconds", metric("discriminat_policy_age_seconds"), {}},
    CloudwatchRow{"PolicyProblems", "Count", metric("discriminat_policy_problems"), {}},
    CloudwatchRow{"PolicyClients", "Count", metric("discriminat_policy_clients"), {}},
    CloudwatchRow{"CloudSweepAge", "Seconds", metric("discriminat_cloud_sweep_age_seconds"), {}},
    CloudwatchRow{"CloudProblems", "Count", metric("discriminat_cloud_problems"), {}},
    CloudwatchRow{"ConntrackUse",
                  "Percent",
                  metric("discriminat_conntrack_entries"),
                  {},
                  &metric("discriminat_conntrack_entries_max")},
    CloudwatchRow{"SnatPortsUse",
                  "Percent",
                  metric("discriminat_snat_ports"),
                  {},
                  &metric("discriminat_snat_ports_max")},
    CloudwatchRow{"LogLinesDropped", "Count", metric("discriminat_log_dropped_lines_total"), {}},
    CloudwatchRow{
        "ShipperLinesRefused", "Count", metric("discriminat_shipper_refused_lines_total"), {}},
    CloudwatchRow{"ShipperLag", "Seconds", metric("discriminat_shipper_lag_seconds"), {}},
    CloudwatchRow{"ResidentMemory", "Bytes", metric("process_resident_memory_bytes"), {}},
    CloudwatchRow{"Healthy", "None", metric("discriminat_healthy"), {}},
};

}  // namespace dn::metrics
