#include "review/replay_judge.h"

namespace dn::review {
namespace {

using policy::ClientPolicy;
using policy::RuleRef;

// Reasons that no policy changes, besides the integrity checks: what is never forwarded, and what
// the peers did.
bool is_beyond_policy(Reason reason) {
  switch (reason) {
    case Reason::DstSpecial:
    case Reason::ProtoNotTcp:
    case Reason::ProtoIpv6:
    case Reason::ProtoQuic:
    case Reason::ServerTimeout:
    case Reason::ServerClosed:
    case Reason::ClientReset:
    case Reason::RuleRemoved:
    case Reason::TlsAlert: return true;
    default: return row_of(reason).integrity;
  }
}

bool says_dns(Reason reason) {
  return reason == Reason::DnsMismatch || reason == Reason::DnsNotReady ||
         reason == Reason::DnsFailed || reason == Reason::DnsPrivateAddress;
}

// What rules say: a rule, or why there is none.
struct RuleAnswer {
  std::optional<RuleRef> rule;
  Reason reason = Reason::None;
  bool uncertain = false;
};

RuleAnswer refuse(Reason reason) {
  return {{}, reason, false};
}

Reason lacking(const LoggedFlow& flow, const ClientPolicy& client) {
  const bool elsewhere =
      client.matches_on_other_port(flow.protocol, flow.port, flow.destination) ||
      (flow.name && client.matches_on_other_port(flow.protocol, flow.port, *flow.name));
  return elsewhere ? Reason::PortNotAllowed : Reason::NotAllowlisted;
}

RuleAnswer ask_tls(const LoggedFlow& flow, const ClientPolicy& client) {
  if (flow.reason == Reason::TlsVersionClientTooOld) return refuse(*flow.reason);
  if (const auto rule = client.match_address(flow.protocol, flow.port, flow.destination)) {
    return {rule, Reason::None, false};
  }
  if (!flow.name) return refuse(Reason::TlsNoSni);
  if (const auto rule = client.match_name(flow.protocol, flow.port, *flow.name)) {
    if (flow.reason && says_dns(*flow.reason)) return refuse(*flow.reason);
    return {rule, Reason::None, false};
  }
  return refuse(lacking(flow, client));
}

RuleAnswer ask_ssh(const LoggedFlow& flow, const ClientPolicy& client) {
  if (flow.reason == Reason::SshVersionClient) return refuse(*flow.reason);
  if (const auto rule = client.match_address(flow.protocol, flow.port, flow.destination)) {
    return {rule, Reason::None, false};
  }
  if (flow.name) {
    const auto rule = client.match_name(flow.protocol, flow.port, *flow.name);
    if (rule) return {rule, Reason::None, false};
  }
  RuleAnswer answer = refuse(lacking(flow, client));
  answer.uncertain = !client.ssh_names(flow.port, 1).empty();
  return answer;
}

RuleAnswer ask_rules(const LoggedFlow& flow, const policy::PolicySnapshot& policy, bool crls) {
  const ClientPolicy* client = policy.find_client(flow.client);
  if (client == nullptr || !policy.is_known_client(flow.client)) {
    return refuse(Reason::ClientUnknown);
  }
  switch (flow.protocol) {
    case Protocol::Tls: return ask_tls(flow, *client);
    case Protocol::Ssh: return ask_ssh(flow, *client);
    case Protocol::Http:
      if (!flow.reason && crls) return {RuleRef{}, Reason::None, false};
      break;
    case Protocol::Unknown: break;
  }
  // The line's own reason, unless that was the client's lack of rules.
  const Reason own =
      flow.protocol == Protocol::Http ? Reason::HttpNotAllowed : Reason::ProtoUnknown;
  const Reason told = flow.reason.value_or(own);
  return refuse(told == Reason::ClientUnknown ? own : told);
}

}  // namespace

std::optional<LoggedFlow> read_logged_flow(const FlowLine& line) {
  if (!line.from_client()) return {};
  const auto client = parse_ipv4(line.src);
  const auto destination = parse_ipv4(line.dst);
  const auto protocol = find_protocol(line.proto);
  if (!client || !destination || !protocol) return {};
  LoggedFlow flow{.client = *client,
                  .destination = *destination,
                  .port = line.dpt,
                  .protocol = *protocol,
                  .name = DomainName::parse(line.dhost),
                  .allowed = line.allowed(),
                  .by_see_thru = line.allowed() && line.see_thru_exerted == true,
                  .reason = find_reason(line.slug())};
  // Only a rule allows without one of our reasons.
  const bool by_rule = flow.allowed && line.reason.starts_with("policy:");
  if (!flow.reason && !by_rule) return {};
  return flow;
}

ReplayJudgement judge_again(const LoggedFlow& flow, const policy::PolicySnapshot& policy, bool crls,
                            Date today) {
  ReplayJudgement judgement;
  if (flow.reason && !flow.allowed && is_beyond_policy(*flow.reason)) {
    judgement.reason = *flow.reason;
    return judgement;
  }
  const RuleAnswer answer = ask_rules(flow, policy, crls);
  judgement.reason = answer.reason;
  if (answer.rule) {
    judgement.allowed = true;
    judgement.gid = answer.rule->gid;
    judgement.addr = answer.rule->addr;
    return judgement;
  }
  judgement.uncertain = answer.uncertain;
  const ClientPolicy* client = policy.find_client(flow.client);
  const policy::SeeThru* see_thru = client == nullptr ? nullptr : client->see_thru();
  if (see_thru != nullptr && see_thru->until >= today) {
    judgement.allowed = true;
    judgement.by_see_thru = true;
    judgement.gid = see_thru->gid;
  }
  return judgement;
}

}  // namespace dn::review
