// LogsEndpoint: a store directory, the operations on it, the console over it, and the server that
// offers both.
//
// What `discriminat run` and `discriminat serve` have in common. Opens the store for writing, so
// that clients may make groups of their own; whoever else writes there keeps its streams. A thread
// looks after retention and compression twice a minute. Covered by logs_endpoint_test.cc.
#pragma once

#include <condition_variable>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "base/result.h"
#include "console/console.h"
#include "daemon/api_server.h"
#include "logs/logs_service.h"
#include "store/log_catalog.h"

namespace dn::daemon {

struct EndpointSettings {
  std::filesystem::path store;
  bool own_streams_taken = false;  // this process writes the gateway's streams itself
  store::SegmentLimits segments;
  std::string listen = "127.0.0.1:1043";
  std::string tls_certificate, tls_key;  // files; both or none
  std::string credentials_file;          // "": no keys
  std::string region = "us-east-1", account = "000000000000";
  std::function<Now()> clock;
  std::function<void(const std::string&)> on_problem;  // of the store; from any thread
  console::ConsoleSources sources;                     // without `check_key`
};

// Serves until it is destroyed.
class LogsEndpoint {
 public:
  // Fails with what to write instead.
  static Result<std::unique_ptr<LogsEndpoint>> start(EndpointSettings settings);
  ~LogsEndpoint();
  LogsEndpoint(const LogsEndpoint&) = delete;
  LogsEndpoint& operator=(const LogsEndpoint&) = delete;

  std::string url() const;  // "http://127.0.0.1:1043"

 private:
  explicit LogsEndpoint(EndpointSettings settings) : settings_(std::move(settings)) {}
  Result<void> open();
  void look_after_store();

  const EndpointSettings settings_;
  ListenAddress listen_;
  std::unique_ptr<store::LogCatalog> catalog_;
  std::unique_ptr<logs::LogsService> service_;
  std::unique_ptr<console::Console> console_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread keeper_;
  std::unique_ptr<ApiServer> server_;  // the first to go
};

}  // namespace dn::daemon
