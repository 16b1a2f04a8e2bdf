#include "console/testing/small_policy.h"

#include <fmt/format.h>

#include <utility>

namespace dn::console::testing {
namespace {

constexpr Date kToday{std::chrono::year(2026), std::chrono::month(11), std::chrono::day(22)};

}  // namespace

std::shared_ptr<const PolicyInForce> small_policy() {
  PolicyInForce policy;
  policy.input.groups.resize(2);
  auto& web = policy.input.groups[0];
  web.gid = "sg-web";
  web.egress.push_back({.description = "discriminat:tls:api.example.com,*.wild.example",
                        .from_port = 443,
                        .to_port = 443,
                        .where = "policy.toml:3"});
  auto& learning = policy.input.groups[1];
  learning.gid = "sg-learning";
  learning.egress.push_back({.description = "discriminat:see-thru:2999-12-31", .where = "p:9"});
  policy.input.clients.push_back(
      {.prefix = {*parse_ipv4("10.0.1.10"), 32}, .gids = {"sg-web"}, .where = "p:20"});
  policy.input.clients.push_back(
      {.prefix = {*parse_ipv4("10.0.1.11"), 32}, .gids = {"sg-learning"}, .where = "p:24"});
  policy.suffixes = std::make_shared<const policy::PublicSuffixes>(
      *policy::PublicSuffixes::parse(policy::builtin_public_suffix_list()));
  policy.snapshot = policy::compile_policy(policy.input, *policy.suffixes, kToday).snapshot;
  policy.file = "policy.toml";
  policy.revision = 7;
  return std::make_shared<const PolicyInForce>(std::move(policy));
}

std::vector<std::string> small_flow_log() {
  std::vector<std::string> lines;
  const auto add = [&](std::string_view src, std::string_view dhost, std::string_view outcome,
                       std::string_view reason, std::string_view more = "") {
    lines.push_back(fmt::format(
        R"({{"time":"2026-11-22T03:1{}:00.000Z","dhost":"{}","cat":"client","outcome":"{}",)"
        R"("src":"{}","spt":1,"dst":"192.0.2.1","dpt":443,"proto":"tls","reason":"{}",)"
        R"("instance":"gw"{}}})",
        lines.size(), dhost, outcome, src, reason, more));
  };
  add("10.0.1.10", "api.example.com", "allowed", "policy:sg-web: api.example.com");
  add("10.0.1.10", "a.wild.example", "allowed", "policy:sg-web: *.wild.example");
  add("10.0.1.10", "unlisted.example", "disallowed", "not-allowlisted");
  add("10.0.1.11", "new.example", "allowed", "not-allowlisted",
      R"(,"see_thru_gid":"sg-learning","see_thru_exerted":true,"see_thru_days_remaining":9)");
  return lines;
}

}  // namespace dn::console::testing
