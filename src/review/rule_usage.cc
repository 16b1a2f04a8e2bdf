#include "review/rule_usage.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/domain_name.h"
#include "records/json_pieces.h"

namespace dn::review {

std::optional<policy::RuleRef> RuleUsage::find_rule(const UsedFlow& flow) const {
  const policy::ClientPolicy* client = policy_->find_client(flow.client);
  if (client == nullptr) return {};
  const auto address = flow.destination ? flow.destination : parse_ipv4(flow.dhost);
  if (address) {
    const auto rule = client->match_address(flow.protocol, flow.port, *address);
    if (rule) return rule;
  }
  const auto name = DomainName::parse(flow.dhost);
  if (!name) return {};
  return client->match_name(flow.protocol, flow.port, *name);
}

void RuleUsage::add(const UsedFlow& flow) {
  connections_ += flow.connections;
  const auto rule = find_rule(flow);
  if (!rule) {
    unmatched_ += flow.connections;
    return;
  }
  const auto [place, fresh] = rules_.try_emplace({rule->gid, rule->addr, flow.protocol});
  Use& use = place->second;
  use.connections += flow.connections;
  use.last = fresh ? flow.last : std::max(use.last, flow.last);
}

void print_rule_usage_json(const RuleUsage& usage, std::ostream& out) {
  out << "{\"rules\": [";
  std::string_view separator = "\n";
  for (const auto& [rule, use] : usage.rules()) {
    out << separator << "  {" << records::json_field("gid", rule.gid) << ", "
        << records::json_field("addr", rule.addr) << ", "
        << records::json_field("proto", to_text(rule.protocol))
        << fmt::format(", \"connections\": {}, \"last\": {}}}", use.connections,
                       records::json_time(use.last));
    separator = ",\n";
  }
  out << fmt::format("],\n\"connections\": {}, \"unmatched\": {}}}\n", usage.connections(),
                     usage.unmatched());
}

}  // namespace dn::review
