#include "engine/judge.h"

#include <algorithm>

#include "base/limits.h"

namespace dn::engine {
namespace {

using Kind = Judgement::Kind;
using policy::ClientPolicy;
using records::Evidence;

constexpr std::size_t kSshNamesAskedMax = 32;
constexpr std::size_t kSshNamesVerifiedMax = 256;
constexpr std::size_t kNamesPerAddressMax = 64;

Judgement refuse(Reason reason) {
  Judgement judgement;
  judgement.reason = reason;
  judgement.evidence = Evidence::None;
  return judgement;
}

Judgement allow(const policy::RuleRef& rule, Evidence evidence) {
  Judgement judgement;
  judgement.kind = Kind::Allow;
  judgement.rule = rule;
  judgement.grant = rule.grant;
  judgement.evidence = evidence;
  return judgement;
}

Reason reason_of(Verification verification) {
  switch (verification) {
    case Verification::Mismatch: return Reason::DnsMismatch;
    case Verification::PrivateOnly: return Reason::DnsPrivateAddress;
    case Verification::NoAddress:
    case Verification::Failed: return Reason::DnsFailed;
    case Verification::Unknown:
    case Verification::Confirmed: break;
  }
  return Reason::DnsNotReady;
}

Evidence fresh_or_known(const JudgeContext& context) {
  return context.looked_up ? Evidence::DnsFresh : Evidence::Dns;
}

// A name that a rule matched: does the address belong to it?
Judgement verify(const policy::RuleRef& rule, const DomainName& name, Destination destination,
                 const JudgeContext& context) {
  const Verification verification =
      context.ledger->verify(name, destination.address, context.now.monotonic);
  if (verification == Verification::Confirmed) return allow(rule, fresh_or_known(context));
  Judgement judgement = refuse(reason_of(verification));
  if (context.may_wait) {
    judgement.kind = Kind::Resolve;
    judgement.ask.push_back(name);
  }
  return judgement;
}

Judgement judge_tls(const ClientFacts& facts, const ClientPolicy& client, Destination destination,
                    const JudgeContext& context) {
  if (facts.flaw == Reason::TlsVersionClientTooOld) return refuse(facts.flaw);
  if (const auto rule =
          client.match_address(Protocol::Tls, destination.port, destination.address)) {
    return allow(*rule, Evidence::AddressRule);
  }
  if (!facts.name) return refuse(Reason::TlsNoSni);
  if (const auto rule = client.match_name(Protocol::Tls, destination.port, *facts.name)) {
    return verify(*rule, *facts.name, destination, context);
  }
  const bool other_port =
      client.matches_on_other_port(Protocol::Tls, destination.port, *facts.name) ||
      client.matches_on_other_port(Protocol::Tls, destination.port, destination.address);
  return refuse(other_port ? Reason::PortNotAllowed : Reason::NotAllowlisted);
}

Judgement allow_ssh(const ClientPolicy& client, Destination destination, const DomainName& name,
                    const JudgeContext& context) {
  const auto rule = client.match_name(Protocol::Ssh, destination.port, name);
  if (!rule) return refuse(Reason::NotAllowlisted);
  Judgement judgement = allow(*rule, fresh_or_known(context));
  judgement.ssh_name = name;
  return judgement;
}

// SSH carries no name: the name is the allowed one whose verified addresses hold the destination.
Judgement judge_ssh_destination(const ClientPolicy& client, Destination destination,
                                const JudgeContext& context) {
  if (const auto rule =
          client.match_address(Protocol::Ssh, destination.port, destination.address)) {
    return allow(*rule, Evidence::AddressRule);
  }
  bool other_port =
      client.matches_on_other_port(Protocol::Ssh, destination.port, destination.address);
  // From the rules to the address first: an address may have more names than the ledger tells.
  std::vector<DomainName> exact = client.ssh_names(destination.port, kSshNamesVerifiedMax);
  for (const DomainName& name : exact) {
    const auto verification =
        context.ledger->verify(name, destination.address, context.now.monotonic);
    if (verification == Verification::Confirmed)
      return allow_ssh(client, destination, name, context);
  }
  const auto names =
      context.ledger->names_at(destination.address, context.now.monotonic, kNamesPerAddressMax);
  for (const DomainName& name : names) {
    if (client.match_name(Protocol::Ssh, destination.port, name)) {
      return allow_ssh(client, destination, name, context);
    }
    other_port = other_port || client.matches_on_other_port(Protocol::Ssh, destination.port, name);
  }
  Judgement judgement = refuse(other_port ? Reason::PortNotAllowed : Reason::NotAllowlisted);
  if (exact.empty() || !context.may_wait) return judgement;
  if (exact.size() > kSshNamesAskedMax) exact.erase(exact.begin() + kSshNamesAskedMax, exact.end());
  judgement.ask = std::move(exact);
  judgement.kind = Kind::Resolve;
  return judgement;
}

// A server may read another port in the Host field as another site.
bool names_port(std::string_view text, Port port) {
  return text.empty() || parse_port(text) == port;
}

// The target is compared as it was sent: in absolute form it never equals a path.
Judgement judge_http(const ClientFacts& facts, const ClientPolicy& client, Destination destination,
                     const JudgeContext& context) {
  if (facts.flaw != Reason::HttpNotAllowed) return refuse(facts.flaw);
  if (!facts.name || !names_port(facts.http_port, destination.port) ||
      !client.has_crls_at(*facts.name, destination.port)) {
    return refuse(Reason::HttpNotAllowed);
  }
  const auto rule = client.match_crl(*facts.name, destination.port, facts.http_target);
  if (!rule) return refuse(Reason::HttpPath);
  if (facts.http_method != "GET" && facts.http_method != "HEAD") return refuse(Reason::HttpMethod);
  if (facts.http_has_body) return refuse(Reason::HttpBody);
  Judgement judgement = verify(*rule, *facts.name, destination, context);
  judgement.crl = judgement.one_request = judgement.kind == Kind::Allow;
  return judgement;
}

Judgement judge_by_rules(const ClientFacts& facts, const ClientPolicy& client,
                         Destination destination, const JudgeContext& context) {
  switch (facts.protocol) {
    case Protocol::Tls: return judge_tls(facts, client, destination, context);
    case Protocol::Ssh:
      if (facts.flaw != Reason::None) return refuse(facts.flaw);
      return judge_ssh_destination(client, destination, context);
    case Protocol::Http: return judge_http(facts, client, destination, context);
    case Protocol::Unknown: break;
  }
  return refuse(facts.flaw);
}

void overrule_by_see_thru(Judgement& judgement, Ipv4Address client, const JudgeContext& context) {
  if (judgement.kind == Kind::Resolve || (judgement.kind == Kind::Allow && !judgement.one_request))
    return;
  const SeeThruState see_thru = see_thru_state(context.policy, client, context.now);
  if (!see_thru.active) return;
  judgement.by_see_thru = judgement.kind == Kind::Refuse;
  judgement.kind = Kind::Allow;
  // A further request on the connection passes too, but under the see-thru rule: when that one
  // goes, so does the connection.
  judgement.one_request = false;
  judgement.grant = see_thru.rule->grant;
}

// See-thru by default lets a stranger through at once; otherwise it may be worth a look-up.
Judgement judge_stranger(Ipv4Address client, const JudgeContext& context) {
  Judgement judgement = refuse(Reason::ClientUnknown);
  overrule_by_see_thru(judgement, client, context);
  if (judgement.kind == Kind::Refuse && context.may_find_client &&
      context.policy->clients_may_be_found()) {
    judgement.kind = Kind::Resolve;
    judgement.find_client = true;
  }
  return judgement;
}

// Null for a stranger, who may have the rules of unknown clients.
const ClientPolicy* rules_of_known(Ipv4Address client, const policy::PolicySnapshot& policy) {
  return policy.is_known_client(client) ? policy.find_client(client) : nullptr;
}

}  // namespace

Judgement judge(const ClientFacts& facts, Ipv4Address client, Destination destination,
                const JudgeContext& context) {
  if (context.policy == nullptr) return refuse(Reason::PolicyMissing);
  const ClientPolicy* rules = rules_of_known(client, *context.policy);
  if (rules == nullptr) return judge_stranger(client, context);
  Judgement judgement = judge_by_rules(facts, *rules, destination, context);
  overrule_by_see_thru(judgement, client, context);
  return judgement;
}

Judgement judge_server_first(Ipv4Address client, Destination destination,
                             const JudgeContext& context) {
  if (context.policy == nullptr) return refuse(Reason::PolicyMissing);
  const ClientPolicy* rules = rules_of_known(client, *context.policy);
  if (rules == nullptr) return judge_stranger(client, context);
  Judgement judgement = judge_ssh_destination(*rules, destination, context);
  if (judgement.kind == Kind::Refuse) judgement.reason = Reason::ProtoServerFirst;
  overrule_by_see_thru(judgement, client, context);
  return judgement;
}

SeeThruState see_thru_state(const policy::PolicySnapshot* policy, Ipv4Address client,
                            const Now& now) {
  SeeThruState state;
  if (policy == nullptr) return state;
  const ClientPolicy* rules = policy->find_client(client);
  if (rules == nullptr) return state;
  state.rule = rules->see_thru();
  if (state.rule == nullptr) return state;
  const auto left = std::chrono::sys_days{state.rule->until} - std::chrono::sys_days{now.today()};
  // A clock that may be wrong must not keep see-thru alive.
  state.active = left.count() >= 0 && now.wall_trusted;
  state.days_remaining = std::max(0, static_cast<int>(left.count()));
  return state;
}

}  // namespace dn::engine
