// CloudReader: which question to put to the cloud next, and what the answers make of the policy.
//
// Theory of operation
//
// step() puts at most one question and takes its answer in: first the clients that somebody waits
// for, then groups that a new client has, then the sweep that is due (cloud/sweep_schedule.h);
// after a look-up it is the sweep's turn. Groups whose look-up fails wait for the next one,
// `groups_interval` later, unless a client that somebody waits for is found. What an answer adds or
// changes is news at once; what is gone, after two complete sweeps (cloud/inventory.h). A question
// that fails changes nothing: the policy stays as it is, the failure is a problem until the same
// kind of question succeeds, and a sweep that was stopped begins anew. The pages before the one
// that failed count: what they add and change.
//
// EC2 finds an interface by its addresses and not by its delegated blocks. In an account that has
// such blocks an address that is not found may be in a new one, so the next sweep of interfaces
// comes sooner: kBlockSweepInterval after the last one, however many addresses ask.
//
// There is no news before the first complete sweep of interfaces and of groups, the first attempt
// to read the preferences, and one for each list that the rules name: a policy with half of its
// clients would end the connections of the others.
//
// A page that is too large to be read (aws/xml.h) makes the next ones of its kind smaller, for
// good: the rules of a group can be thousands, and nobody can say how many fit.
//
// No clock, no thread, no socket: time and the cloud are arguments. Covered by
// cloud_reader_test.cc.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "aws/ec2.h"
#include "cloud/external_lists.h"
#include "cloud/inventory.h"
#include "cloud/sweep_schedule.h"
#include "cloud/unknown_clients.h"
#include "policy/policy_input.h"

namespace dn::daemon {

inline constexpr unsigned kInterfacesPerPage = 1000;
inline constexpr unsigned kGroupsPerPage = 200;  // and ids in a question: EC2 takes no more of them
inline constexpr auto kBlockSweepInterval = std::chrono::seconds(20);
inline constexpr unsigned kPerPageMin = 5;
inline constexpr unsigned kLookUpPagesMax = 200;  // of one look-up; beyond, it has failed
// Of one sweep, beside the full ones that hold as many items as there may be; beyond, it has
// failed.
inline constexpr std::size_t kShortPagesMax = 1000;

// Each asks the cloud once, with the retries of its client, and may take its time.
using InterfaceQuestion =
    std::function<aws::ServiceResult<aws::Page<aws::NetworkInterface>>(const aws::Ec2Question&)>;
using GroupQuestion =
    std::function<aws::ServiceResult<aws::Page<aws::SecurityGroup>>(const aws::Ec2Question&)>;
struct CloudQuestions {
  InterfaceQuestion interfaces;
  GroupQuestion groups;
  std::function<aws::ServiceResult<std::string>(const std::string& name)> preferences;
  std::function<aws::ServiceResult<std::string>(const std::string& arn)> list;
};

struct CloudReaderSettings {
  cloud::InventorySettings inventory;
  std::vector<std::string> vpcs;  // whose interfaces are clients; empty: all of the account
  std::string preferences_name = "DiscrimiNAT";
  Duration groups_interval = cloud::kUsedGroupsInterval;  // of those that clients have
};

// What has changed since the last take().
struct CloudNews {
  std::optional<policy::PolicyInput> input;
  std::vector<Ipv4Address> absent;  // asked for, and no client of the cloud's
};

class CloudReader {
 public:
  CloudReader(CloudReaderSettings settings, CloudQuestions questions,
              cloud::SweepSchedule::Random random, MonotonicTime now);

  // Somebody waits for a client. What cannot be asked for is absent in the next news.
  void ask(Ipv4Address address, MonotonicTime now);
  // Puts at most one question. False: nothing is due before next_step().
  bool step(MonotonicTime now);
  MonotonicTime next_step(MonotonicTime now) const;

  CloudNews take();
  // All that lasts, sorted: what could not be read, what is odd in what was read.
  std::vector<std::string> problems();
  std::size_t interfaces() const { return inventory_.interfaces(); }
  std::size_t groups() const { return inventory_.groups(); }
  // Interfaces, completely, the last time.
  std::optional<MonotonicTime> swept_at() const {
    if (!done_.contains(cloud::Sweep::Interfaces)) return {};
    return swept_at_;
  }

 private:
  struct Work {
    cloud::Sweep sweep;
    std::string next_token;
    std::vector<std::string> ids;  // of used groups, still to be asked for
    std::size_t odd_items = 0;
    std::size_t pages = 0;
  };

  bool ask_next(MonotonicTime now);
  bool find_clients(MonotonicTime now);
  void hurry_for_blocks(MonotonicTime now);
  bool find_missing_groups(MonotonicTime now);
  void look_up_groups(MonotonicTime now);
  bool go_on(MonotonicTime now);
  void begin(cloud::Sweep sweep, MonotonicTime now);
  void ask_interfaces(MonotonicTime now);
  void ask_all_groups(MonotonicTime now);
  void ask_used_groups(MonotonicTime now);
  void ask_preferences(MonotonicTime now);
  void ask_list(MonotonicTime now);
  std::vector<aws::Ec2Filter> of_vpcs() const;
  std::size_t pages_max(cloud::Sweep sweep) const;
  bool is_last_page(std::string_view what, std::size_t odd_items, std::string next_token,
                    MonotonicTime now);
  void succeed(MonotonicTime now);
  void fail(std::string_view what, const aws::ServiceError& error, MonotonicTime now);
  void note_failure(cloud::Sweep sweep, std::string_view what, const aws::ServiceError& error,
                    MonotonicTime now);
  bool has_swept() const;  // interfaces and groups, once
  bool is_complete() const;

  const CloudReaderSettings settings_;
  const CloudQuestions questions_;
  cloud::Inventory inventory_;
  cloud::UnknownClients unknown_;
  cloud::SweepSchedule schedule_;
  cloud::ExternalLists lists_;
  std::optional<Work> work_;
  std::optional<std::string> next_list_;
  std::vector<Ipv4Address> absent_;
  policy::PolicyInput input_;
  bool news_ = false;                 // in `input_`, not yet taken
  bool told_ = false;                 // a first policy was taken
  bool sweeps_turn_ = false;          // a look-up was the last question
  MonotonicTime missing_groups_due_;  // not before: their last look-up failed
  std::vector<std::string> preference_warnings_;
  std::map<cloud::Sweep, std::string> failures_;  // until that kind of question succeeds
  std::string look_up_failure_;
  MonotonicTime swept_at_;                   // interfaces, the last time; valid after the first one
  std::map<cloud::Sweep, std::size_t> odd_;  // items that the last sweep could not read in whole
  unsigned interfaces_per_page_ = kInterfacesPerPage;
  unsigned groups_per_page_ = kGroupsPerPage;
  std::set<cloud::Sweep> done_;  // at least once; preferences: tried at least once
};

}  // namespace dn::daemon
