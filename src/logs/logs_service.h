// LogsService: the operations of the CloudWatch Logs API on a LogCatalog, JSON in and JSON out.
//
// Transport, signatures and connections are somebody else's: http/ and daemon/api_server for the
// network, cli/ in the same process. So every answer is one function call in a test.
//
// Theory of operation
//
// A request is read field by field against the API's constraints (request_fields.h), carried out by
// one function per operation (operations.h) and answered by one writer (json_writer.h); errors come
// from one table (api_error.h). Searches walk the store's blocks with several threads
// (event_page.h); queries do so behind the request's back (query_jobs.h). Tokens and pointers carry
// their position themselves (position.h), so the service keeps nothing but queries.
//
// All input is a stranger's. A request costs the memory of its body and about 16 MB for its values,
// then what its operation states: FilterLogEvents a page of 16 MiB and, per thread, one block and
// what was found in it; GetLogEvents the same with 1 MiB; PutLogEvents its batch once more as
// lines; Live Tail one block and 4 MiB; queries as query_jobs.h says. An answer is at most its page
// with every byte escaped, six times as long. docs/api.md lists all limits. Covered by
// *_operations_test.cc, logs_on_disk_test.cc, hostile_requests_test.cc and logs_api_fuzz.
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
  // Called by several threads; none: the system's.
  std::function<WallTime()> clock;
  std::function<std::uint64_t()> random;  // for ids
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

// A UUID of version 4 (RFC 9562 section 5.4), for ids of queries, sessions and requests.
std::string make_uuid(const std::function<std::uint64_t()>& random);

// May be called by several threads.
class LogsService {
 public:
  virtual ~LogsService() = default;
  static std::unique_ptr<LogsService> make(store::LogCatalog& catalog, ServiceSettings settings);

  // `operation` as in X-Amz-Target behind the dot. Never fails otherwise than by an answer with an
  // error's status and body.
  virtual ServiceAnswer handle(std::string_view operation, std::string_view body) = 0;

  // Searches that are under way end soon, as if their time were over; for an end of the program
  // that must not wait for them.
  virtual void stop_soon() {}

  // StartLiveTail: the session, or the error's answer.
  struct TailStart {
    std::unique_ptr<LiveTail> session;
    ServiceAnswer error;
  };
  virtual TailStart start_live_tail(std::string_view body) = 0;
};

}  // namespace dn::logs
