#include "policy/crl_rules.h"

#include <algorithm>
#include <utility>

#include "policy/pattern.h"

namespace dn::policy {
namespace {

constexpr Port kHttpsPort = 443;

bool counts(const Posting& posting, const std::vector<bool>& used) {
  return protocol_of(posting.key) == Protocol::Tls && used[group_of(posting.key)];
}

Port port_to_ask(PortRange ports) {
  if (ports.contains(kHttpsPort)) return kHttpsPort;
  return std::max<Port>(ports.from, 1);
}

}  // namespace

Bounded<CrlRule> select_crl_rules(const std::vector<HostCrls>& hosts, const RuleIndex& rules,
                                  const std::vector<bool>& used) {
  Bounded<CrlRule> selected;
  for (const HostCrls& host : hosts) {
    for (const Posting& posting : rules.find(host.name)) {
      if (!counts(posting, used) || !posting.ports.contains(host.port)) continue;
      for (const HttpUri& uri : host.crls) {
        if (selected.values.size() >= kCrlRulesMax) {
          ++selected.left_out;
          continue;
        }
        selected.values.push_back(
            {.uri = uri, .group = group_of(posting.key), .name = posting.text});
      }
    }
  }
  return selected;
}

Bounded<TlsHost> select_tls_hosts(const RuleIndex& rules, const std::vector<bool>& used) {
  Bounded<TlsHost> selected;
  const Postings postings = rules.postings();
  for (std::size_t first = 0, last = 0; first < postings.size(); first = last) {
    std::vector<Port> ports;
    for (last = first; last < postings.size() && postings[last].text == postings[first].text;
         ++last) {
      if (!counts(postings[last], used) || ports.size() >= kTlsPortsPerNameMax) continue;
      const Port port = port_to_ask(postings[last].ports);
      if (std::find(ports.begin(), ports.end(), port) == ports.end()) ports.push_back(port);
    }
    const std::string_view name = rules.text(postings[first].text);
    if (ports.empty() || has_wildcard(name) || parse_ipv4(name)) continue;
    for (const Port port : ports) {
      if (selected.values.size() >= kTlsHostsMax) {
        ++selected.left_out;
      } else {
        selected.values.push_back({.name = std::string(name), .port = port});
      }
    }
  }
  std::sort(selected.values.begin(), selected.values.end());
  return selected;
}

}  // namespace dn::policy
