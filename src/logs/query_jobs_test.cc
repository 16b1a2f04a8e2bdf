// QueryJobs with limits that a few events reach; what a client sees is in query_operations_test.cc.
#include "logs/query_jobs.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <thread>

#include "logs/testing/memory_catalog.h"

namespace dn::logs {
namespace {

constexpr std::int64_t kNow = 1'795'317'300'000;

class Jobs : public ::testing::Test {
 protected:
  explicit Jobs(testing::MemorySettings settings = {}) : catalog(settings) {
    EXPECT_TRUE(catalog.create_group("g"));
    EXPECT_TRUE(catalog.create_stream("g", "s"));
    for (int i = 0; i < 40; ++i) {
      const std::string message = fmt::format(R"({{"n":{},"text":"{}"}})", i,
                                              std::string(10'000, static_cast<char>('a' + i % 26)));
      const store::NewEvent event{kNow + i, message};
      EXPECT_TRUE(catalog.put("g", "s", {&event, 1}, kNow));
    }
  }
  std::unique_ptr<QueryJobs> make(QueryLimits limits) {
    return std::make_unique<QueryJobs>(
        catalog, "1", 2, [this] { return WallTime(std::chrono::milliseconds(now.load())); },
        limits);
  }
  QueryResults run(QueryJobs& jobs, const std::string& id, std::string_view text) {
    auto query = query::InsightsQuery::compile(text);
    EXPECT_TRUE(query);
    EXPECT_TRUE(jobs.start({.id = id,
                            .groups = {"g"},
                            .range = {},
                            .text = std::string(text),
                            .query = std::move(*query)}));
    for (;;) {
      auto results = jobs.results(id, {.first = 0, .rows_max = 10'000, .bytes_max = SIZE_MAX});
      EXPECT_TRUE(results);
      const QueryStatus status = results->status;
      if (status != QueryStatus::Scheduled && status != QueryStatus::Running) return *results;
      std::this_thread::yield();
    }
  }
  testing::MemoryCatalog catalog;
  std::atomic<std::int64_t> now = kNow;
};

TEST_F(Jobs, FailWhenTheyNeedMoreMemoryThanTheyMayHave) {
  for (const bool thread : {false, true}) {
    QueryLimits limits;
    // Less than any share of the work that a thread may happen to get.
    (thread ? limits.thread_run_bytes : limits.run_bytes) = 5'000;
    const auto jobs = make(limits);
    const auto results = run(*jobs, "a", "stats count() by text, n");
    EXPECT_EQ(results.status, QueryStatus::Failed);
    EXPECT_TRUE(results.failure.contains("memory")) << results.failure;
    EXPECT_TRUE(results.rows.empty());
    // Others go on.
    EXPECT_EQ(run(*jobs, "b", "stats count()").status, QueryStatus::Complete);
  }
}

TEST_F(Jobs, MergeBeforeAThreadHasTooMuch) {
  QueryLimits limits;
  limits.thread_run_bytes = 200'000;
  limits.merge_bytes = 30'000;
  const auto jobs = make(limits);
  const auto results = run(*jobs, "a", "stats count() by text, n");
  EXPECT_EQ(results.status, QueryStatus::Complete) << results.failure;
  EXPECT_EQ(results.rows.size(), 40U);
}

TEST_F(Jobs, FailWhenTheirResultsAreTooLarge) {
  QueryLimits limits;
  limits.result_bytes = 100'000;
  const auto jobs = make(limits);
  const auto results = run(*jobs, "a", "fields text");
  EXPECT_EQ(results.status, QueryStatus::Failed);
  EXPECT_EQ(results.failure,
            "the results are larger than 100000 bytes: ask for fewer rows or fields");
  EXPECT_TRUE(results.rows.empty());
}

TEST_F(Jobs, AreForgottenOldestFirstWhenTheirResultsAreTooMany) {
  QueryLimits limits;
  limits.kept_bytes = 1'000'000;  // two results of 400 kB
  const auto jobs = make(limits);
  for (const std::string id : {"a", "b", "c", "d"}) {
    ++now;
    EXPECT_EQ(run(*jobs, id, "fields text").rows.size(), 40U);
  }
  const auto results = [&](std::string_view id) {
    return jobs->results(id, {.first = 0, .rows_max = 1, .bytes_max = SIZE_MAX});
  };
  // The thread forgets behind the end of a query, at the latest with the next one.
  run(*jobs, "e", "stats count()");
  EXPECT_FALSE(results("a"));
  EXPECT_FALSE(results("b"));
  EXPECT_TRUE(results("d"));
}

TEST_F(Jobs, GivePagesByRowsAndByBytes) {
  const auto jobs = make({});
  run(*jobs, "a", "fields n, text | sort n");
  const auto rows = [&](const ResultPage& page) { return *jobs->results("a", page); };
  const auto by_rows = rows({.first = 5, .rows_max = 3, .bytes_max = SIZE_MAX});
  EXPECT_EQ(by_rows.rows.size(), 3U);
  EXPECT_EQ(by_rows.rows[0][0].second, "5");
  EXPECT_EQ(by_rows.next, 8U);
  const auto by_bytes = rows({.first = 38, .rows_max = 9, .bytes_max = 15'000});
  EXPECT_EQ(by_bytes.rows.size(), 1U);
  EXPECT_EQ(by_bytes.next, 39U);
  const auto one = rows({.first = 39, .rows_max = 9, .bytes_max = 1});
  EXPECT_EQ(one.rows.size(), 1U);
  EXPECT_FALSE(one.next);
  EXPECT_TRUE(rows({.first = 40, .rows_max = 9, .bytes_max = 1}).rows.empty());
  EXPECT_TRUE(rows({.first = SIZE_MAX, .rows_max = 9, .bytes_max = 1}).rows.empty());
}

TEST_F(Jobs, EndWhenTheServiceDoes) {
  auto jobs = make({});
  for (int i = 0; i < 20; ++i) {
    auto query = query::InsightsQuery::compile("stats count() by n");
    EXPECT_TRUE(jobs->start({.id = std::to_string(i),
                             .groups = {"g"},
                             .range = {},
                             .text = "",
                             .query = std::move(*query)}));
  }
  jobs.reset();
}

TEST_F(Jobs, StopEarlyWithAllRowsOfALimitAny) {
  QueryLimits limits;
  limits.merge_bytes = 1;
  const auto jobs = make(limits);
  catalog.loaded = 0;
  const auto results = run(*jobs, "a", "fields n | limit any 2");
  EXPECT_EQ(results.rows.size(), 2U);
  EXPECT_LT(catalog.loaded, 8U);  // of 17 blocks
}

// All events in one block, which is slow to read.
class LongBlock : public Jobs {
 protected:
  LongBlock() : Jobs({.block_events = 1000, .segment_events = 1000}) {}

  // What became of a query, when `happens` was called while its block was loaded.
  QueryResults run_while(const std::function<void(QueryJobs&)>& happens) {
    QueryLimits limits;
    limits.running = 1;
    const auto jobs = make(limits);
    catalog.loads = [&](const store::BlockInfo&) {
      happens(*jobs);
      return true;
    };
    run(*jobs, "a", "fields n");
    run(*jobs, "b", "stats count()");  // by the same thread, so the first is behind its end
    return *jobs->results("a", {.first = 0, .rows_max = 10'000, .bytes_max = SIZE_MAX});
  }
};

TEST_F(LongBlock, IsNotReadToItsEndOnceTheQueryIsStopped) {
  const auto results = run_while([](QueryJobs& jobs) { jobs.stop("a"); });
  EXPECT_EQ(results.status, QueryStatus::Cancelled);
  EXPECT_EQ(results.statistics.records_scanned, 0U);
}

TEST_F(LongBlock, IsNotReadToItsEndOnceTheQueryHasRunTooLong) {
  const auto results = run_while([this](QueryJobs&) { now = kNow + 61 * 60'000; });
  EXPECT_EQ(results.status, QueryStatus::Timeout);
  EXPECT_EQ(results.statistics.records_scanned, 0U);
}

}  // namespace
}  // namespace dn::logs
