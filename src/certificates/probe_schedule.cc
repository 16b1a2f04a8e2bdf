#include "certificates/probe_schedule.h"

#include <algorithm>

namespace dn::certificates {

Duration ProbeSchedule::with_jitter(Duration duration) {
  const auto quarter = static_cast<std::uint64_t>(duration.count() / 4);
  return duration - Duration(static_cast<Duration::rep>(random_() % (quarter + 1)));
}

void ProbeSchedule::put_off(Hosts::iterator host, MonotonicTime due) {
  host->second.in_work = false;
  host->second.due = due;
  waiting_.emplace(due, &host->first);
}

void ProbeSchedule::forget(Hosts::iterator host) {
  if (!host->second.in_work) waiting_.erase({host->second.due, &host->first});
  if (host->second.has_problem) --problems_;
  if (!host->second.crls.empty()) changed_ = true;
  hosts_.erase(host);
}

void ProbeSchedule::set_targets(const std::vector<ProbeTarget>& targets, MonotonicTime now) {
  for (auto host = hosts_.begin(); host != hosts_.end();) {
    const auto next = std::next(host);
    if (!std::binary_search(targets.begin(), targets.end(), host->first)) forget(host);
    host = next;
  }
  for (const ProbeTarget& target : targets) {
    const auto [host, added] = hosts_.try_emplace(target);
    if (added) put_off(host, now);
  }
}

std::optional<ProbeTarget> ProbeSchedule::begin_next(MonotonicTime now) {
  if (waiting_.empty() || waiting_.begin()->first > now) return {};
  const ProbeTarget target = *waiting_.begin()->second;
  waiting_.erase(waiting_.begin());
  hosts_.find(target)->second.in_work = true;
  return target;
}

std::optional<MonotonicTime> ProbeSchedule::next_due() const {
  if (waiting_.empty()) return {};
  return waiting_.begin()->first;
}

void ProbeSchedule::drop_old(Host& host, MonotonicTime now) {
  const auto is_old = [&](const Seen& seen) { return seen.at + kCrlKeep < now; };
  if (std::erase_if(host.crls, is_old) > 0) changed_ = true;
  while (host.crls.size() > kCrlsPerHostMax) {
    const auto before = [](const Seen& a, const Seen& b) { return a.at < b.at; };
    host.crls.erase(std::min_element(host.crls.begin(), host.crls.end(), before));
    changed_ = true;
  }
}

ProblemChange ProbeSchedule::on_success(const ProbeTarget& target, const std::vector<HttpUri>& crls,
                                        MonotonicTime now) {
  const auto found = hosts_.find(target);
  if (found == hosts_.end() || !found->second.in_work) return ProblemChange::None;
  Host& host = found->second;
  for (const HttpUri& uri : crls) {
    const auto known = std::ranges::find(host.crls, uri, &Seen::uri);
    if (known != host.crls.end()) {
      known->at = now;
    } else {
      host.crls.push_back({uri, now});
      changed_ = true;
    }
  }
  drop_old(host, now);
  host.failures = 0;
  put_off(found, now + with_jitter(kProbeInterval));
  if (!host.has_problem) return ProblemChange::None;
  host.has_problem = false;
  --problems_;
  return ProblemChange::Went;
}

ProblemChange ProbeSchedule::on_failure(const ProbeTarget& target, std::string problem,
                                        MonotonicTime now) {
  const auto found = hosts_.find(target);
  if (found == hosts_.end() || !found->second.in_work) return ProblemChange::None;
  Host& host = found->second;
  drop_old(host, now);
  constexpr int kDoublingsMax = 10;  // far beyond kProbeRetryMax
  const Duration pause = std::min<Duration>(
      kProbeRetryFirst * (1 << std::min(host.failures, kDoublingsMax)), kProbeRetryMax);
  ++host.failures;
  put_off(found, now + with_jitter(pause));
  if (problem.empty() || host.has_problem) return ProblemChange::None;
  host.has_problem = true;
  ++problems_;
  return ProblemChange::Appeared;
}

std::optional<std::vector<ProbeFinding>> ProbeSchedule::take_findings() {
  if (!changed_) return {};
  changed_ = false;
  std::vector<ProbeFinding> findings;
  for (const auto& [target, host] : hosts_) {
    if (host.crls.empty()) continue;
    ProbeFinding finding{.target = target, .crls = {}};
    for (const Seen& seen : host.crls) finding.crls.push_back(seen.uri);
    std::sort(finding.crls.begin(), finding.crls.end());
    findings.push_back(std::move(finding));
  }
  return findings;
}

}  // namespace dn::certificates
