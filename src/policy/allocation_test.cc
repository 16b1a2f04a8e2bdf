// The packet path asks for matches: none of them may allocate.
#include <gtest/gtest.h>

#include <cstdlib>
#include <new>
#include <string>

#include "policy/policy_snapshot.h"

// A sanitizer brings its own allocator and must keep it.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

namespace {
thread_local std::size_t allocations = 0;
}  // namespace

// Not inlined: the compiler would take malloc and delete for a mismatch.
[[gnu::noinline]] void* operator new(std::size_t bytes) {
  ++allocations;
  void* memory = std::malloc(bytes == 0 ? 1 : bytes);
  if (memory == nullptr) std::abort();
  return memory;
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

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
  const CompiledPolicy compiled =
      compile_policy(std::move(input), suffixes,
                     {std::chrono::year(2026), std::chrono::month(11), std::chrono::day(22)});
  const auto exact = DomainName::parse("a.example.com").value();
  const auto covered = DomainName::parse("api-eu-1.x.example.com").value();
  const auto unknown = DomainName::parse(std::string(63, 'a') + ".b.c.d.e.f.example.com").value();

  const std::size_t before = allocations;
  const ClientPolicy* client = compiled.snapshot->find_client({1});
  std::size_t matches = 0;
  for (const DomainName& name : {exact, covered, unknown}) {
    matches += client->match_name(Protocol::Tls, 443, name) ? 1U : 0U;
    matches += client->matches_on_other_port(Protocol::Tls, 444, name) ? 1U : 0U;
  }
  matches += client->match_address(Protocol::Tls, 443, {0x08080808}) ? 1U : 0U;
  matches += client->still_grants(make_grant("sg-a", "tls", "8.8.8.8"), 443) ? 1U : 0U;
  EXPECT_EQ(allocations, before);
  EXPECT_EQ(matches, 6U);
}

}  // namespace
}  // namespace dn::policy

#endif
