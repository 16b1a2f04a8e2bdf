#include "daemon/crl_watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace dn::daemon {

CrlWatch::CrlWatch(CrlWatchSettings settings, ConfigLog& log,
                   std::function<void(const DomainName&)> ask)
    : settings_(std::move(settings)),
      log_(log) {
  certificates::ProberSettings prober;
  prober.ca_file = settings_.ca_file;
  prober.seed = settings_.seed;
  certificates::ProberEvents events;
  events.ask = std::move(ask);
  events.on_problem = [this](const certificates::ProbeTarget& target, const std::string& problem) {
    write_problem(target, problem);
  };
  events.on_trust_problem = [this](const std::string& problem) {
    log_.write_self(problem.empty() ? "accepted" : "warning",
                    problem.empty() ? "x509_crls: certificate authorities can be read again"
                                    : "x509_crls: no revocation list is learnt: " + problem);
  };
  prober_ = std::make_unique<certificates::CrlProber>(std::move(prober), std::move(events));
}

void CrlWatch::write_problem(const certificates::ProbeTarget& target, const std::string& problem) {
  if (problem.empty()) {
    log_.write_name(
        "removed", target.name.text(),
        fmt::format("x509_crls: its certificates at port {} can be verified again", target.port));
    return;
  }
  log_.write_name(
      "warning", target.name.text(),
      fmt::format("x509_crls: its certificates at port {} cannot be verified, so no revocation "
                  "list is learnt from them: {}",
                  target.port, problem));
}

void CrlWatch::on_policy(const std::vector<policy::TlsHost>& hosts) {
  std::vector<certificates::ProbeTarget> targets;
  for (const policy::TlsHost& host : hosts) {
    if (const auto name = DomainName::parse(host.name)) targets.push_back({*name, host.port});
  }
  std::sort(targets.begin(), targets.end());
  has_hosts_ = !targets.empty();
  prober_->set_targets(targets);
}

bool CrlWatch::may_probe(Ipv4Address address) const {
  if (!is_reachable(address, settings_.allow_private)) return false;
  return std::ranges::find(settings_.own_addresses, address) == settings_.own_addresses.end();
}

void CrlWatch::on_answer(const engine::DnsAnswer& answer) {
  if (!prober_->awaits(answer.name)) return;
  std::vector<Ipv4Address> addresses;
  for (const auto& entry : answer.addresses) {
    if (may_probe(entry.address)) addresses.push_back(entry.address);
  }
  prober_->on_answer(answer.name, addresses);
}

std::optional<std::vector<policy::HostCrls>> CrlWatch::look(MonotonicTime now) {
  if (!has_hosts_ && !prober_->started()) return {};
  prober_->start();
  if (prober_->stats().in_work > 0 && now < next_take_) return {};
  auto findings = prober_->take_findings();
  if (!findings) return {};
  next_take_ = now + kCrlsTakenEvery;
  std::vector<policy::HostCrls> hosts;
  for (auto& finding : *findings) {
    hosts.push_back({.name = std::string(finding.target.name.text()),
                     .port = finding.target.port,
                     .crls = std::move(finding.crls)});
  }
  return hosts;
}

}  // namespace dn::daemon
