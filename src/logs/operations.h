// The operations of the API, one function each: fields of the request in, JSON of the answer out.
//
// They share ServiceState and nothing else. Each reads all its fields first and asks problem()
// before it looks at the store.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

#include "logs/api_error.h"
#include "logs/names.h"
#include "logs/query_jobs.h"
#include "logs/request_fields.h"
#include "store/log_catalog.h"

namespace dn::logs {

// Lives as long as the service; used by many threads.
struct ServiceState {
  store::LogCatalog& catalog;
  Account account;
  unsigned workers = 1;
  std::function<WallTime()> clock;
  std::function<std::uint64_t()> random;
  QueryJobs queries;
  std::atomic<std::size_t> tail_sessions = 0;
  std::atomic<bool> stopping = false;  // searches end early

  std::int64_t now_ms() const { return clock().time_since_epoch().count(); }
};

using OperationResult = ApiResult<std::string>;  // the body; "" for an operation without output
using Operation = OperationResult (*)(ServiceState& service, RequestFields& fields);

// group_operations.cc
OperationResult create_log_group(ServiceState& service, RequestFields& fields);
OperationResult delete_log_group(ServiceState& service, RequestFields& fields);
OperationResult describe_log_groups(ServiceState& service, RequestFields& fields);
OperationResult put_retention_policy(ServiceState& service, RequestFields& fields);
OperationResult delete_retention_policy(ServiceState& service, RequestFields& fields);

// stream_operations.cc
OperationResult create_log_stream(ServiceState& service, RequestFields& fields);
OperationResult delete_log_stream(ServiceState& service, RequestFields& fields);
OperationResult describe_log_streams(ServiceState& service, RequestFields& fields);

// put_log_events.cc
OperationResult put_log_events(ServiceState& service, RequestFields& fields);

// event_operations.cc
OperationResult filter_log_events(ServiceState& service, RequestFields& fields);
OperationResult get_log_events(ServiceState& service, RequestFields& fields);

// query_operations.cc
OperationResult start_query(ServiceState& service, RequestFields& fields);
OperationResult get_query_results(ServiceState& service, RequestFields& fields);
OperationResult stop_query(ServiceState& service, RequestFields& fields);
OperationResult describe_queries(ServiceState& service, RequestFields& fields);

// record_operations.cc
OperationResult get_log_record(ServiceState& service, RequestFields& fields);
OperationResult get_log_group_fields(ServiceState& service, RequestFields& fields);
OperationResult test_metric_filter(ServiceState& service, RequestFields& fields);

}  // namespace dn::logs
