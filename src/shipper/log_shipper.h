// LogShipper: the thread that brings the gateway's logs to CloudWatch Logs.
//
// Looks every second, sends at once while full batches are waiting, and after a failure waits a
// random time up to a bound that doubles from a tenth of a second to 20 seconds (full jitter, so
// that gateways which failed together do not come back together). Each stream goes on by itself. A
// failure that lasts is told once, and its end once: the logs are the one place where it would
// repeat itself. Covered by log_shipper_test.cc.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"
#include "shipper/stream_shipper.h"

namespace dn::shipper {

struct LogShipperSettings {
  std::filesystem::path state_dir;    // of the log store; cursors are kept there
  std::string group = "DiscrimiNAT";  // at the service
  std::vector<std::string> streams = {"flow", "config"};  // those that there are
  std::function<std::uint64_t()> random;
  std::function<void(const std::string&)> on_problem, on_recovery;  // on the thread
};

class LogShipper {
 public:
  // Fails when a cursor is damaged.
  static Result<std::unique_ptr<LogShipper>> start(LogShipperSettings settings,
                                                   aws::CloudWatchLogs logs);
  // Waits for the call that is under way.
  ~LogShipper();

  // By stream. Any thread.
  std::map<std::string, ShipStats> stats() const;

 private:
  struct Lane {
    Lane(StreamShipperSettings chosen, aws::CloudWatchLogs& logs)
        : stream(chosen.stream),
          shipper(std::move(chosen), logs) {}
    const std::string stream;
    StreamShipper shipper;
    unsigned failures = 0;  // in a row
    std::chrono::steady_clock::time_point due{};
    bool told = false;
  };
  LogShipper(LogShipperSettings settings, aws::CloudWatchLogs logs)
      : settings_(std::move(settings)),
        logs_(std::move(logs)) {}
  void run();
  void take_turn(Lane& lane);
  void tell(Lane& lane, StreamShipper::Step step);

  const LogShipperSettings settings_;
  aws::CloudWatchLogs logs_;  // of the thread, as the lanes
  std::vector<std::unique_ptr<Lane>> lanes_;
  mutable std::mutex mutex_;  // guards what follows
  std::map<std::string, ShipStats> stats_;
  bool stopping_ = false;
  std::condition_variable wake_;
  std::thread thread_;
};

}  // namespace dn::shipper
