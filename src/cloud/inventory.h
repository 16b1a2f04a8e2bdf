// Inventory: interfaces and groups as the cloud tells them, piece by piece → groups and clients of
// a policy.
//
// Theory of operation. What the cloud tells is eventually consistent and comes in pages: whatever
// is seen, in a sweep or by a single look-up, is added or changed at once. Only absence is believed
// slowly: from two complete sweeps that finished at least kAbsenceMin apart. A sweep that does not
// reach its last page proves no absence.
//
// An address (or delegated block) belongs to at most one interface:
//   - within a VPC to the one that was seen with it last for the first time, so that an address
//     that moved never keeps its old groups, although the old interface may still be told for a
//     while;
//   - never to a client where an interface of the gateway itself has it;
//   - where interfaces of several VPCs have it, or a block over it, it is a client of none of them,
//     because a packet does not tell its VPC. The gateway's own VPC is the exception, as long as
//     the last complete sweep still saw its interface: the routes of a VPC always send its own
//     addresses to itself, so that no foreign one could finish a handshake, and nobody in another
//     VPC can deny a client its rules. Either way it is a problem that is told.
//
// A new client waits until its groups are known, so that it is not judged without its rules; what
// is missing is listed to be looked up. From then on groups that cannot be seen allow nothing.
//
// Sources: EC2 API reference, DescribeNetworkInterfaces, DescribeSecurityGroups; EC2 developer
// guide, "Eventual consistency". Pure, used by one thread. Covered by inventory_test.cc and
// inventory_property_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aws/ec2_values.h"
#include "base/time.h"
#include "policy/policy_input.h"

namespace dn::cloud {

inline constexpr auto kAbsenceMin = std::chrono::seconds(15);
// Beyond: not taken in, and a problem.
inline constexpr std::size_t kInterfacesMax = 100'000;
inline constexpr std::size_t kGroupsMax = 50'000;
// A VPC has at most a /16, so no block of an interface is larger. Beyond: ignored, and a problem.
inline constexpr int kBlockLengthMin = 16;
inline constexpr std::size_t kInventoryProblemsMax = 100;  // beyond: their number

struct InventorySettings {
  std::string instance_id;  // of the gateway; "" off the cloud
  std::string vpc_id;       // of the gateway
};

// When each of one kind of things was seen, and which are gone for good.
class Sightings {
 public:
  void begin() { ++sweep_, running_ = true; }
  void see(const std::string& id);
  // The ids that two sweeps have missed; they are forgotten.
  std::vector<std::string> finish(MonotonicTime now);
  bool running() const { return running_; }
  // The last complete sweep has not seen it, nor has anything since.
  bool is_missed(const std::string& id) const;

 private:
  struct Sight {
    std::uint64_t sweep = 0;                 // the last one that had begun when it was seen
    std::optional<MonotonicTime> missed_at;  // end of the first sweep without it since
  };
  std::map<std::string, Sight, std::less<>> sights_;
  std::uint64_t sweep_ = 0;
  bool running_ = false;
};

class Inventory {
 public:
  explicit Inventory(InventorySettings settings) : settings_(std::move(settings)) {}

  // A sweep of all interfaces: begin, add each page, finish. A new begin abandons the old sweep.
  void begin_interfaces();
  void finish_interfaces(MonotonicTime now);
  // A page of a sweep, or the answer to a look-up.
  void add_interfaces(std::span<const aws::NetworkInterface> interfaces);

  // A sweep of all groups, likewise. A sweep of groups by id only adds.
  void begin_groups();
  void finish_groups(MonotonicTime now);
  void add_groups(std::span<const aws::SecurityGroup> groups);
  // A look-up by id did not find it. Holds until it is seen.
  void note_missing_group(const std::string& id);

  // Groups that clients have and nobody has told of, to be looked up by id; sorted, at most `most`.
  std::vector<std::string> missing_groups(std::size_t most) const;
  // Groups that clients have, whether known or not; sorted: to be refreshed more often than others.
  std::vector<std::string> used_groups() const;

  // Whether an address is a client by now: the answer to a look-up of it.
  bool is_client(Ipv4Address address);

  // Whether fill() would write something else than the last time; true before the first.
  bool changed();
  // Replaces the groups and clients. The other members are none of its business.
  void fill(policy::PolicyInput& input);
  // Of what fill() writes: addresses in several VPCs, groups that cannot be seen, limits. Sorted.
  std::vector<std::string> problems();

  std::size_t interfaces() const { return interfaces_.size(); }
  std::size_t groups() const { return groups_.size(); }

 private:
  struct Interface {
    aws::NetworkInterface told;
    bool is_own = false;    // of the gateway
    bool is_ready = false;  // all its groups were known once
    // What it has, and when it was first seen with it, in the order of sights.
    std::map<Ipv4Prefix, std::uint64_t> holds;
  };
  // What a limit kept out: counted during a sweep, told after it.
  struct LeftOut {
    std::size_t counted = 0, last = 0;
    void count(const Sightings& sweep) {
      if (sweep.running()) ++counted;
    }
    void finish() { last = counted; }
  };
  struct Claim {
    const Interface* interface = nullptr;
    Ipv4Prefix prefix;
    std::uint64_t since = 0;
  };
  struct View {
    std::vector<policy::ClientBinding> clients;  // sorted by prefix
    std::set<std::string> problems;
    std::uint64_t groups_revision = 0;
  };

  void add_interface(const aws::NetworkInterface& told);
  void count_users(const Interface& interface, bool more);
  bool knows_group(const std::string& id) const;
  void refresh();
  std::vector<Claim> newest_claims(View& view) const;
  void drop_overlaps(std::vector<Claim>& claims, View& view) const;
  bool may_stay(const Claim& claim) const;
  void bind_all(const std::vector<Claim>& claims, View& view);
  void bind(const Claim& claim, View& view);

  InventorySettings settings_;
  std::map<std::string, Interface, std::less<>> interfaces_;
  std::map<std::string, aws::SecurityGroup, std::less<>> groups_;  // only rules with an annotation
  std::set<std::string, std::less<>> absent_groups_;
  std::map<std::string, std::size_t, std::less<>> users_;  // of a group, in interfaces of others
  Sightings interface_sights_, group_sights_;
  std::uint64_t next_sight_ = 0;
  std::uint64_t groups_revision_ = 1;
  LeftOut interfaces_left_out_, groups_left_out_;
  bool stale_ = true;  // view_ is to be made again
  View view_, filled_;
  bool filled_once_ = false;
};

}  // namespace dn::cloud
