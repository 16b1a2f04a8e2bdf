// The packet path asks for matches: none of them may allocate.
#include <gtest/gtest.h>

#include <string>

#include "policy/policy_snapshot.h"

// A sanitizer brings its own allocator and must keep it.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

#include "base/testing/count_allocations.h"

namespace dn::policy {
namespace {

TEST(Match, DoesNotAllocate) {
  PolicyInput input;
  EgressRule rule;
  rule.description = "discriminat:tls:a.example.com,*.example.com,api-*-?.x.example.com,8.8.8.8";
  rule.from_port = rule.to_port = 443;
  input.groups.push_back({.gid = "sg-a", .egress = {rule}, .where = {}});
  input.clients.push_back({.prefix = {.base = {1}, .length = 32}, .gids = {"sg-a"}, .where = {}});
  const auto suffixes = PublicSuffixes::parse("com\n").value();
  const CompiledPolicy compiled = compile_policy(
      input, suffixes, {std::chrono::year(2026), std::chrono::month(11), std::chrono::day(22)});
  const auto exact = DomainName::parse("a.example.com").value();
  const auto covered = DomainName::parse("api-eu-1.x.example.com").value();
  const auto unknown = DomainName::parse(std::string(63, 'a') + ".b.c.d.e.f.example.com").value();

  const std::size_t before = allocations_for_test;
  const ClientPolicy* client = compiled.snapshot->find_client({1});
  std::size_t matches = 0;
  for (const DomainName& name : {exact, covered, unknown}) {
    matches += client->match_name(Protocol::Tls, 443, name) ? 1U : 0U;
    matches += client->matches_on_other_port(Protocol::Tls, 444, name) ? 1U : 0U;
  }
  matches += client->match_address(Protocol::Tls, 443, {0x08080808}) ? 1U : 0U;
  matches += client->still_grants(make_grant("sg-a", "tls", "8.8.8.8"), 443) ? 1U : 0U;
  EXPECT_EQ(allocations_for_test, before);
  EXPECT_EQ(matches, 6U);
}

}  // namespace
}  // namespace dn::policy

#endif
