// Insights: the query language of CloudWatch Logs Insights, compiled once and run over events.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

#include "records/log_event.h"

namespace dn::query {

// [start, end) are byte offsets into the query.
struct QueryError {
  std::string message;
  std::size_t start = 0, end = 0;
};

// Immutable and shared by threads; copies are cheap.
class InsightsQuery {
 public:
  // `limit` replaces the default of 10,000 rows where the query has no limit of its own.
  static tl::expected<InsightsQuery, QueryError> compile(std::string_view text,
                                                         std::size_t limit = 10'000);
  const records::RequiredValues& required_values() const;

  struct Plan;
  const Plan& plan() const { return *plan_; }

 private:
  explicit InsightsQuery(std::shared_ptr<const Plan> plan) : plan_(std::move(plan)) {}
  std::shared_ptr<const Plan> plan_;
};

struct ResultRow {
  std::vector<std::pair<std::string, std::string>> cells;  // absent fields are left out
  bool has_key = false;                                    // a row of one event: key is @ptr
  records::EventKey key;
};

struct QueryStatistics {
  std::uint64_t records_matched = 0, records_scanned = 0, bytes_scanned = 0;
};

// Where events come from: constant over many events.
struct EventSource {
  std::string_view log_stream;  // @logStream
  std::string_view log;         // @log: "account:group"
};

struct InsightsLimits {
  std::size_t memory_bytes = 512UL << 20U;  // of one run with all that was merged into it
};

// One query over a set of events; one run per thread, merged afterwards. Runs over disjoint sets,
// merged in any order, give the rows that one run over all events gives.
class InsightsRun {
 public:
  InsightsRun(InsightsQuery query, std::int64_t now_ms, InsightsLimits limits = {});
  ~InsightsRun();
  InsightsRun(InsightsRun&&) noexcept;

  // The event's message is followed by kMessagePadding readable bytes; nothing of the event is kept
  // by reference.
  void add(const records::LogEvent& event, const EventSource& source);
  void merge(InsightsRun&& other);

  // `limit any N` has its rows: further events change nothing.
  bool satisfied() const;
  // Not empty: the memory limit was reached; the query has failed and says so.
  const std::string& failure() const;

  const QueryStatistics& statistics() const;
  // The rows of what was added so far; the run can go on afterwards.
  std::vector<ResultRow> rows() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// All fields of one message as Insights discovers them, flattened, with the generated ones: for
// GetLogRecord and GetLogGroupFields. Same padding as above.
std::vector<std::pair<std::string, std::string>> discovered_fields(const records::LogEvent& event,
                                                                   const EventSource& source);

}  // namespace dn::query
