// SelfCare: what an instance of the cloud does for itself, beside its policy.
//
// Theory of operation
//
// | what | when | when it fails |
// |---|---|---|
// | switches the source/destination check off | at the start | again each minute |
// | takes a free Elastic IP, where there is no public address | at the start | again each minute |
// | looks for a notice that the instance ends | every 5 s | again after 15 s |
// | reports itself unhealthy to its Auto Scaling group | two failed self-tests in a row | each
// minute |
//
// What the cloud denies to this role is never asked again. A failure is told when it appears and
// not at every attempt. Without instance metadata nothing happens and nothing is told: this is no
// instance, or its owner does not want it.
//
// A notice is any action on spot capacity, or the target state Terminated (Warmed:Terminated) of an
// Auto Scaling group. The other states of a warm pool are those of an instance that begins its
// life. From then on the gateway is unhealthy, and may end once no connection is being judged: not
// before kDrainLeast, in which load balancers notice and new connections still come, and in any
// case after kDrainMost, since spot capacity goes two minutes after its notice. Allowed connections
// flow in the kernel all the while.
//
// One question in each step, so that its thread can do other things between them. No clock, no
// thread, no socket: time and the cloud are arguments. Covered by self_care_test.cc and
// tests/aws/self_care_against_moto.py; docs/aws-self-care.md is the page for users.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/ec2.h"
#include "aws/imds.h"
#include "aws/session.h"
#include "base/result.h"
#include "base/time.h"

namespace dn::daemon {

// Each asks once, with the retries of its client, and may take its time.
struct SelfCareQuestions {
  std::function<aws::ImdsResult<std::optional<Ipv4Address>>()> public_address;
  std::function<aws::ImdsResult<std::optional<aws::SpotAction>>()> spot_action;
  std::function<aws::ImdsResult<std::string>()> target_lifecycle_state;
  std::function<aws::ServiceResult<void>()> disable_source_dest_check;
  std::function<aws::ServiceResult<std::vector<aws::ElasticAddress>>()> tagged_addresses;
  std::function<aws::ServiceResult<std::string>(const std::string& allocation_id)> associate;
  std::function<aws::ServiceResult<void>()> report_unhealthy;
};
// With clients of their own, but for `imds`, which no other thread may use. Fails as Session does.
Result<SelfCareQuestions> self_care_questions(const aws::Session& session,
                                              std::shared_ptr<aws::Imds> imds,
                                              const std::string& region,
                                              const std::string& instance_id);

// What is false is never asked.
struct SelfCareSettings {
  bool source_dest_check = true;
  bool elastic_ip = true;
  bool notices = true;
  bool report_health = true;
};

// A `self` line of the config log.
struct SelfLine {
  std::string outcome;  // "accepted" or "warning"
  std::string reason;
  bool operator==(const SelfLine&) const = default;
};

inline constexpr std::string_view kElasticIpTag = "discriminat";
inline constexpr auto kNoticeInterval = std::chrono::seconds(5);
inline constexpr auto kNoticeRetry = std::chrono::seconds(15);
inline constexpr auto kCareRetry = std::chrono::minutes(1);
inline constexpr unsigned kSelfTestFailures = 2;  // in a row
inline constexpr auto kDrainLeast = std::chrono::seconds(20);
inline constexpr auto kDrainMost = std::chrono::seconds(90);

// Not shared by threads.
class SelfCare {
 public:
  SelfCare(const SelfCareSettings& settings, SelfCareQuestions questions, MonotonicTime now);

  // Puts at most one question. False: nothing is due before next_step().
  bool step(MonotonicTime now);
  MonotonicTime next_step(MonotonicTime now) const;  // a minute ahead at most

  // The error says what is broken.
  void on_self_test(const Result<void>& outcome, MonotonicTime now);

  bool leaving() const { return leaving_since_.has_value(); }
  // What the health service may say at best.
  bool healthy() const { return !leaving() && failures_ < kSelfTestFailures; }
  // Whether the program may end, with exit code 0.
  bool may_exit(MonotonicTime now, std::size_t connections_being_judged) const;

  // What is new since the last call.
  std::vector<SelfLine> take_lines();

 private:
  struct Task {
    std::string_view name = {};
    bool wanted = true;
    MonotonicTime due = {};
    bool failing = false;  // and told so
  };

  void switch_check_off(MonotonicTime now);
  void care_for_address(MonotonicTime now);
  void find_free_address(MonotonicTime now);
  void take_address(MonotonicTime now);
  void wait_for_address(MonotonicTime now);
  void look_for_notice(MonotonicTime now);
  void leave(const std::string& why, MonotonicTime now);
  void report(MonotonicTime now);
  void finish(Task& task, std::string told);
  void fail(Task& task, const aws::ServiceError& error, MonotonicTime now);
  void tell_problem(Task& task, std::string_view why);
  void put_off(Task& task, const aws::ImdsError& error, Duration wait, MonotonicTime now);

  const SelfCareQuestions questions_;
  Task check_{.name = "switching off the source/destination check"};
  Task address_{.name = "associating an Elastic IP"};
  Task notice_{.name = "looking for the end of this instance"};
  Task report_{.name = "reporting to the Auto Scaling group"};
  bool ask_group_ = false;   // the next question about notices is for the group's state
  bool no_address_ = false;  // known, and no free one has been looked for yet
  std::vector<aws::ElasticAddress> free_;  // to be tried, the last one first
  unsigned failures_ = 0;                  // of self-tests in a row
  std::optional<MonotonicTime> leaving_since_;
  std::vector<SelfLine> lines_;
};

}  // namespace dn::daemon
