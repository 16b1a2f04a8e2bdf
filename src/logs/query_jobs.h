// QueryJobs: Insights queries that run on their own threads while clients ask for their results.
//
// Theory of operation
//
// A query is Scheduled, then Running, then Complete, Failed, Cancelled or Timeout. kQueriesRunMax
// run at a time, each over its blocks with `workers` threads; the others wait in order. Every
// thread of a query fills a run of its own and merges it into the query's after kMergeBytes of
// text, at its end, and when somebody asks for results meanwhile; so partial results cost nothing
// until they are asked for, and come with the next look. A query ends early when it is stopped, has
// run for kQueryTimeMax, has all rows of a `limit any`, or needs more memory than it may have.
//
// Results of ended queries are kept until they are kKeptFor old, more than kEndedMax queries or
// more than kKeptBytesMax; the oldest go first, the one that ended last is always kept.
//
// Memory: kQueriesRunMax times (kRunBytesMax for the query, kThreadRunBytesMax for each thread),
// a copy of the rows in either while they are read, and the kept results. Covered by
// query_jobs_test.cc.
#pragma once

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

inline constexpr std::size_t kQueriesWaitMax = 100;  // and running: as many as CloudWatch allows
inline constexpr std::size_t kQueriesRunMax = 2;
inline constexpr std::size_t kRunBytesMax = 512UL << 20U;
inline constexpr std::size_t kThreadRunBytesMax = 128UL << 20U;
inline constexpr std::size_t kMergeBytes = 32UL << 20U;
inline constexpr std::size_t kResultBytesMax = 128UL << 20U;  // of one query
inline constexpr std::size_t kKeptBytesMax = 256UL << 20U;
inline constexpr std::size_t kEndedMax = 200;
inline constexpr auto kKeptFor = std::chrono::hours(1);
inline constexpr auto kQueryTimeMax = std::chrono::minutes(60);

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
            std::function<WallTime()> clock);
  ~QueryJobs();  // cancels all, joins
  QueryJobs(const QueryJobs&) = delete;
  QueryJobs& operator=(const QueryJobs&) = delete;

  // False: kQueriesWaitMax are waiting and running already.
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
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  bool ending_ = false;
  std::deque<std::shared_ptr<Job>> jobs_;     // by start
  std::deque<std::shared_ptr<Job>> waiting_;  // of these
  std::vector<std::jthread> threads_;         // begun with the first query
};

}  // namespace dn::logs
