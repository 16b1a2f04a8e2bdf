#include "daemon/self_care.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace dn::daemon {
namespace {

constexpr std::string_view kTaken = "Resource.AlreadyAssociated";

bool is_end(std::string_view target_state) {
  return target_state == "Terminated" || target_state == "Warmed:Terminated";
}

}  // namespace

Result<SelfCareQuestions> self_care_questions(const aws::Session& session,
                                              std::shared_ptr<aws::Imds> imds,
                                              const std::string& region,
                                              const std::string& instance_id) {
  auto opened = session.ec2(region);
  if (!opened) return tl::unexpected(opened.error());
  auto group_client = session.autoscaling(region);
  if (!group_client) return tl::unexpected(group_client.error());
  const auto ec2 = std::make_shared<aws::Ec2>(*std::move(opened));
  const auto groups = std::make_shared<aws::AutoScaling>(*std::move(group_client));
  SelfCareQuestions questions;
  questions.public_address = [imds] { return imds->public_address(); };
  questions.spot_action = [imds] { return imds->spot_action(); };
  questions.target_lifecycle_state = [imds] { return imds->target_lifecycle_state(); };
  questions.disable_source_dest_check = [ec2, instance_id] {
    return ec2->disable_source_dest_check(instance_id);
  };
  questions.tagged_addresses = [ec2] {
    return ec2->describe_addresses({{"tag-key", {std::string(kElasticIpTag)}}});
  };
  questions.associate = [ec2, instance_id](const std::string& allocation_id) {
    return ec2->associate_address(allocation_id, instance_id);
  };
  questions.report_unhealthy = [groups, instance_id] {
    return groups->set_instance_health(instance_id, false, true);
  };
  return questions;
}

SelfCare::SelfCare(const SelfCareSettings& settings, SelfCareQuestions questions, MonotonicTime now)
    : questions_(std::move(questions)) {
  check_.wanted = settings.source_dest_check;
  address_.wanted = settings.elastic_ip;
  notice_.wanted = settings.notices;
  report_.wanted = settings.report_health;
  for (Task* task : {&check_, &address_, &notice_}) task->due = now;
  report_.due = MonotonicTime::max();
}

bool SelfCare::step(MonotonicTime now) {
  const auto due = [now](const Task& task) { return task.wanted && task.due <= now; };
  if (due(report_)) {
    report(now);
  } else if (due(notice_)) {
    look_for_notice(now);
  } else if (due(check_)) {
    switch_check_off(now);
  } else if (due(address_)) {
    care_for_address(now);
  } else {
    return false;
  }
  return true;
}

MonotonicTime SelfCare::next_step(MonotonicTime now) const {
  MonotonicTime next = now + kCareRetry;
  for (const Task* task : {&check_, &address_, &notice_, &report_}) {
    if (task->wanted) next = std::min(next, task->due);
  }
  return next;
}

std::vector<SelfLine> SelfCare::take_lines() {
  return std::exchange(lines_, {});
}

// -- at the start ---------------------------------------------------------------------------------

void SelfCare::switch_check_off(MonotonicTime now) {
  const auto done = questions_.disable_source_dest_check();
  if (!done) return fail(check_, done.error(), now);
  finish(check_, "the source/destination check of this instance is off");
}

// One question a step: has it a public address; which ones are free; may we have this one.
void SelfCare::care_for_address(MonotonicTime now) {
  if (!free_.empty()) return take_address(now);
  if (no_address_) return find_free_address(now);
  const auto address = questions_.public_address();
  if (!address) return put_off(address_, address.error(), kCareRetry, now);
  if (*address) return finish(address_, "");
  no_address_ = true;
}

void SelfCare::find_free_address(MonotonicTime now) {
  no_address_ = false;
  auto found = questions_.tagged_addresses();
  if (!found) return fail(address_, found.error(), now);
  free_ = *std::move(found);
  std::erase_if(free_, [](const aws::ElasticAddress& one) {
    return one.allocation_id.empty() || !one.association_id.empty();
  });
  std::ranges::reverse(free_);
  if (free_.empty()) wait_for_address(now);
}

void SelfCare::wait_for_address(MonotonicTime now) {
  tell_problem(address_, fmt::format("this instance has no public address, and no Elastic IP with "
                                     "the tag key \"{}\" is free; allocate one, or tag one",
                                     kElasticIpTag));
  address_.due = now + kCareRetry;
}

// Of several gateways that start at once, each tries the same ones.
void SelfCare::take_address(MonotonicTime now) {
  const aws::ElasticAddress one = std::move(free_.back());
  free_.pop_back();
  const auto taken = questions_.associate(one.allocation_id);
  if (taken) {
    free_.clear();
    return finish(address_, fmt::format("the Elastic IP {} ({}) is associated with this instance",
                                        one.address ? to_text(*one.address) : "without address",
                                        one.allocation_id));
  }
  if (taken.error().type != kTaken) {
    free_.clear();
    return fail(address_, taken.error(), now);
  }
  if (free_.empty()) wait_for_address(now);
}

// -- the end --------------------------------------------------------------------------------------

void SelfCare::look_for_notice(MonotonicTime now) {
  if (!ask_group_) {
    const auto action = questions_.spot_action();
    if (!action) return put_off(notice_, action.error(), kNoticeRetry, now);
    if (*action) {
      return leave(fmt::format("its spot capacity is taken back (\"{}\")", (*action)->action), now);
    }
    ask_group_ = true;
    return;
  }
  ask_group_ = false;
  const auto state = questions_.target_lifecycle_state();
  if (!state) return put_off(notice_, state.error(), kNoticeRetry, now);
  if (is_end(*state)) return leave("its Auto Scaling group terminates it", now);
  notice_.due = now + kNoticeInterval;
  if (!std::exchange(notice_.failing, false)) return;
  lines_.push_back({"accepted", fmt::format("{} works again", notice_.name)});
}

// Whatever was not done yet is of no use any more: an address would be taken from another gateway.
void SelfCare::leave(const std::string& why, MonotonicTime now) {
  leaving_since_ = now;
  for (Task* task : {&check_, &address_, &notice_, &report_}) task->wanted = false;
  lines_.push_back({"warning", fmt::format("this instance ends, {}: unhealthy from now on, stops "
                                           "within {}",
                                           why, std::chrono::seconds(kDrainMost).count()) +
                                   " seconds"});
}

bool SelfCare::may_exit(MonotonicTime now, std::size_t connections_being_judged) const {
  if (!leaving_since_) return false;
  const auto drained = now - *leaving_since_;
  return drained >= kDrainMost || (drained >= kDrainLeast && connections_being_judged == 0);
}

// -- health ---------------------------------------------------------------------------------------

void SelfCare::on_self_test(const Result<void>& outcome, MonotonicTime now) {
  if (outcome) {
    if (failures_ >= kSelfTestFailures)
      lines_.push_back({"accepted", "the self-test passes again"});
    failures_ = 0;
    report_.due = MonotonicTime::max();
    return;
  }
  if (failures_ < kSelfTestFailures && ++failures_ == kSelfTestFailures) {
    lines_.push_back({"warning", fmt::format("the self-test failed {} times in a row: {}",
                                             kSelfTestFailures, outcome.error().message)});
    report_.due = now;
  }
}

void SelfCare::report(MonotonicTime now) {
  const auto done = questions_.report_unhealthy();
  if (!done) return fail(report_, done.error(), now);
  report_.due = MonotonicTime::max();
  report_.failing = false;
  lines_.push_back({"warning",
                    "reported unhealthy to the Auto Scaling group, which replaces this "
                    "instance after its grace period"});
}

// -- outcomes -------------------------------------------------------------------------------------

void SelfCare::finish(Task& task, std::string told) {
  task.wanted = false;
  if (told.empty() && task.failing) told = fmt::format("{}: not needed any more", task.name);
  if (!told.empty()) lines_.push_back({"accepted", std::move(told)});
}

void SelfCare::fail(Task& task, const aws::ServiceError& error, MonotonicTime now) {
  if (aws::is_denied(error)) {
    task.wanted = false;
    lines_.push_back(
        {"warning", fmt::format("{} is switched off: {}", task.name, aws::to_text(error))});
    return;
  }
  tell_problem(task, aws::to_text(error) + "; tried again each minute");
  task.due = now + kCareRetry;
}

void SelfCare::tell_problem(Task& task, std::string_view why) {
  if (std::exchange(task.failing, true)) return;
  lines_.push_back({"warning", fmt::format("{}: {}", task.name, why)});
}

void SelfCare::put_off(Task& task, const aws::ImdsError& error, Duration wait, MonotonicTime now) {
  if (error.fault == aws::ImdsFault::Off) task.wanted = false;
  if (error.fault == aws::ImdsFault::Odd) tell_problem(task, error.message);
  task.due = now + wait;
}

}  // namespace dn::daemon
