// Small policies for tests: one group, and the client 10.0.1.10 that has it.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "policy/policy_input.h"
#include "policy/policy_snapshot.h"
#include "policy/public_suffixes.h"

namespace dn::review::testing {

inline constexpr Date kToday = std::chrono::year{2026} / 11 / 22;

inline const policy::PublicSuffixes& suffixes() {
  static const auto kSuffixes =
      policy::PublicSuffixes::parse(policy::builtin_public_suffix_list()).value();
  return kSuffixes;
}

inline policy::EgressRule rule(std::string description, Port port = 443) {
  return {.description = std::move(description),
          .ip_protocol = "tcp",
          .from_port = port,
          .to_port = port,
          .where = {}};
}

inline policy::ClientBinding client(std::string_view address, std::vector<std::string> gids) {
  return {.prefix = {*parse_ipv4(address), 32}, .gids = std::move(gids), .where = {}};
}

inline policy::SecurityGroup group(std::string gid, const std::vector<std::string>& annotations) {
  policy::SecurityGroup made{.gid = std::move(gid), .egress = {}, .where = {}};
  for (const auto& annotation : annotations) made.egress.push_back(rule(annotation));
  return made;
}

inline policy::PolicyInput one_group(const std::string& gid,
                                     const std::vector<std::string>& annotations) {
  policy::PolicyInput input;
  input.groups.push_back(group(gid, annotations));
  input.clients.push_back(client("10.0.1.10", {gid}));
  return input;
}

inline std::shared_ptr<const policy::PolicySnapshot> compile(const policy::PolicyInput& input) {
  return policy::compile_policy(input, suffixes(), kToday).snapshot;
}

}  // namespace dn::review::testing
