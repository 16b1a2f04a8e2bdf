// Allowlist: the rules that would replace a see-thru, and how far they can be trusted.
//
// Made of what only the see-thru of a group let through (allowlist_picture.h): rules for the names
// (rule_writing.h), apart what no rule can express, hints at wildcards (wildcard_hints.h), and how
// complete the picture is. docs/allowlists.md is the recipe. Pure. Covered by
// src/cli/allowlist_test.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "policy/public_suffixes.h"
#include "review/allowlist_picture.h"
#include "review/allowlist_policy.h"
#include "review/rule_writing.h"
#include "review/wildcard_hints.h"

namespace dn::review {

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
  std::vector<AllowlistPicture::CurvePoint> curve;
  Date today;
};

// `into`: the group that the rules are for. Without `policy` nothing is known to exist.
Allowlist make_allowlist(std::string gid, std::string into, const AllowlistPicture& picture,
                         const AllowlistPolicy* policy, const policy::PublicSuffixes& suffixes,
                         Date today);

// Sentences for people, without full stops: what it is, notes below the rules, how complete it is.
std::string headline_of(const Allowlist& list);
std::vector<std::string> notes_of(const Allowlist& list);
std::vector<std::string> completeness_of(const Allowlist& list);
// The first few of the names that a wildcard covers.
std::string covered_names(const WildcardHint& hint);
// Until the see-thru ends, which must be known.
int days_left(const Allowlist& list);
// "2026-11-22 03:15"
std::string format_minute(std::int64_t ms);

}  // namespace dn::review
