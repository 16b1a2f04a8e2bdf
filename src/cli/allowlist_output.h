// What `discriminat allowlist` prints: for people, as Terraform, as JSON.
//
// Everything that comes from the log is outside text. In Terraform it stands in comments, made
// printable, and in quoted strings, escaped. Covered by allowlist_test.cc.
#pragma once

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "cli/allowlist_picture.h"
#include "cli/rule_writing.h"
#include "cli/wildcard_hints.h"

namespace dn::cli {

struct Allowlist {
  std::string gid, into;
  std::uint64_t connections = 0, left_out = 0;
  std::optional<std::int64_t> first, last;
  std::vector<SeenDestination> names;  // each in a rule
  std::vector<SeenDestination> apart;  // no rule can express them
  std::size_t existing = 0;            // names that the given policy has already
  std::uint64_t unknown_clients = 0;   // connections of addresses that were no client
  WrittenRules written;
  std::vector<WildcardHint> wildcards;
  AllowlistPicture::Completeness completeness;
  Date today;
};

void print_allowlist_text(const Allowlist& list, std::ostream& out, bool colour);
void print_allowlist_terraform(const Allowlist& list, std::ostream& out);
void print_allowlist_json(const Allowlist& list, std::ostream& out);

// A quoted string of HCL.
std::string hcl_text(std::string_view text);

}  // namespace dn::cli
