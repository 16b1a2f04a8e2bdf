#include "logs/logs_service.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <exception>
#include <random>
#include <thread>
#include <utility>

#include "logs/live_tail.h"
#include "logs/operations.h"

namespace dn::logs {
namespace {

constexpr std::string_view kLiveTail = "StartLiveTail";

constexpr std::array kOperations = {
    std::pair<std::string_view, Operation>{"CreateLogGroup", create_log_group},
    std::pair<std::string_view, Operation>{"CreateLogStream", create_log_stream},
    std::pair<std::string_view, Operation>{"DeleteLogGroup", delete_log_group},
    std::pair<std::string_view, Operation>{"DeleteLogStream", delete_log_stream},
    std::pair<std::string_view, Operation>{"DeleteRetentionPolicy", delete_retention_policy},
    std::pair<std::string_view, Operation>{"DescribeLogGroups", describe_log_groups},
    std::pair<std::string_view, Operation>{"DescribeLogStreams", describe_log_streams},
    std::pair<std::string_view, Operation>{"DescribeQueries", describe_queries},
    std::pair<std::string_view, Operation>{"FilterLogEvents", filter_log_events},
    std::pair<std::string_view, Operation>{"GetLogEvents", get_log_events},
    std::pair<std::string_view, Operation>{"GetLogGroupFields", get_log_group_fields},
    std::pair<std::string_view, Operation>{"GetLogRecord", get_log_record},
    std::pair<std::string_view, Operation>{"GetQueryResults", get_query_results},
    std::pair<std::string_view, Operation>{"PutLogEvents", put_log_events},
    std::pair<std::string_view, Operation>{"PutRetentionPolicy", put_retention_policy},
    std::pair<std::string_view, Operation>{"StartQuery", start_query},
    std::pair<std::string_view, Operation>{"StopQuery", stop_query},
    std::pair<std::string_view, Operation>{"TestMetricFilter", test_metric_filter},
};

// What an operation did not expect: memory, threads. The client may try again.
ApiError internal_failure(const std::exception& problem) {
  return {ErrorType::InternalFailure, fmt::format("The request failed: {}", problem.what())};
}

class Service : public LogsService {
 public:
  Service(store::LogCatalog& catalog, ServiceSettings settings, unsigned workers)
      : state_{.catalog = catalog,
               .account = {.region = settings.region, .id = settings.account},
               .workers = workers,
               .clock = settings.clock,
               .random = settings.random,
               .queries = QueryJobs(catalog, settings.account, workers, settings.clock),
               .tail_sessions = 0,
               .stopping = false} {}

  ServiceAnswer handle(std::string_view operation, std::string_view body) override {
    try {
      auto done = carry_out(operation, body);
      if (!done) return to_answer(done.error());
      return {.status = 200, .body = std::move(*done), .error_type = ""};
    } catch (const std::exception& problem) {
      return to_answer(internal_failure(problem));
    }
  }

  void stop_soon() override { state_.stopping = true; }

  TailStart start_live_tail(std::string_view body) override {
    try {
      auto begun = begin(body);
      if (!begun) return {.session = nullptr, .error = to_answer(begun.error())};
      return {.session = std::move(*begun), .error = {}};
    } catch (const std::exception& problem) {
      return {.session = nullptr, .error = to_answer(internal_failure(problem))};
    }
  }

 private:
  OperationResult carry_out(std::string_view operation, std::string_view body) {
    if (operation == kLiveTail) {
      return refuse(ErrorType::InvalidOperation, "StartLiveTail answers with an event stream.");
    }
    const auto* const row =
        std::ranges::find(kOperations, operation, &std::pair<std::string_view, Operation>::first);
    if (row == kOperations.end()) {
      return refuse(ErrorType::UnknownOperation, "This operation is not supported.");
    }
    auto fields = RequestFields::parse(body);
    if (!fields) return tl::unexpected(std::move(fields.error()));
    return row->second(state_, *fields);
  }

  ApiResult<std::unique_ptr<LiveTail>> begin(std::string_view body) {
    auto fields = RequestFields::parse(body);
    if (!fields) return tl::unexpected(std::move(fields.error()));
    auto request = read_tail_request(*fields, state_.account);
    if (!request) return tl::unexpected(std::move(request.error()));
    return begin_live_tail(state_, std::move(*request));
  }

  ServiceState state_;
};

}  // namespace

std::string make_uuid(const std::function<std::uint64_t()>& random) {
  const std::uint64_t high = (random() & ~0xf000ULL) | 0x4000ULL;
  const std::uint64_t low = (random() & ~(3ULL << 62U)) | 1ULL << 63U;
  return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", high >> 32U, high >> 16U & 0xffffU,
                     high & 0xffffU, low >> 48U, low & 0xffffffffffffULL);
}

std::unique_ptr<LogsService> LogsService::make(store::LogCatalog& catalog,
                                               ServiceSettings settings) {
  if (!settings.clock) {
    settings.clock = [] {
      return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    };
  }
  if (!settings.random) {
    settings.random = [] {
      std::random_device device;
      return std::uint64_t{device()} << 32U | device();
    };
  }
  unsigned workers = settings.workers;
  if (workers == 0) workers = std::max(1U, std::thread::hardware_concurrency());
  return std::make_unique<Service>(catalog, std::move(settings), workers);
}

}  // namespace dn::logs
