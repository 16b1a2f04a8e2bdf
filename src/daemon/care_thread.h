// CareThread: the thread on which an instance of the cloud looks after itself (self_care.h) and
// tests its own data path (self_testing.h).
//
// Its own, because both may take seconds and neither the packets nor the policy wait for them.
// Covered by care_thread_test.cc.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "daemon/self_care.h"

namespace dn::daemon {

// Called by the thread.
struct CareParts {
  SelfCareSettings settings;
  SelfCareQuestions questions;
  std::function<Result<void>()> self_test;  // every kSelfTestInterval; empty: never
  std::function<std::size_t()> connections_being_judged;
  std::function<void(const SelfLine&)> tell;
  std::function<void()> on_exit;  // once may_exit() is true
};

class CareThread {
 public:
  explicit CareThread(CareParts parts);
  ~CareThread();
  CareThread(const CareThread&) = delete;
  CareThread& operator=(const CareThread&) = delete;

  // What the health service may say at best. Any thread.
  bool healthy() const { return healthy_; }
  // The instance ends, and the program may. Any thread.
  bool may_exit() const { return may_exit_; }

 private:
  void run();
  void turn(SelfCare& care, MonotonicTime now);

  const CareParts parts_;
  std::atomic<bool> healthy_ = true, may_exit_ = false;
  MonotonicTime next_test_;  // of the thread
  std::mutex mutex_;         // guards what follows
  bool stopping_ = false;
  std::condition_variable wake_;
  std::thread thread_;
};

}  // namespace dn::daemon
