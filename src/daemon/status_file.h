// StatusFile: state_dir/status.json, rewritten every few seconds, for `discriminat status`.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "certificates/crl_prober.h"
#include "daemon/cloud_source.h"
#include "daemon/host_facts.h"
#include "daemon/packet_loop.h"
#include "daemon/snat_pressure.h"
#include "netfilter/firewall.h"
#include "resolver/resolver.h"
#include "shipper/stream_shipper.h"
#include "store/log_store.h"

namespace dn::daemon {

// Of a gateway whose policy comes from AWS.
struct AwsStatus {
  std::string region;
  CloudStats cloud;
  std::size_t problems = 0;
  std::optional<Duration> sweep_age;                  // of the last complete one of interfaces
  std::map<std::string, shipper::ShipStats> shipped;  // by stream; empty: not shipped
};

struct GatewayStatus {
  std::string version, instance, queue_form;
  WallTime started, written;
  bool healthy = false, clock_synchronised = true, policy_file_broken = false;
  std::uint64_t policy_revision = 0;
  std::optional<Duration> policy_age;  // since it was published last
  std::size_t policy_findings = 0, policy_problems = 0, names_with_problems = 0;
  std::size_t policy_clients = 0, policy_groups = 0;
  std::uint64_t revoked = 0, silent_erased = 0;
  std::vector<LoopStatus> loops;
  resolver::ResolverStats resolver;
  certificates::ProberStats crls;
  std::optional<AwsStatus> aws;
  store::StreamStats flow_log, config_log;
  std::optional<store::StreamStats> metrics_log;  // where there is one
  std::vector<netfilter::FirewallCounter> firewall;
  ConntrackUse conntrack;
  SnatUse snat;
  ProcessUse process;
};

// Of all packet loops.
struct LoopHistograms {
  Histogram handshake{kHandshakeBounds}, held{kHandshakeBounds}, added{kAddedBounds};
};
LoopHistograms histograms_of(const GatewayStatus& status);

std::string format_status(const GatewayStatus& status);

// Written beside and renamed, so that a reader never sees half of it.
Result<void> write_status(const std::string& state_dir, const std::string& json);

}  // namespace dn::daemon
