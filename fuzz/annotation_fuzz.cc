// Annotations, members and external lists from any bytes.
//
// The first byte chooses how the rest is read; then the whole compiler runs on it. Invariants: what
// is accepted is in its compared form and is accepted again as itself; no accepted wildcard is
// exposed; problems have a reason.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/check.h"
#include "policy/annotation.h"
#include "policy/exposure.h"
#include "policy/member.h"
#include "policy/member_list.h"
#include "policy/pattern.h"
#include "policy/policy_snapshot.h"

namespace {

using namespace dn::policy;

constexpr dn::Date kToday{std::chrono::year(2026), std::chrono::month(11), std::chrono::day(22)};
constexpr const char* kArn = "arn:aws:ssm:eu-west-1:123456789012:parameter/egress";

const PublicSuffixes& suffixes() {
  static const PublicSuffixes list =
      PublicSuffixes::parse("com\nco.uk\ngithub.io\n*.platform.example\n!www.platform.example\n")
          .value();
  return list;
}

void check_finding(const Finding& finding) {
  if (finding.outcome != Finding::Outcome::Accepted) {
    DN_CHECK(!finding.reason.empty(), "a problem says what is wrong");
    return;
  }
  if (finding.category != Finding::Category::Addr &&
      finding.category != Finding::Category::WildcardAddr) {
    return;
  }
  const auto member = parse_member(finding.addr);
  DN_CHECK(member && member->text() == finding.addr, "the compared form is its own");
  if (member->kind() != MemberKind::Pattern) return;
  DN_CHECK(finding.proto == "tls", "no wildcards for ssh");
  DN_CHECK(!find_exposing_suffix(finding.addr, suffixes()), "no exposed pattern is accepted");
}

void compile(std::string description, std::string list) {
  PolicyInput input;
  EgressRule rule;
  rule.description = std::move(description);
  input.groups.push_back({.gid = "sg-a", .egress = {std::move(rule)}, .where = {}});
  input.lists[kArn] = std::move(list);
  ClientBinding client;
  client.prefix = {.base = {0x0a000001}, .length = 32};
  client.gids = {"sg-a"};
  input.clients.push_back(std::move(client));
  const CompiledPolicy compiled = compile_policy(input, suffixes(), kToday);
  for (const Finding& finding : compiled.findings) check_finding(finding);
  const ClientPolicy* policy = compiled.snapshot->find_client({0x0a000001});
  for (const std::string_view text : compiled.snapshot->exact_names()) {
    const auto name = dn::DomainName::parse(text);
    DN_CHECK(name.has_value(), "exact names are names");
    DN_CHECK(policy->match_name(dn::Protocol::Tls, 443, *name) ||
                 policy->match_name(dn::Protocol::Ssh, 443, *name),
             "an accepted name matches itself");
  }
  DN_CHECK(diff_findings(compiled.findings, compiled.findings).empty(), "no difference to itself");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string rest(dn::as_text({data + 1, size - 1}));
  switch (data[0] % 4) {
    case 0: compile(rest, ""); break;
    case 1: compile("discriminat:tls:" + rest, ""); break;
    case 2: compile("discriminat:ssh:" + rest, ""); break;
    default: compile(std::string("discriminat:tls:") + kArn, rest); break;
  }
  return 0;
}
