#include "shipper/log_shipper.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace dn::shipper {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto kLookInterval = 1s;
constexpr aws::RetrySchedule kRetries{.base = 100ms, .cap = 20s};
constexpr unsigned kFailuresBeforeTold = 3;  // a single one is nobody's concern
constexpr unsigned kFailuresMax = 1000;      // counted no further

}  // namespace

Result<std::unique_ptr<LogShipper>> LogShipper::start(LogShipperSettings settings,
                                                      aws::CloudWatchLogs logs) {
  std::unique_ptr<LogShipper> made(new LogShipper(std::move(settings), std::move(logs)));
  for (const std::string& stream : made->settings_.streams) {
    StreamShipperSettings one;
    one.directory = made->settings_.state_dir / stream;
    one.cursor_file = made->settings_.state_dir / fmt::format("shipped-{}", stream);
    one.group = made->settings_.group;
    one.stream = stream;
    auto lane = std::make_unique<Lane>(std::move(one), made->logs_);
    if (auto opened = lane->shipper.open(); !opened) return tl::unexpected(opened.error());
    made->lanes_.push_back(std::move(lane));
  }
  made->thread_ = std::thread([shipper = made.get()] { shipper->run(); });
  return made;
}

LogShipper::~LogShipper() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

std::map<std::string, ShipStats> LogShipper::stats() const {
  const std::scoped_lock lock(mutex_);
  return stats_;
}

void LogShipper::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    auto next = Clock::now() + kLookInterval;
    for (const auto& lane : lanes_) {
      if (lane->due <= Clock::now()) take_turn(*lane);
      next = std::min(next, lane->due);
    }
    lock.lock();
    for (const auto& lane : lanes_) stats_[lane->stream] = lane->shipper.stats();
    wake_.wait_until(lock, next, [this] { return stopping_; });
  }
}

void LogShipper::take_turn(Lane& lane) {
  const StreamShipper::Step step = lane.shipper.step();
  tell(lane, step);
  switch (step) {
    case StreamShipper::Step::Sent: lane.due = Clock::now(); break;
    case StreamShipper::Step::Idle: lane.due = Clock::now() + kLookInterval; break;
    case StreamShipper::Step::Failed: {
      const auto most = aws::longest_wait(kRetries, lane.failures + 1);
      const auto spread = static_cast<std::uint64_t>(most.count()) + 1;
      lane.due = Clock::now() + std::chrono::milliseconds(settings_.random() % spread);
      break;
    }
  }
}

void LogShipper::tell(Lane& lane, StreamShipper::Step step) {
  if (step == StreamShipper::Step::Failed) {
    lane.failures = std::min(lane.failures + 1, kFailuresMax);
    if (lane.failures < kFailuresBeforeTold || lane.told) return;
    lane.told = true;
    settings_.on_problem(fmt::format("the {} log cannot be shipped, and waits: {}", lane.stream,
                                     lane.shipper.stats().last_error));
    return;
  }
  lane.failures = 0;
  if (step != StreamShipper::Step::Sent || !std::exchange(lane.told, false)) return;
  settings_.on_recovery(fmt::format("the {} log is shipped again", lane.stream));
}

}  // namespace dn::shipper
