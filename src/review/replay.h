// Replay: which logged connections another policy would judge otherwise, counted by kind of change.
//
// Fed with lines of the flow log, in any order; asks the candidate policy about each client line
// again (replay_judge.h, which says what is assumed). Kinds of change are told apart by the
// client's groups, destination and outcome. Memory is bounded by kRowsMax kinds; further ones are
// counted, and count in the totals. Pure. Covered by replay_test.cc and src/cli/replay_test.cc.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/address.h"
#include "base/time.h"
#include "policy/policy_input.h"
#include "policy/policy_snapshot.h"
#include "policy/public_suffixes.h"
#include "review/flow_line.h"
#include "review/replay_judge.h"

namespace dn::review {

enum class Change : std::uint8_t {
  NewlyRefused,
  NewlyAllowed,
  SeeThruOnly,  // a rule allowed it; now only see-thru would
  None,
};
// "newly-refused", "newly-allowed", "see-thru-only", "same".
std::string_view to_text(Change change);

struct ChangeKey {
  Change change = Change::None;
  std::string groups;  // of the client, or its address where it is none
  std::string proto;
  Port port = 0;
  std::string dhost, before, now;
  bool uncertain = false;
  auto operator<=>(const ChangeKey&) const = default;
};
struct ChangeCount {
  std::uint64_t connections = 0;
  std::unordered_set<std::uint32_t> clients;  // at most Replay::kClientsMax are told apart
  std::int64_t first = 0, last = 0;           // milliseconds since 1970
};

struct ReplayTotals {
  std::uint64_t judged = 0, not_judged = 0, left_out = 0;
  std::map<Change, std::uint64_t> by_change;
};

// The candidate policy, and what its clients are called.
class Candidate {
 public:
  // See-thru dates are judged by `day`.
  Candidate(policy::PolicyInput input, const policy::PublicSuffixes& suffixes, Date day);
  Candidate(Candidate&&) = default;  // no copies: known_ refers to clients_

  ReplayJudgement judge(const LoggedFlow& flow) const {
    return judge_again(flow, *policy_, crls_, day_);
  }
  // As one text; the address where it is no client or has no groups.
  const std::string& groups_of(Ipv4Address client) { return known(client).label; }
  bool has_group(Ipv4Address client, const std::string& gid);

 private:
  static constexpr std::size_t kKnownMax = 100'000;  // beyond: they are looked up anew
  struct Client {
    std::string label;
    const policy::ClientBinding* binding = nullptr;  // null: no client
  };
  const Client& known(Ipv4Address client);

  std::vector<policy::ClientBinding> clients_;
  bool crls_;
  Date day_;
  std::shared_ptr<const policy::PolicySnapshot> policy_;
  std::unordered_map<std::uint32_t, Client> known_;
};

class Replay {
 public:
  static constexpr std::size_t kRowsMax = 50'000;
  static constexpr std::size_t kClientsMax = 1000;   // told apart in one row
  static constexpr std::size_t kPairsMax = 500'000;  // row and client; beyond, none is told apart

  // With `gid` only connections of clients that have this group are judged and counted.
  explicit Replay(Candidate candidate, std::string gid = {})
      : candidate_(std::move(candidate)),
        gid_(std::move(gid)) {}

  void add(std::int64_t timestamp, std::string_view message);

  const std::map<ChangeKey, ChangeCount>& rows() const { return rows_; }
  const ReplayTotals& totals() const { return totals_; }
  std::uint64_t count_of(Change change) const;

 private:
  void count(std::int64_t timestamp, const FlowLine& line, const LoggedFlow& flow,
             const ReplayJudgement& judgement, Change change);

  Candidate candidate_;
  std::string gid_;
  std::map<ChangeKey, ChangeCount> rows_;
  std::size_t pairs_ = 0;
  ReplayTotals totals_;
};

// One object, with a line for each kind of change.
void print_replay_json(const Replay& replay, Date day, std::ostream& out);

}  // namespace dn::review
