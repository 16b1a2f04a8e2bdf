// QueryJobs: Insights queries that run on their own threads while clients ask for their results.
//
// Theory of operation
//
// A query is Scheduled, then Running, then Complete, Failed, Cancelled or Timeout. `running` of
// them run at a time, each over its blocks with `workers` threads; the others wait in order. Every
// thread of a query fills a run of its own and merges it into the query's after `merge_bytes` of
// text, at its end, and when somebody asks for results meanwhile; so partial results cost nothing
// until they are asked for, and come with the next look. A query ends early when it is stopped, has
// run for `run_time`, has all rows of a `limit any`, or needs more memory than it may have; this is
// looked at within blocks, too.
//
// Results of ended queries are kept until they are `kept_for` old, more than `ended` queries or
// more than `kept_bytes`; the oldest go first, the one that ended last is always kept.
//
// Memory: for each running query run_bytes, as much again while its rows are made, and
// thread_run_bytes for each thread; and kept_bytes. Covered by query_jobs_test.cc and
// query_operations_test.cc.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/time.h"
#include "query/insights.h"
#include "store/log_catalog.h"

namespace dn::logs {

struct QueryLimits {
  std::size_t unfinished = 100;  // waiting and running: as many as CloudWatch allows
  std::size_t running = 2;
  std::size_t run_bytes = 512UL << 20U;         // of one query
  std::size_t thread_run_bytes = 128UL << 20U;  // of each thread of a query
  std::size_t merge_bytes = 32UL << 20U;        // of text, then a thread merges what it has
  std::size_t result_bytes = 128UL << 20U;      // of one query
  std::size_t kept_bytes = 256UL << 20U;        // results of all ended queries
  std::size_t ended = 200;
  std::chrono::milliseconds kept_for = std::chrono::hours(1);
  std::chrono::milliseconds run_time = std::chrono::minutes(60);
};

enum class QueryStatus : std::uint8_t { Scheduled, Running, Complete, Failed, Cancelled, Timeout };
std::string_view to_text(QueryStatus status);

struct QueryRequest {
  std::string id;
  std::vector<std::string> groups;
  store::TimeRange range;
  std::string text;
  query::InsightsQuery query;
};

using ResultCells = std::vector<std::pair<std::string, std::string>>;

struct QueryResults {
  QueryStatus status = QueryStatus::Scheduled;
  std::string failure;  // why, when Failed
  query::QueryStatistics statistics;
  std::size_t groups = 0;
  std::vector<ResultCells> rows;    // @ptr is the last cell of a row of one event
  std::optional<std::size_t> next;  // the row behind these, when there is one and the query ended
};

struct QueryInfo {
  std::string id, text;
  std::vector<std::string> groups;
  store::TimeRange range;
  QueryStatus status = QueryStatus::Scheduled;
  std::int64_t created = 0;  // milliseconds since 1970
};

struct ResultPage {
  std::size_t first = 0;
  std::size_t rows_max = 0;
  std::size_t bytes_max = 0;  // one row always fits
};

// May be used by several threads.
class QueryJobs {
 public:
  QueryJobs(const store::LogCatalog& catalog, std::string account, unsigned workers,
            std::function<WallTime()> clock, QueryLimits limits = {});
  ~QueryJobs();  // cancels all, joins
  QueryJobs(const QueryJobs&) = delete;
  QueryJobs& operator=(const QueryJobs&) = delete;

  const QueryLimits& limits() const { return limits_; }

  // False: QueryLimits::unfinished are waiting and running already.
  bool start(QueryRequest request);
  // Nothing: no such query.
  std::optional<QueryResults> results(std::string_view id, const ResultPage& page);
  enum class Stopped : std::uint8_t { Unknown, Ended, Now };
  Stopped stop(std::string_view id);
  std::vector<QueryInfo> list() const;  // newest first

 private:
  class Job;
  void work();
  std::shared_ptr<Job> next_job();
  std::shared_ptr<Job> find(std::string_view id) const;
  void forget_old();

  const store::LogCatalog& catalog_;
  const std::string account_;
  const unsigned workers_;
  const std::function<WallTime()> clock_;
  const QueryLimits limits_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  bool ending_ = false;
  std::deque<std::shared_ptr<Job>> jobs_;     // by start
  std::deque<std::shared_ptr<Job>> waiting_;  // of these
  std::vector<std::jthread> threads_;         // begun with the first query
};

}  // namespace dn::logs
