#include "logs/query_jobs.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <exception>
#include <unordered_map>
#include <utility>

#include "logs/block_scan.h"
#include "logs/position.h"

namespace dn::logs {
namespace {

constexpr std::array<std::string_view, 6> kStatusNames = {"Scheduled", "Running",   "Complete",
                                                          "Failed",    "Cancelled", "Timeout"};

bool has_ended(QueryStatus status) {
  return status != QueryStatus::Scheduled && status != QueryStatus::Running;
}

struct Source {
  std::size_t group = 0;  // in QueryRequest::groups
  std::string stream, log;
};

std::size_t bytes_of(const ResultCells& cells) {
  std::size_t bytes = 64;
  for (const auto& [name, value] : cells) bytes += name.size() + value.size() + 64;
  return bytes;
}

}  // namespace

std::string_view to_text(QueryStatus status) {
  return kStatusNames.at(static_cast<std::size_t>(status));
}

// One query. Its thread runs it, others look at it and stop it.
class QueryJobs::Job {
 public:
  Job(QueryRequest request, std::int64_t now, const QueryLimits& limits)
      : request_(std::move(request)),
        created_(now),
        limits_(limits),
        total_(std::in_place, request_.query, now,
               query::InsightsLimits{.memory_bytes = limits.run_bytes}) {}

  const QueryRequest& request() const { return request_; }
  std::int64_t created() const { return created_; }

  QueryStatus status() const {
    const std::lock_guard lock(mutex_);
    return status_;
  }
  std::size_t kept_bytes() const {
    const std::lock_guard lock(mutex_);
    return kept_bytes_;
  }
  std::int64_t ended_at() const {
    const std::lock_guard lock(mutex_);
    return ended_at_;
  }

  bool stop(std::int64_t now);
  QueryResults results(const ResultPage& page);
  void run(const store::LogCatalog& catalog, const std::string& account, unsigned workers,
           const std::function<WallTime()>& clock);

 private:
  class Visitor;
  store::CatalogResult<std::vector<store::BlockInfo>> find_blocks(const store::LogCatalog& catalog,
                                                                  const std::string& account);
  void merge(query::InsightsRun run);
  void end(QueryStatus status, std::int64_t now);
  void fail(std::int64_t now, std::string why);
  ResultCells cells_of(query::ResultRow row) const;

  const QueryRequest request_;
  const std::int64_t created_;
  const QueryLimits& limits_;
  std::int64_t started_ = 0;                           // run() alone
  std::unordered_map<std::uint64_t, Source> sources_;  // constant once blocks are read
  std::atomic<bool> cancelled_ = false;
  std::atomic<bool> late_ = false;        // has run for limits_.run_time
  std::atomic<bool> settled_ = false;     // further events change nothing
  std::atomic<std::uint64_t> looks_ = 0;  // how often partial results were asked for

  mutable std::mutex mutex_;
  QueryStatus status_ = QueryStatus::Scheduled;
  std::optional<query::InsightsRun> total_;  // until the end
  query::QueryStatistics statistics_;
  std::string failure_;
  std::vector<ResultCells> rows_;  // from the end on
  std::size_t kept_bytes_ = 0;
  std::int64_t ended_at_ = 0;
};

// One thread's share of a query.
class QueryJobs::Job::Visitor : public BlockVisitor {
 public:
  Visitor(Job& job, const std::function<bool()>& goes_on) : job_(job), goes_on_(goes_on) {
    begin();
  }

  void visit(store::LoadedBlock& block) override {
    const auto source = job_.sources_.find(block.info().stream);
    if (source == job_.sources_.end()) return;
    const query::EventSource named{.log_stream = source->second.stream, .log = source->second.log};
    const store::TimeRange& range = job_.request_.range;
    std::size_t at = 0;
    while (const auto event = block.next_event(at)) {
      // An event may take long, and a block holds thousands; reading the clock for each costs more.
      if (job_.cancelled_ || (events_++ % kEventsPerLook == 0 && !goes_on_())) break;
      if (event->key.timestamp < range.from || event->key.timestamp > range.to) continue;
      run_->add(*event, named);
    }
    unmerged_ += block.lines().size();
    const std::uint64_t looks = job_.looks_;
    if (looks != seen_looks_ || unmerged_ >= job_.limits_.merge_bytes || run_->satisfied() ||
        !run_->failure().empty()) {
      seen_looks_ = looks;
      finish();
      begin();
    }
  }

  void finish() override {
    job_.merge(std::move(*run_));
    unmerged_ = 0;
  }

 private:
  void begin() {
    run_.emplace(job_.request_.query, job_.created_,
                 query::InsightsLimits{.memory_bytes = job_.limits_.thread_run_bytes});
  }

  static constexpr std::uint64_t kEventsPerLook = 64;

  Job& job_;
  const std::function<bool()>& goes_on_;
  std::uint64_t events_ = 0;
  std::optional<query::InsightsRun> run_;
  std::size_t unmerged_ = 0;
  std::uint64_t seen_looks_ = 0;
};

bool QueryJobs::Job::stop(std::int64_t now) {
  cancelled_ = true;
  const std::lock_guard lock(mutex_);
  if (has_ended(status_)) return false;
  status_ = QueryStatus::Cancelled;  // what was found so far stays readable
  ended_at_ = now;
  return true;
}

void QueryJobs::Job::run(const store::LogCatalog& catalog, const std::string& account,
                         unsigned workers, const std::function<WallTime()>& clock) {
  const auto now = [&] { return clock().time_since_epoch().count(); };
  started_ = now();
  {
    const std::lock_guard lock(mutex_);
    if (has_ended(status_)) return;
    status_ = QueryStatus::Running;
  }
  try {
    const auto blocks = find_blocks(catalog, account);
    if (!blocks) return fail(now(), blocks.error().message);
    const std::function<bool()> goes_on = [&] {
      if (now() - started_ > limits_.run_time.count()) late_ = true;
      return !late_ && !cancelled_ && !settled_;
    };
    scan_blocks(catalog, *blocks,
                {.workers = workers,
                 .wants = [&](const store::BlockInfo&) { return goes_on(); },
                 .make_visitor = [&] { return std::make_unique<Visitor>(*this, goes_on); }});
    end(late_ ? QueryStatus::Timeout : QueryStatus::Complete, now());
  } catch (const std::exception& problem) {  // memory or threads ran out
    fail(now(), fmt::format("the query could not go on: {}", problem.what()));
  }
}

// By first time over all groups, so that a query that is cut short has read the oldest part.
store::CatalogResult<std::vector<store::BlockInfo>> QueryJobs::Job::find_blocks(
    const store::LogCatalog& catalog, const std::string& account) {
  std::vector<store::BlockInfo> found;
  for (std::size_t group = 0; group < request_.groups.size(); ++group) {
    const std::string& name = request_.groups[group];
    // In this order each block's stream is known.
    const auto blocks = catalog.blocks(name, {}, request_.range, request_.query.required_values());
    auto streams = catalog.streams(name);
    if (!blocks || !streams) {
      const store::CatalogError& error = blocks ? streams.error() : blocks.error();
      if (error.kind == store::CatalogFailure::NoSuchGroup) continue;  // deleted since the start
      return tl::unexpected(error);
    }
    for (store::StreamInfo& stream : *streams) {
      sources_.emplace(stream.id, Source{group, std::move(stream.name), account + ":" + name});
    }
    found.insert(found.end(), blocks->begin(), blocks->end());
  }
  std::ranges::sort(found, {}, &store::BlockInfo::first);
  return found;
}

void QueryJobs::Job::merge(query::InsightsRun run) {
  const std::lock_guard lock(mutex_);
  if (failure_.empty()) failure_ = run.failure();
  total_->merge(std::move(run));
  if (failure_.empty()) failure_ = total_->failure();
  statistics_ = total_->statistics();
  if (!failure_.empty() || total_->satisfied()) settled_ = true;
}

void QueryJobs::Job::end(QueryStatus status, std::int64_t now) {
  const std::lock_guard lock(mutex_);
  std::size_t bytes = 0;
  std::vector<ResultCells> rows;
  if (failure_.empty()) {
    for (query::ResultRow& row : total_->rows()) {
      rows.push_back(cells_of(std::move(row)));
      bytes += bytes_of(rows.back());
      if (bytes <= limits_.result_bytes) continue;
      failure_ = fmt::format("the results are larger than {} bytes: ask for fewer rows or fields",
                             limits_.result_bytes);
      break;
    }
    if (failure_.empty()) failure_ = total_->failure();
  }
  total_.reset();
  if (failure_.empty()) {
    rows_ = std::move(rows);
    kept_bytes_ = bytes;
  }
  if (has_ended(status_)) return;  // stopped
  status_ = failure_.empty() ? status : QueryStatus::Failed;
  ended_at_ = now;
}

void QueryJobs::Job::fail(std::int64_t now, std::string why) {
  const std::lock_guard lock(mutex_);
  total_.reset();
  failure_ = std::move(why);
  if (has_ended(status_)) return;
  status_ = QueryStatus::Failed;
  ended_at_ = now;
}

ResultCells QueryJobs::Job::cells_of(query::ResultRow row) const {
  ResultCells cells = std::move(row.cells);
  const auto source = sources_.find(row.key.stream);
  if (row.has_key && source != sources_.end()) {
    cells.emplace_back("@ptr",
                       format_record_pointer(request_.groups[source->second.group], row.key));
  }
  return cells;
}

QueryResults QueryJobs::Job::results(const ResultPage& page) {
  QueryResults results;
  ++looks_;
  const std::lock_guard lock(mutex_);
  results.status = status_;
  results.failure = failure_;
  results.statistics = statistics_;
  results.groups = request_.groups.size();
  std::size_t bytes = 0;
  const auto fits = [&](const ResultCells& cells) {
    bytes += bytes_of(cells);
    return results.rows.size() < page.rows_max && (bytes <= page.bytes_max || results.rows.empty());
  };
  if (!total_) {
    for (std::size_t i = page.first; i < rows_.size(); ++i) {
      if (!fits(rows_[i])) {
        results.next = i;
        break;
      }
      results.rows.push_back(rows_[i]);
    }
  } else if (status_ != QueryStatus::Scheduled && failure_.empty()) {
    for (query::ResultRow& row : total_->rows()) {
      ResultCells cells = cells_of(std::move(row));
      if (!fits(cells)) break;
      results.rows.push_back(std::move(cells));
    }
    if (!total_->failure().empty()) settled_ = true;  // end() tells it
  }
  return results;
}

QueryJobs::QueryJobs(const store::LogCatalog& catalog, std::string account, unsigned workers,
                     std::function<WallTime()> clock, QueryLimits limits)
    : catalog_(catalog),
      account_(std::move(account)),
      workers_(workers),
      clock_(std::move(clock)),
      limits_(limits) {}

QueryJobs::~QueryJobs() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    for (const auto& job : jobs_) job->stop(0);
  }
  wake_.notify_all();
}

bool QueryJobs::start(QueryRequest request) {
  const std::lock_guard lock(mutex_);
  const auto unfinished =
      std::ranges::count_if(jobs_, [](const auto& job) { return !has_ended(job->status()); });
  if (static_cast<std::size_t>(unfinished) >= limits_.unfinished) return false;
  forget_old();
  if (threads_.size() < limits_.running) threads_.emplace_back([this] { work(); });
  auto job =
      std::make_shared<Job>(std::move(request), clock_().time_since_epoch().count(), limits_);
  jobs_.push_back(job);
  waiting_.push_back(std::move(job));
  wake_.notify_one();
  return true;
}

void QueryJobs::work() {
  while (const auto job = next_job()) {
    job->run(catalog_, account_, workers_, clock_);
    const std::lock_guard lock(mutex_);
    forget_old();
  }
}

std::shared_ptr<QueryJobs::Job> QueryJobs::next_job() {
  std::unique_lock lock(mutex_);
  wake_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
  if (ending_) return {};
  auto job = std::move(waiting_.front());
  waiting_.pop_front();
  return job;
}

std::shared_ptr<QueryJobs::Job> QueryJobs::find(std::string_view id) const {
  const std::lock_guard lock(mutex_);
  const auto found =
      std::ranges::find_if(jobs_, [&](const auto& job) { return job->request().id == id; });
  return found == jobs_.end() ? nullptr : *found;
}

// Called with the lock held. Ended queries go, oldest end first, while they are too many, too large
// or too old; the one that ended last stays.
void QueryJobs::forget_old() {
  struct Ended {
    std::int64_t at = 0;
    std::size_t number = 0;  // by start
    const Job* job = nullptr;
    auto operator<=>(const Ended&) const = default;
  };
  std::vector<Ended> ended;
  std::size_t bytes = 0;
  for (const auto& job : jobs_) {
    if (!has_ended(job->status())) continue;
    ended.push_back({job->ended_at(), ended.size(), job.get()});
    bytes += job->kept_bytes();
  }
  std::ranges::sort(ended);
  const std::int64_t oldest = clock_().time_since_epoch().count() - limits_.kept_for.count();
  for (std::size_t i = 0; i + 1 < ended.size(); ++i) {
    if (ended.size() - i <= limits_.ended && bytes <= limits_.kept_bytes && ended[i].at >= oldest)
      break;
    bytes -= ended[i].job->kept_bytes();
    std::erase_if(jobs_, [&](const auto& job) { return job.get() == ended[i].job; });
  }
}

std::optional<QueryResults> QueryJobs::results(std::string_view id, const ResultPage& page) {
  const auto job = find(id);
  if (!job) return {};
  return job->results(page);
}

QueryJobs::Stopped QueryJobs::stop(std::string_view id) {
  const auto job = find(id);
  if (!job) return Stopped::Unknown;
  return job->stop(clock_().time_since_epoch().count()) ? Stopped::Now : Stopped::Ended;
}

std::vector<QueryInfo> QueryJobs::list() const {
  const std::lock_guard lock(mutex_);
  std::vector<QueryInfo> found;
  for (const auto& job : jobs_) {
    const QueryRequest& request = job->request();
    found.push_back({.id = request.id,
                     .text = request.text,
                     .groups = request.groups,
                     .range = request.range,
                     .status = job->status(),
                     .created = job->created()});
  }
  std::ranges::reverse(found);
  return found;
}

}  // namespace dn::logs
