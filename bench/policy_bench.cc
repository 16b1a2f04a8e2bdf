// What a policy costs: time to compile, memory, nanoseconds per look-up.
//
//     policy_bench            10 k and 1 M exact names, 10 k patterns, 10 k clients
//
// Look-ups go to random members, so that a large policy is measured with cold caches; the names are
// parsed beforehand. Memory is the resident set of the whole process after compiling, and its peak.
// Targets: 1 M names in one group compile within 5 s and 300 MB, a look-up takes less than 300 ns.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "memory.h"
#include "policy/policy_snapshot.h"

namespace {

using Clock = std::chrono::steady_clock;
using dn::DomainName;
using dn::policy::ClientPolicy;
using dn::policy::CompiledPolicy;
using dn::policy::PolicyInput;
using dn::policy::PublicSuffixes;

constexpr std::size_t kLookups = 200'000;  // per round
constexpr unsigned kRounds = 5;
constexpr dn::Date kToday{std::chrono::year(2026), std::chrono::month(11), std::chrono::day(22)};

double since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

using MakeName = std::function<std::string(std::size_t)>;

std::string exact_name(std::size_t i) {
  return fmt::format("host-{}.service{}.example{}.com", i, i % 97, i % 1009);
}
std::string covered_name(std::size_t i) {
  return i % 2 == 0 ? fmt::format("eu.team{}.example.com", i)
                    : fmt::format("api-{}-eu.example.net", i);
}
std::string pattern(std::size_t i) {
  return i % 2 == 0 ? fmt::format("*.team{}.example.com", i)
                    : fmt::format("api-{}-*.example.net", i);
}
std::string unknown_name(std::size_t i) {
  return fmt::format("host-{}.service{}.nowhere{}.com", i, i % 97, i % 1009);
}

// The members stand in an external list, as they would for a list of this size.
PolicyInput make_input(std::size_t members, const MakeName& make, std::size_t clients) {
  const std::string arn = "arn:aws:ssm:eu-west-1:123456789012:parameter/egress";
  PolicyInput input;
  std::string& list = input.lists[arn];
  for (std::size_t i = 0; i < members; ++i) list += make(i) + '\n';
  dn::policy::EgressRule rule;
  rule.description = "discriminat:tls:" + arn;
  rule.from_port = rule.to_port = 443;
  input.groups.push_back({.gid = "sg-0123456789abcdef0", .egress = {rule}, .where = {}});
  for (std::size_t i = 0; i < clients; ++i) {
    dn::policy::ClientBinding client;
    client.prefix = {.base = {static_cast<std::uint32_t>(0x0a000000 + i)}, .length = 32};
    client.gids = {"sg-0123456789abcdef0"};
    input.clients.push_back(std::move(client));
  }
  return input;
}

// Nanoseconds per look-up of random names: the best of several rounds, each with other names, since
// whatever else runs on the machine only ever adds to it.
double measure(const ClientPolicy& client, std::size_t members, const MakeName& make, bool want) {
  double best = 1e9;
  for (unsigned round = 0; round < kRounds; ++round) {
    std::mt19937_64 random(round);
    std::vector<DomainName> names;
    for (std::size_t i = 0; i < kLookups; ++i) {
      names.push_back(DomainName::parse(make(random() % members)).value());
    }
    std::size_t found = 0;
    const auto start = Clock::now();
    for (const DomainName& name : names) {
      found += client.match_name(dn::Protocol::Tls, 443, name) ? 1U : 0U;
    }
    best = std::min(best, since(start) * 1e9 / static_cast<double>(kLookups));
    if (found != (want ? kLookups : 0)) fmt::print("WRONG: {} of {} found\n", found, kLookups);
  }
  return best;
}

void run(const char* title, const PublicSuffixes& suffixes, std::size_t members,
         const MakeName& make, const MakeName& hit, std::size_t clients) {
  PolicyInput input = make_input(members, make, clients);
  const auto start = Clock::now();
  const CompiledPolicy compiled = dn::policy::compile_policy(input, suffixes, kToday);
  const double seconds = since(start);
  const double resident = memory_mb("VmRSS:");
  const double peak = memory_mb("VmHWM:");
  const auto* client = compiled.snapshot->find_client({0x0a000000});
  const auto again = Clock::now();
  const std::size_t changes = diff_findings(compiled.findings, compiled.findings).size();
  const double diff = since(again);
  fmt::print("{:<34} {:>8.3f} {:>8.0f} {:>8.0f} {:>8.0f} {:>8.0f} {:>8.3f}\n", title, seconds,
             resident, peak, measure(*client, members, hit, true),
             measure(*client, members, unknown_name, false), diff);
  if (changes != 0) fmt::print("WRONG: {} changes\n", changes);
  std::fflush(stdout);
}

}  // namespace

int main() {
  const auto suffixes = PublicSuffixes::parse(dn::policy::builtin_public_suffix_list());
  fmt::print("{:<34} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8}\n", "policy", "compile", "memory", "peak",
             "hit", "miss", "diff");
  fmt::print("{:<34} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8}\n", "", "s", "MB", "MB", "ns", "ns", "s");
  run("10 k names", *suffixes, 10'000, exact_name, exact_name, 1);
  run("10 k patterns", *suffixes, 10'000, pattern, covered_name, 1);
  run("10 k names, 10 k clients", *suffixes, 10'000, exact_name, exact_name, 10'000);
  run("1 M names", *suffixes, 1'000'000, exact_name, exact_name, 1);
  return 0;
}
