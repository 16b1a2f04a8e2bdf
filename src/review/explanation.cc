#include "review/explanation.h"

#include <fmt/format.h>

#include "policy/idna.h"
#include "policy/member.h"
#include "policy/preferences.h"
#include "records/json_pieces.h"

namespace dn::review {
namespace {

using policy::ClientPolicy;
using policy::RuleRef;

std::optional<RuleRef> find_rule(const Flow& flow, const ClientPolicy& client) {
  if (flow.name) return client.match_name(flow.protocol, flow.port, *flow.name);
  return client.match_address(flow.protocol, flow.port, *flow.address);
}

bool matches_elsewhere(const Flow& flow, const ClientPolicy& client) {
  if (flow.name) return client.matches_on_other_port(flow.protocol, flow.port, *flow.name);
  return client.matches_on_other_port(flow.protocol, flow.port, *flow.address);
}

// The reason why the rules refuse the connection; None where `rule` allows it.
Reason refuse(const Flow& flow, const policy::PolicySnapshot& policy,
              std::optional<RuleRef>& rule) {
  if (flow.address && find_special(*flow.address) != nullptr) return Reason::DstSpecial;
  if (!policy.is_known_client(flow.source)) return Reason::ClientUnknown;
  if (flow.protocol == Protocol::Http) return Reason::HttpNotAllowed;
  const ClientPolicy* client = policy.find_client(flow.source);
  rule = find_rule(flow, *client);
  if (rule) return Reason::None;
  return matches_elsewhere(flow, *client) ? Reason::PortNotAllowed : Reason::NotAllowlisted;
}

std::vector<std::string> checks_of(const Flow& flow) {
  std::vector<std::string> checks;
  if (flow.name) {
    checks.push_back(
        fmt::format("its own look-ups of {} give the destination address", flow.name->text()));
  }
  if (flow.protocol == Protocol::Tls) {
    checks.push_back(flow.name ? fmt::format("the TLS handshake is well formed and asks for {}",
                                             flow.name->text())
                               : "the TLS handshake is well formed");
    checks.push_back("client and server agree on TLS 1.2 or newer");
  } else if (flow.protocol == Protocol::Ssh) {
    checks.push_back("client and server speak SSH 2");
  }
  return checks;
}

// Protocol from the port, port from the protocol, TLS on 443 from nothing.
void fill_protocol_and_port(const FlowQuestion& question, Flow& flow) {
  if (question.protocol) {
    flow.protocol = *question.protocol;
  } else if (question.port == Port{22}) {
    flow.protocol = Protocol::Ssh;
  } else if (question.port == Port{80}) {
    flow.protocol = Protocol::Http;
  }
  if (question.port) {
    flow.port = *question.port;
  } else if (flow.protocol == Protocol::Ssh) {
    flow.port = 22;
  } else if (flow.protocol == Protocol::Http) {
    flow.port = 80;
  }
}

}  // namespace

std::optional<Flow> read_flow(const FlowQuestion& question) {
  Flow flow;
  flow.source = question.source;
  fill_protocol_and_port(question, flow);
  flow.address = parse_ipv4(question.destination);
  if (flow.address) return flow;
  const auto converted = policy::to_a_labels(question.destination);
  if (converted) flow.name = DomainName::parse(*converted);
  if (!flow.name) return {};
  return flow;
}

Explanation explain_flow(const Flow& flow, const policy::PolicySnapshot& policy, Date today) {
  Explanation answer;
  std::optional<RuleRef> rule;
  answer.reason = refuse(flow, policy, rule);
  if (rule) {
    answer.allowed = true;
    answer.gid = rule->gid;
    answer.addr = rule->addr;
    answer.checks = checks_of(flow);
    return answer;
  }
  const ClientPolicy* client = policy.find_client(flow.source);
  const policy::SeeThru* see_thru = client == nullptr ? nullptr : client->see_thru();
  if (answer.reason != Reason::DstSpecial && see_thru != nullptr && see_thru->until >= today) {
    answer.allowed = true;
    answer.by_see_thru = true;
    answer.gid = see_thru->gid;
    answer.addr = policy::format_date(see_thru->until);
    answer.checks = {"the bytes of the connection are sound; nothing else"};
  }
  return answer;
}

std::string destination_of(const Flow& flow) {
  return flow.name ? std::string(flow.name->text()) : to_text(*flow.address);
}

std::vector<std::string> advice_for(const Flow& flow, const Explanation& answer,
                                    const policy::ClientBinding& source) {
  std::vector<std::string> lines;
  if (answer.reason == Reason::DstSpecial) {
    lines.push_back("no rule can allow it: the address is special");
    return lines;
  }
  if (answer.reason == Reason::HttpNotAllowed) {
    lines.push_back("no rule can allow plain HTTP: use TLS, or see-thru for a while");
    return lines;
  }
  if (answer.reason == Reason::ClientUnknown) {
    lines.push_back("make the source a client:");
    lines.push_back("  [[client]]");
    lines.push_back(fmt::format("  address = \"{}\"", to_text(flow.source)));
    lines.push_back("  groups = [\"…\"]");
    return lines;
  }
  const std::string gids = source.gids.empty() ? "a group of the client"
                                               : fmt::format("{}", fmt::join(source.gids, " or "));
  lines.push_back(answer.reason == Reason::PortNotAllowed
                      ? fmt::format("a rule names it on another port; add to {}:", gids)
                      : fmt::format("add to {}:", gids));
  lines.push_back("  [[group.egress]]");
  lines.push_back(fmt::format("  description = \"discriminat:{}:{}\"", to_text(flow.protocol),
                              destination_of(flow)));
  lines.push_back(fmt::format("  ports = {}", flow.port));
  return lines;
}

std::optional<std::string> annotation_for(const Flow& flow, const Explanation& answer) {
  const bool has_rules = flow.protocol == Protocol::Tls || flow.protocol == Protocol::Ssh;
  if (!has_rules || answer.reason == Reason::ClientUnknown) return {};
  // Neither a special address nor a name that is not fully qualified is a member.
  const std::string destination = destination_of(flow);
  if (!policy::parse_member(destination)) return {};
  return fmt::format("discriminat:{}:{}", to_text(flow.protocol), destination);
}

void print_explanation_json(const Flow& flow, const Explanation& answer,
                            const policy::ClientBinding& source, std::ostream& out) {
  const auto& reason = row_of(answer.reason);
  const auto annotation = annotation_for(flow, answer);
  const auto flag = [](bool value) { return value ? "true" : "false"; };
  out << "{\"allowed\": " << flag(answer.allowed)
      << ", \"by_see_thru\": " << flag(answer.by_see_thru) << ", "
      << records::json_field("src", to_text(flow.source)) << ", "
      << records::json_field("dhost", destination_of(flow)) << ", \"dpt\": " << flow.port << ", "
      << records::json_field("proto", to_text(flow.protocol)) << ", "
      << "\"groups\": " << records::json_list(source.gids) << ", "
      << records::json_field("gid", answer.gid) << ", " << records::json_field("addr", answer.addr)
      << ", " << records::json_field("reason", reason.slug) << ", "
      << records::json_field("sentence", answer.reason == Reason::None ? "" : reason.sentence)
      << ", \"verified_at_run_time\": " << records::json_list(answer.checks) << ", \"advice\": "
      << records::json_list(answer.reason == Reason::None ? std::vector<std::string>()
                                                          : advice_for(flow, answer, source))
      << ", \"annotation\": " << (annotation ? records::json_text(*annotation) : "null") << "}\n";
}

}  // namespace dn::review
