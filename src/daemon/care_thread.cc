#include "daemon/care_thread.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "daemon/clock.h"
#include "daemon/self_testing.h"

namespace dn::daemon {
namespace {

// Between two looks while the connections that are being judged come to their end.
constexpr auto kDrainLook = std::chrono::seconds(1);

MonotonicTime now() {
  return read_clock(false).monotonic;
}

}  // namespace

CareThread::CareThread(CareParts parts)
    : parts_(std::move(parts)),
      next_test_(now() + kSelfTestInterval) {
  thread_ = std::thread([this] { run(); });
}

CareThread::~CareThread() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void CareThread::run() {
  SelfCare care(parts_.settings, parts_.questions, now());
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    turn(care, now());
    MonotonicTime next = std::min(care.next_step(now()), next_test_);
    if (care.leaving()) next = std::min<MonotonicTime>(next, now() + kDrainLook);
    lock.lock();
    wake_.wait_until(lock, next, [this] { return stopping_; });
  }
}

void CareThread::turn(SelfCare& care, MonotonicTime at) {
  care.step(at);
  if (at >= next_test_) {
    if (parts_.self_test) care.on_self_test(parts_.self_test(), now());
    next_test_ = now() + kSelfTestInterval;
  }
  for (const SelfLine& line : care.take_lines()) parts_.tell(line);
  healthy_ = care.healthy();
  if (may_exit_ || !care.leaving()) return;
  may_exit_ = care.may_exit(now(), parts_.connections_being_judged());
  if (may_exit_) parts_.on_exit();
}

}  // namespace dn::daemon
