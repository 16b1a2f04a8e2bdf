// LogsService: the operations of the CloudWatch Logs API on a LogCatalog, JSON in and JSON out.
//
// Transport, signatures and connections are somebody else's: http/ and daemon/api_server for the
// network, cli/ in the same process. So every answer is one function call in a test.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/time.h"
#include "store/log_catalog.h"

namespace dn::logs {

struct ServiceSettings {
  std::string region = "us-east-1";      // in ARNs
  std::string account = "000000000000";  // in ARNs and @log
  unsigned workers = 0;                  // threads of one query; 0: one per CPU
  std::function<WallTime()> clock;
  std::function<std::uint64_t()> random;  // for query ids
};

struct ServiceAnswer {
  int status = 200;
  std::string body;        // JSON, or empty
  std::string error_type;  // "" when status is 200
};

// A StartLiveTail session: bytes of application/vnd.amazon.eventstream, to be fetched every second.
class LiveTail {
 public:
  virtual ~LiveTail() = default;
  virtual std::string next_frames(WallTime now) = 0;
  virtual bool ended() const = 0;
};

// May be called by several threads.
class LogsService {
 public:
  virtual ~LogsService() = default;
  static std::unique_ptr<LogsService> make(store::LogCatalog& catalog, ServiceSettings settings);

  // `operation` as in X-Amz-Target behind the dot. Never fails otherwise than by an answer with an
  // error's status and body.
  virtual ServiceAnswer handle(std::string_view operation, std::string_view body) = 0;

  // StartLiveTail: the session, or the error's answer.
  struct TailStart {
    std::unique_ptr<LiveTail> session;
    ServiceAnswer error;
  };
  virtual TailStart start_live_tail(std::string_view body) = 0;
};

}  // namespace dn::logs
