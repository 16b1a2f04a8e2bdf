// compile_policy(): plain values in, an immutable snapshot and findings out.
//
// Every group is read once, whoever has it; clients then only name sets of groups. Nothing here
// fails: what cannot be understood becomes a finding and grants nothing. Bounds: members and
// findings are counted, and what exceeds a bound is reported and has no effect. Covered by
// compile_test.cc.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/limits.h"
#include "base/utf8.h"
#include "policy/annotation.h"
#include "policy/client_rules.h"
#include "policy/client_table.h"
#include "policy/crl_rules.h"
#include "policy/exposure.h"
#include "policy/findings_store.h"
#include "policy/member.h"
#include "policy/member_list.h"
#include "policy/pattern.h"
#include "policy/policy_snapshot.h"
#include "policy/preferences.h"
#include "policy/quote.h"

namespace dn::policy {
namespace {

using Category = Finding::Category;
using Outcome = Finding::Outcome;

// Members of all groups together; beyond, the rest of the policy has no effect.
constexpr std::size_t kMembersMax = 8'000'000;
// Rejections and warnings of one rule, and of the policy; beyond, they are counted in one more.
constexpr std::size_t kProblemsPerRuleMax = 1'000;
constexpr std::size_t kProblemsMax = 100'000;

Finding make_finding(Category category, Outcome outcome, std::string_view gid,
                     std::string_view where, std::string reason) {
  Finding finding;
  finding.category = category;
  finding.outcome = outcome;
  finding.gid = gid;
  finding.where = where;
  finding.reason = std::move(reason);
  return finding;
}

std::string cut(std::string_view text) {
  return std::string(cut_utf8(text, limits::kLogFieldBytesMax));
}

class Snapshot final : public PolicySnapshot {
 public:
  const ClientPolicy* find_client(Ipv4Address address) const override {
    const auto at = clients.find(address);
    if (at) return &policies[*at];
    return unknown_client ? &*unknown_client : nullptr;
  }
  bool is_known_client(Ipv4Address address) const override {
    return clients.find(address).has_value();
  }
  bool clients_may_be_found() const override { return may_find_clients; }
  FlowLogVerbosity verbosity() const override { return flow_log_verbosity; }
  NameList exact_names() const override { return {rules->arena().data(), names}; }

  std::shared_ptr<const RuleIndex> rules;
  CrlIndex crls;
  std::vector<ClientRules> policies;  // refer to both
  std::optional<ClientRules> unknown_client;
  ClientTable clients;  // positions in policies
  bool may_find_clients = false;
  FlowLogVerbosity flow_log_verbosity = FlowLogVerbosity::Full;
  std::vector<TextOffset> names;
};

// The rejections and warnings of a policy, bounded, none of them twice.
class ProblemList {
 public:
  void begin_rule() { in_rule_ = 0; }

  void add(Finding finding) {
    if (++in_rule_ > kProblemsPerRuleMax || problems_.size() >= kProblemsMax) {
      ++left_out_;
      return;
    }
    problems_.push_back(std::move(finding));
  }

  std::vector<Finding> take() && {
    if (left_out_ > 0) {
      problems_.push_back(make_finding(
          Category::Self, Outcome::Warning, "", "",
          fmt::format("{} more rejections and warnings are not listed; mend the listed ones first",
                      left_out_)));
    }
    drop_repeated(problems_);
    return std::move(problems_);
  }

 private:
  std::vector<Finding> problems_;
  std::size_t in_rule_ = 0;
  std::size_t left_out_ = 0;
};

template <class Value>
void sort_unique(std::vector<Value>& values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
}

std::vector<std::string> collect_gids(const PolicyInput& input) {
  std::vector<std::string> gids;
  for (const SecurityGroup& group : input.groups) gids.push_back(group.gid);
  sort_unique(gids);
  return gids;
}

std::optional<GroupIndex> find_group(std::span<const std::string> gids, std::string_view gid) {
  const auto found = std::lower_bound(gids.begin(), gids.end(), gid);
  if (found == gids.end() || *found != gid) return {};
  return static_cast<GroupIndex>(found - gids.begin());
}

// The ports of TCP that a rule covers; nothing where it covers none.
Result<PortRange> read_ports(const EgressRule& rule) {
  if (rule.ip_protocol == "-1" || rule.ip_protocol == "all") return PortRange{};
  if (rule.ip_protocol != "tcp" && rule.ip_protocol != "TCP" && rule.ip_protocol != "6") {
    return fail(
        fmt::format("the rule is for protocol {}, and the annotation has an effect on TCP "
                    "only; set the protocol of the rule to \"tcp\"",
                    quote(rule.ip_protocol)));
  }
  if (rule.from_port > rule.to_port) {
    return fail(fmt::format("the ports {}-{} of the rule are no range; write the smaller one first",
                            rule.from_port, rule.to_port));
  }
  return PortRange{.from = rule.from_port, .to = rule.to_port};
}

std::string upper_case(std::string_view kind) {
  return fmt::format("upper case in the prefix; write \"discriminat:{}:\"", kind);
}

class Compiler {
 public:
  Compiler(const PolicyInput& input, const PublicSuffixes& suffixes, Date today)
      : input_(input),
        suffixes_(suffixes),
        today_(today),
        gids_(collect_gids(input)),
        builder_(gids_),
        see_thru_(gids_.size()) {}

  CompiledPolicy compile() {
    for (const SecurityGroup& group : input_.groups) add_group(group);
    if (members_left_out_ > 0) report_left_out();
    if (allows_crls()) add_crl_hosts();
    const auto& by_default = input_.preferences.see_thru;
    if (by_default) note_see_thru(kDefaultGid, *by_default, "");
    auto rules = std::make_shared<const RuleIndex>(std::move(builder_).build());
    auto snapshot = std::make_shared<Snapshot>();
    auto findings = std::make_shared<Findings::Store>();
    snapshot->rules = rules;
    snapshot->may_find_clients = input_.clients_may_be_found;
    snapshot->flow_log_verbosity = input_.preferences.flow_log_verbosity;
    findings->rules = rules;
    note_effective_groups(*rules, *findings);
    add_clients(*rules, *snapshot, *findings);
    if (by_default) snapshot->unknown_client = make_policy(*snapshot, {});
    std::vector<TlsHost> tls_hosts;
    if (allows_crls()) {
      tls_hosts = collect_tls_hosts(*rules);
      add_crls(*snapshot, *findings);
    }
    snapshot->names = collect_names(*snapshot);
    findings->problems = std::move(problems_).take();
    findings->see_thru = std::move(see_thru_facts_);
    sort_unique(findings->see_thru);
    return {.snapshot = std::move(snapshot),
            .findings = Findings(std::move(findings)),
            .tls_hosts = std::move(tls_hosts)};
  }

 private:
  // Where a member stands.
  struct Place {
    const SecurityGroup& group;
    const EgressRule& rule;
    RuleKey key = 0;
    PortRange ports;
    bool in_list = false;  // the content of an external list

    Protocol protocol() const { return protocol_of(key); }
    std::string_view where() const { return rule.where.empty() ? group.where : rule.where; }
    Finding make(Category category, Outcome outcome, std::string reason) const {
      return make_finding(category, outcome, group.gid, where(), std::move(reason));
    }
  };

  void add_group(const SecurityGroup& group);
  void add_rule(const SecurityGroup& group, const EgressRule& rule);
  void add_see_thru(const Annotation& annotation, const Place& place);
  void note_see_thru(std::string_view gid, Date until, std::string_view where);
  void add_members(const Annotation& annotation, const Place& place);
  void add_member(std::string_view text, const Place& place);
  void add_list(std::string_view arn, Place place);
  bool check_pattern(std::string_view pattern, const Place& place);
  void report(Outcome outcome, Category category, std::string_view addr, std::string reason,
              const Place& place);
  void report_left_out();

  void note_effective_groups(const RuleIndex& rules, Findings::Store& findings);
  void add_clients(const RuleIndex& rules, Snapshot& snapshot, Findings::Store& findings);
  std::vector<GroupIndex> read_binding(const ClientBinding& binding, const RuleIndex& rules,
                                       Findings::Store& findings);
  ClientRules make_policy(const Snapshot& snapshot, std::vector<GroupIndex> groups) const;
  bool allows_crls() const { return input_.preferences.x509_crls == X509Crls::Allow; }
  void add_crl_hosts();
  void add_crls(Snapshot& snapshot, Findings::Store& findings);
  std::vector<TlsHost> collect_tls_hosts(const RuleIndex& rules);
  std::vector<TextOffset> collect_names(const Snapshot& snapshot) const;

  const PolicyInput& input_;
  const PublicSuffixes& suffixes_;
  Date today_;
  std::vector<std::string> gids_;  // sorted
  RuleIndexBuilder builder_;
  ProblemList problems_;
  std::vector<std::optional<Date>> see_thru_;  // by group: its latest date
  std::vector<Findings::Store::SeeThruFact> see_thru_facts_;
  std::vector<bool> effective_;  // by group: it allows something
  std::vector<bool> used_;       // by group: some client has it
  std::map<std::string_view, TextOffset> crl_hosts_;
  std::size_t patterns_in_group_ = 0;
  std::size_t members_left_out_ = 0;
};

// -- groups and rules ---------------------------------------------------------------------------

void Compiler::add_group(const SecurityGroup& group) {
  patterns_in_group_ = 0;
  for (const EgressRule& rule : group.egress) add_rule(group, rule);
}

void Compiler::add_rule(const SecurityGroup& group, const EgressRule& rule) {
  problems_.begin_rule();
  Place place{.group = group,
              .rule = rule,
              .key = make_key(*find_group(gids_, group.gid), Protocol::Tls),
              .ports = {}};
  const auto parsed = parse_annotation(rule.description);
  if (!parsed) {
    Finding finding = place.make(Category::Addr, Outcome::Rejected, parsed.error().message);
    finding.addr = cut(rule.description);
    return problems_.add(std::move(finding));
  }
  if (!*parsed) return;
  const Annotation& annotation = **parsed;
  if (annotation.kind == Annotation::Kind::SeeThru) return add_see_thru(annotation, place);
  if (annotation.kind == Annotation::Kind::Ssh) {
    place.key = make_key(group_of(place.key), Protocol::Ssh);
  }
  if (annotation.suspicious_case) {
    report(Outcome::Warning, Category::Addr, annotation.list, upper_case(to_text(place.protocol())),
           place);
  }
  add_members(annotation, place);
}

void Compiler::add_see_thru(const Annotation& annotation, const Place& place) {
  const auto report_date = [&](Outcome outcome, std::string reason) {
    Finding finding = place.make(Category::SeeThru, outcome, std::move(reason));
    finding.thru_date = cut(annotation.list);
    problems_.add(std::move(finding));
  };
  if (annotation.suspicious_case) report_date(Outcome::Warning, upper_case("see-thru"));
  const auto until = parse_thru_date(annotation.list);
  if (!until) return report_date(Outcome::Rejected, until.error().message);
  auto& latest = see_thru_[group_of(place.key)];
  if (!latest || *latest < *until) latest = *until;
  note_see_thru(place.group.gid, *until, place.where());
}

void Compiler::note_see_thru(std::string_view gid, Date until, std::string_view where) {
  if (until >= today_) {
    see_thru_facts_.push_back({.gid = std::string(gid), .until = until});
    return;
  }
  Finding finding = make_finding(
      Category::SeeThru, Outcome::Warning, gid, where,
      "the date is past, so nothing is let through; write a later one, or remove the rule");
  finding.thru_date = format_date(until);
  problems_.add(std::move(finding));
}

void Compiler::report(Outcome outcome, Category category, std::string_view addr, std::string reason,
                      const Place& place) {
  Finding finding = place.make(category, outcome, std::move(reason));
  finding.addr = cut(addr);
  finding.proto = to_text(place.protocol());
  problems_.add(std::move(finding));
}

void Compiler::report_left_out() {
  problems_.begin_rule();
  problems_.add(make_finding(
      Category::Self, Outcome::Rejected, "", "",
      fmt::format("the policy has more than {} members; the last {} have no effect: spread the "
                  "clients over several gateways",
                  kMembersMax, members_left_out_)));
}

// -- members ------------------------------------------------------------------------------------

void Compiler::add_members(const Annotation& annotation, const Place& place) {
  const auto ports = read_ports(place.rule);
  if (!ports) {
    return report(Outcome::Warning, Category::Addr, annotation.list, ports.error().message, place);
  }
  Place placed = place;
  placed.ports = *ports;
  MemberReader reader(annotation.list);
  while (const auto text = reader.next()) add_member(*text, placed);
}

void Compiler::add_member(std::string_view text, const Place& place) {
  const auto member = parse_member(text);
  if (!member) {
    const auto category = has_wildcard(text) ? Category::WildcardAddr : Category::Addr;
    return report(Outcome::Rejected, category, text, member.error().message, place);
  }
  if (member->kind() == MemberKind::List) return add_list(member->text(), place);
  if (member->kind() == MemberKind::Pattern && !check_pattern(member->text(), place)) return;
  if (builder_.size() >= kMembersMax) {
    ++members_left_out_;
    return;
  }
  builder_.add(place.key, member->text(), place.ports);
}

bool Compiler::check_pattern(std::string_view pattern, const Place& place) {
  if (place.protocol() == Protocol::Ssh) {
    report(Outcome::Warning, Category::WildcardAddr, pattern,
           fmt::format("{}: SSH carries no host name, so a wildcard has no effect; list the names",
                       quote(pattern)),
           place);
    return false;
  }
  auto problem = find_exposure_problem(pattern, input_.preferences.wildcard_exposure, suffixes_);
  if (!problem && patterns_in_group_ >= limits::kPatternsPerClientMax) {
    problem = fmt::format("{}: the group has more than {} patterns; merge some", quote(pattern),
                          limits::kPatternsPerClientMax);
  }
  if (!problem) {
    ++patterns_in_group_;
    return true;
  }
  report(Outcome::Rejected, Category::WildcardAddr, pattern, *std::move(problem), place);
  return false;
}

void Compiler::add_list(std::string_view arn, Place place) {
  if (place.in_list) {
    return report(Outcome::Rejected, Category::Addr, arn,
                  fmt::format("{}: a list cannot name another list; write this ARN in the "
                              "annotation",
                              quote(arn)),
                  place);
  }
  const auto content = input_.lists.find(std::string(arn));
  if (content == input_.lists.end()) {
    return report(Outcome::Warning, Category::Addr, arn,
                  fmt::format("{}: the list has not been read yet, so its members have no effect; "
                              "see that it exists and that the gateway may read it",
                              quote(arn)),
                  place);
  }
  auto reader = ListReader::open(content->second);
  if (!reader) {
    return report(Outcome::Rejected, Category::Addr, arn,
                  fmt::format("{}: {}", quote(arn), reader.error().message), place);
  }
  place.in_list = true;
  bool empty = true;
  while (const auto text = reader->next()) {
    empty = false;
    add_member(*text, place);
  }
  if (empty) {
    report(Outcome::Warning, Category::Addr, arn,
           fmt::format("{}: the list is empty; write one member per line", quote(arn)), place);
  }
}

// -- clients ------------------------------------------------------------------------------------

void Compiler::note_effective_groups(const RuleIndex& rules, Findings::Store& findings) {
  effective_.assign(gids_.size(), false);
  used_.assign(gids_.size(), false);
  for (GroupIndex group = 0; group < gids_.size(); ++group) {
    effective_[group] = see_thru_[group].has_value();
  }
  const Postings postings = rules.postings();
  for (std::size_t i = 0; i < postings.size(); ++i) {
    const Posting& posting = postings[i];
    effective_[group_of(posting.key)] = true;
    // Postings of one member and key stand together; they differ in their ports.
    const bool repeated =
        i > 0 && postings[i - 1].text == posting.text && postings[i - 1].key == posting.key;
    if (!repeated) {
      findings.members.push_back(Findings::Store::make_member(posting.key, posting.text));
    }
  }
  findings.members.shrink_to_fit();
  std::sort(findings.members.begin(), findings.members.end());
}

void Compiler::add_clients(const RuleIndex& rules, Snapshot& snapshot, Findings::Store& findings) {
  std::map<Ipv4Prefix, std::vector<GroupIndex>> groups_of;
  for (const ClientBinding& binding : input_.clients) {
    auto& groups = groups_of[binding.prefix];
    for (const GroupIndex group : read_binding(binding, rules, findings)) groups.push_back(group);
  }
  std::map<std::vector<GroupIndex>, std::uint32_t> positions;
  std::vector<ClientTable::Row> rows;
  for (auto& [prefix, groups] : groups_of) {
    sort_unique(groups);
    for (const GroupIndex group : groups) used_[group] = true;
    const auto next = static_cast<std::uint32_t>(positions.size());
    const auto [position, added] = positions.try_emplace(groups, next);
    if (added) snapshot.policies.push_back(make_policy(snapshot, groups));
    rows.push_back({.prefix = prefix, .value = position->second});
  }
  snapshot.clients = ClientTable(std::move(rows));
  sort_unique(findings.clients);
}

// The groups of a client that allow something. Every known group is a finding of its own.
std::vector<GroupIndex> Compiler::read_binding(const ClientBinding& binding, const RuleIndex& rules,
                                               Findings::Store& findings) {
  std::vector<GroupIndex> groups;
  if (binding.gids.empty()) findings.clients.push_back({.prefix = binding.prefix, .gid = {}});
  problems_.begin_rule();
  for (const std::string& gid : binding.gids) {
    if (const auto group = find_group(gids_, gid)) {
      findings.clients.push_back({.prefix = binding.prefix, .gid = rules.gid(*group)});
      if (effective_[*group]) groups.push_back(*group);
      continue;
    }
    Finding finding =
        make_finding(Category::Client, Outcome::Warning, gid, binding.where,
                     "no group with this id is known, so it allows nothing; correct the id");
    finding.client = binding.prefix;
    problems_.add(std::move(finding));
  }
  return groups;
}

ClientRules Compiler::make_policy(const Snapshot& snapshot, std::vector<GroupIndex> groups) const {
  const RuleIndex& rules = *snapshot.rules;
  std::vector<SeeThruRule> see_thru;
  for (const GroupIndex group : groups) {
    if (const auto& until = see_thru_[group]) {
      see_thru.push_back({.gid = rules.gid(group), .until = *until});
    }
  }
  // Last, so that a group's rule beats it at the same date.
  if (const auto& until = input_.preferences.see_thru) {
    see_thru.push_back({.gid = kDefaultGid, .until = *until});
  }
  return {rules, snapshot.crls, std::move(groups), see_thru};
}

// -- revocation lists ---------------------------------------------------------------------------

// Their names must be in the index before it is built; whether a rule uses them shows afterwards.
void Compiler::add_crl_hosts() {
  for (const HostCrls& host : input_.crls) {
    for (const HttpUri& uri : host.crls) {
      const std::string_view name = uri.host.text();
      if (!crl_hosts_.contains(name)) crl_hosts_.emplace(name, builder_.add_text(name));
    }
  }
}

void Compiler::add_crls(Snapshot& snapshot, Findings::Store& findings) {
  const RuleIndex& rules = *snapshot.rules;
  const auto selected = select_crl_rules(input_.crls, rules, used_);
  snapshot.crls = CrlIndex(selected.values, rules.gids());
  for (const CrlIndex::Row& row : snapshot.crls.rows()) {
    const HttpUri& uri = snapshot.crls.uris()[row.uri];
    std::string addr(uri.host.text());
    if (uri.port != 80) addr += fmt::format(":{}", uri.port);
    findings.crls.push_back({.gid = rules.gid(row.group), .addr = addr, .path = uri.path});
  }
  sort_unique(findings.crls);
  if (selected.left_out == 0) return;
  problems_.begin_rule();
  problems_.add(make_finding(
      Category::Self, Outcome::Warning, "", "",
      fmt::format("more than {} pairs of a group and a revocation list; {} have no effect: let "
                  "fewer groups name the same hosts",
                  kCrlRulesMax, selected.left_out)));
}

std::vector<TlsHost> Compiler::collect_tls_hosts(const RuleIndex& rules) {
  auto selected = select_tls_hosts(rules, used_);
  if (selected.left_out > 0) {
    problems_.begin_rule();
    problems_.add(make_finding(
        Category::Self, Outcome::Warning, "", "",
        fmt::format("x509_crls: the certificates of {} names are read; those of {} more are not, "
                    "and their revocation lists stay refused",
                    kTlsHostsMax, selected.left_out)));
  }
  return std::move(selected.values);
}

// Sorted by text. The first eight bytes decide most comparisons without a look into the arena.
std::vector<TextOffset> Compiler::collect_names(const Snapshot& snapshot) const {
  struct Keyed {
    std::uint64_t head = 0;
    TextOffset text = 0;
  };
  const RuleIndex& rules = *snapshot.rules;
  std::vector<Keyed> keyed;
  const auto add = [&](TextOffset offset) {
    const std::string_view text = rules.text(offset);
    std::uint64_t head = 0;
    for (std::size_t i = 0; i < 8; ++i) {
      head = head << 8U | (i < text.size() ? static_cast<unsigned char>(text[i]) : 0U);
    }
    keyed.push_back({.head = head, .text = offset});
  };
  for (const Posting& posting : rules.postings()) {
    if (!used_[group_of(posting.key)]) continue;
    if (!keyed.empty() && keyed.back().text == posting.text) continue;
    const std::string_view text = rules.text(posting.text);
    if (!has_wildcard(text) && !parse_ipv4(text)) add(posting.text);
  }
  for (const HttpUri& uri : snapshot.crls.uris()) add(crl_hosts_.find(uri.host.text())->second);
  std::sort(keyed.begin(), keyed.end(), [&](const Keyed& a, const Keyed& b) {
    return a.head != b.head ? a.head < b.head : rules.text(a.text) < rules.text(b.text);
  });
  // A host has many lists, and may be the member of a rule too.
  const auto same = [&](const Keyed& a, const Keyed& b) {
    return a.head == b.head && rules.text(a.text) == rules.text(b.text);
  };
  if (!crl_hosts_.empty()) {
    keyed.erase(std::unique(keyed.begin(), keyed.end(), same), keyed.end());
  }
  std::vector<TextOffset> names;
  names.reserve(keyed.size());
  for (const Keyed& name : keyed) names.push_back(name.text);
  return names;
}

}  // namespace

CompiledPolicy compile_policy(const PolicyInput& input, const PublicSuffixes& suffixes,
                              Date today) {
  return Compiler(input, suffixes, today).compile();
}

}  // namespace dn::policy
