// Searches of the console's answers in the logs of this endpoint.
//
// One deadline for a whole search, however many pages it takes; a page that is under way is not
// broken off, so the answer may come one page later, unless the log service is told to stop
// (LogsService::stop_soon). Covered by log_search_test.cc.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "logs/api_error.h"
#include "logs/logs_service.h"

namespace dn::console {

struct LogSearch {
  logs::LogsService& logs;
  std::string group;
  std::int64_t from = 0, to = 0;  // milliseconds since 1970, both included
  std::function<Now()> clock;
  MonotonicTime deadline;
  std::function<bool()> stopping = {};  // then it ends as at the deadline; none: never

  bool over() const { return clock().monotonic >= deadline || (stopping && stopping()); }
};

// Events of the flow log that match a filter pattern, in the order of time: (milliseconds,
// message).
using OnEvent = std::function<void(std::int64_t timestamp, std::string_view message)>;
logs::ApiResult<void> read_flow_events(const LogSearch& search, std::string_view pattern,
                                       const OnEvent& on_event);

// Rows of an Insights query, field by field.
using QueryRow = std::map<std::string, std::string, std::less<>>;
logs::ApiResult<std::vector<QueryRow>> run_query(const LogSearch& search, std::string_view query);

}  // namespace dn::console
