// StartQuery, GetQueryResults, StopQuery, DescribeQueries: the API around query_jobs.h.
//
// Times are seconds; numbers beyond kSecondsMax can only be milliseconds and are taken as such. The
// end is extended to the end of its second. A query that failed says why in `failureReason`, which
// CloudWatch does not have. Covered by query_operations_test.cc.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/utf8.h"
#include "logs/json_writer.h"
#include "logs/logs_service.h"
#include "logs/operations.h"
#include "logs/position.h"

namespace dn::logs {
namespace {

constexpr std::array<std::string_view, 3> kLanguages = {"CWLI", "SQL", "PPL"};
constexpr std::array<std::string_view, 7> kStatuses = {"Scheduled", "Running", "Complete", "Failed",
                                                       "Cancelled", "Timeout", "Unknown"};
constexpr TextRule kLanguageRule = {.one_of = kLanguages};
constexpr TextRule kQueryIdRule = {.min = 1, .max = 256};
constexpr TextRule kQueryRule = {.max = 10'000};
constexpr std::size_t kGroupsMax = 50;
constexpr std::int64_t kRowsMax = 100'000;
constexpr std::size_t kRowsDefault = 10'000;
constexpr std::int64_t kResultItemsMax = 10'000;
constexpr std::size_t kResultPageBytesMax = 16UL << 20U;
constexpr std::int64_t kDescribeMax = 1000;
constexpr std::int64_t kSecondsMax = 100'000'000'000;

struct QueryTimes {
  std::int64_t start = 0, end = 0;  // milliseconds, the end included

  static QueryTimes from(std::int64_t start, std::int64_t end) {
    return {start > kSecondsMax ? start : start * 1000, end > kSecondsMax ? end : end * 1000 + 999};
  }
};

// Offsets of bytes as offsets of characters.
CompileErrorLocation location_of(std::string_view text, const query::QueryError& error) {
  return {count_utf8(text.substr(0, error.start)), count_utf8(text.substr(0, error.end))};
}

// The groups that the request names, by whichever of the three ways.
ApiResult<std::vector<std::string>> read_groups(RequestFields& fields, const Account& account) {
  const ListRule list{.min = 1, .max = kGroupsMax};
  const auto name = fields.text("logGroupName", kGroupNameRule);
  auto names = fields.texts("logGroupNames", list, kGroupNameRule);
  const auto identifiers = fields.texts("logGroupIdentifiers", list, kGroupIdentifierRule);
  if (const auto problem = fields.problem()) return tl::unexpected(*problem);
  if (int{name.has_value()} + int{names.has_value()} + int{identifiers.has_value()} != 1) {
    return refuse(ErrorType::InvalidParameter,
                  "Exactly one of logGroupName, logGroupNames and logGroupIdentifiers must be "
                  "given.");
  }
  if (name) return std::vector<std::string>{std::string(*name)};
  if (!names) {
    names.emplace();
    for (const std::string& identifier : *identifiers) {
      // An ARN of somebody else stays as it is, so that the error names it.
      names->push_back(group_of_identifier(account, identifier).value_or(identifier));
    }
  }
  std::ranges::sort(*names);
  names->erase(std::ranges::unique(*names).begin(), names->end());
  return std::move(*names);
}

std::optional<ApiError> find_missing(const ServiceState& service,
                                     const std::vector<std::string>& groups) {
  for (const std::string& group : groups) {
    if (service.catalog.retention(group)) continue;
    return ApiError{ErrorType::ResourceNotFound,
                    fmt::format("Log group '{}' does not exist for account ID '{}' (Service: "
                                "AWSLogs; Status Code: 400; Error Code: "
                                "ResourceNotFoundException; Request ID: {}; Proxy: null)",
                                group, service.account.id, make_uuid(service.random))};
  }
  return {};
}

std::string write_results(const QueryResults& results, const std::string& request) {
  JsonWriter json;
  json.open_object();
  if (!results.failure.empty()) json.key("failureReason").text(results.failure);
  if (results.next) {
    json.key("nextToken").text(format_page_token(request, std::to_string(*results.next)));
  }
  json.key("queryLanguage").text("CWLI");
  json.key("results").open_list();
  for (const ResultCells& cells : results.rows) {
    json.open_list();
    for (const auto& [field, value] : cells) {
      json.open_object().key("field").text(field).key("value").text(value).close_object();
    }
    json.close_list();
  }
  json.close_list().key("statistics").open_object();
  json.key("bytesScanned").real(results.statistics.bytes_scanned);
  json.key("estimatedBytesSkipped").real(0);
  json.key("estimatedRecordsSkipped").real(0);
  json.key("logGroupsScanned").real(results.groups);
  json.key("recordsMatched").real(results.statistics.records_matched);
  json.key("recordsScanned").real(results.statistics.records_scanned);
  json.close_object().key("status").text(to_text(results.status));
  return json.close_object().take();
}

void write_query(JsonWriter& json, const QueryInfo& query) {
  json.open_object();
  json.key("createTime").number(query.created);
  json.key("logGroupName").text(query.groups.front());
  json.key("queryId").text(query.id);
  json.key("queryLanguage").text("CWLI");
  json.key("queryString")
      .text(fmt::format("SOURCE \"{}\" START={} END={} | {}", fmt::join(query.groups, "\", \""),
                        query.range.from, query.range.to, query.text));
  json.key("status").text(to_text(query.status));
  json.close_object();
}

}  // namespace

OperationResult start_query(ServiceState& service, RequestFields& fields) {
  const auto start = fields.required_number("startTime", kTimeRule);
  const auto end = fields.required_number("endTime", kTimeRule);
  const auto text = fields.required_text("queryString", kQueryRule);
  const auto limit = fields.number("limit", {.min = 1, .max = kRowsMax});
  const auto language = fields.text("queryLanguage", kLanguageRule);
  auto groups = read_groups(fields, service.account);
  if (!groups) return tl::unexpected(std::move(groups.error()));
  const QueryTimes times = QueryTimes::from(start, end);
  if (language && *language != "CWLI") {
    return refuse(ErrorType::InvalidParameter, "Only the query language CWLI is supported here.");
  }
  if (times.start > times.end) {
    return refuse(ErrorType::InvalidParameter, "startTime must be less than or equal to endTime.");
  }
  const auto rows = limit ? static_cast<std::size_t>(*limit) : kRowsDefault;
  auto query = query::InsightsQuery::compile(text, rows);
  if (!query) {
    return tl::unexpected(ApiError{ErrorType::MalformedQuery, query.error().message,
                                   location_of(text, query.error())});
  }
  if (auto missing = find_missing(service, *groups)) return tl::unexpected(std::move(*missing));

  QueryRequest request{.id = make_uuid(service.random),
                       .groups = std::move(*groups),
                       .range = {.from = times.start, .to = times.end},
                       .text = std::string(text),
                       .query = std::move(*query)};
  const std::string id = request.id;
  if (!service.queries.start(std::move(request))) {
    return refuse(ErrorType::LimitExceeded,
                  fmt::format("Account maximum query concurrency limit of [{}] reached.",
                              service.queries.limits().unfinished));
  }
  JsonWriter json;
  return json.open_object().key("queryId").text(id).close_object().take();
}

OperationResult get_query_results(ServiceState& service, RequestFields& fields) {
  const auto id = fields.required_text("queryId", kQueryIdRule);
  const auto token = fields.text("nextToken", {.max = 1024});
  const auto items = fields.number("maxItems", {.min = 0, .max = kResultItemsMax});
  if (const auto problem = fields.problem()) return tl::unexpected(*problem);
  const std::string request = fmt::format("GetQueryResults\n{}", id);
  ResultPage page{.first = 0,
                  .rows_max = static_cast<std::size_t>(items.value_or(kResultItemsMax)),
                  .bytes_max = kResultPageBytesMax};
  if (page.rows_max == 0) page.rows_max = kResultItemsMax;
  if (token) {
    const auto place = parse_page_token(request, *token);
    if (!place || std::from_chars(place->data(), place->data() + place->size(), page.first).ec !=
                      std::errc()) {
      return refuse(ErrorType::InvalidParameter, std::string(kInvalidToken));
    }
  }
  const auto results = service.queries.results(id, page);
  if (!results) return refuse(ErrorType::ResourceNotFound, "The specified query does not exist.");
  return write_results(*results, request);
}

OperationResult stop_query(ServiceState& service, RequestFields& fields) {
  const auto id = fields.required_text("queryId", kQueryIdRule);
  if (const auto problem = fields.problem()) return tl::unexpected(*problem);
  switch (service.queries.stop(id)) {
    case QueryJobs::Stopped::Unknown:
      return refuse(ErrorType::ResourceNotFound, "The specified query does not exist.");
    case QueryJobs::Stopped::Ended:
      return refuse(ErrorType::InvalidParameter, fmt::format("Query {} is not running.", id));
    case QueryJobs::Stopped::Now: break;
  }
  JsonWriter json;
  return json.open_object().key("success").flag(true).close_object().take();
}

OperationResult describe_queries(ServiceState& service, RequestFields& fields) {
  const auto group = fields.text("logGroupName", kGroupNameRule);
  const auto status = fields.text("status", {.one_of = kStatuses});
  const auto language = fields.text("queryLanguage", kLanguageRule);
  const auto max = fields.number("maxResults", {.min = 1, .max = kDescribeMax});
  const auto token = fields.text("nextToken", kTokenRule);
  if (const auto problem = fields.problem()) return tl::unexpected(*problem);
  const std::string request = fmt::format("DescribeQueries\n{}\n{}\n{}", group.value_or(""),
                                          status.value_or(""), language.value_or(""));
  std::optional<std::string> last;  // id of the last query of the page before
  if (token) {
    last = parse_page_token(request, *token);
    if (!last) return refuse(ErrorType::InvalidParameter, std::string(kInvalidToken));
  }
  auto queries = service.queries.list();
  if (last) {
    const auto found = std::ranges::find(queries, *last, &QueryInfo::id);
    if (found == queries.end()) {
      return refuse(ErrorType::InvalidParameter, std::string(kInvalidToken));
    }
    queries.erase(queries.begin(), std::next(found));
  }
  std::erase_if(queries, [&](const QueryInfo& query) {
    return (status && to_text(query.status) != *status) || (language && *language != "CWLI") ||
           (group && std::ranges::find(query.groups, *group) == query.groups.end());
  });
  const auto room = static_cast<std::size_t>(max.value_or(kDescribeMax));
  JsonWriter json;
  json.open_object();
  if (queries.size() > room) {
    queries.resize(room);
    json.key("nextToken").text(format_page_token(request, queries.back().id));
  }
  json.key("queries").open_list();
  for (const QueryInfo& query : queries) write_query(json, query);
  return json.close_list().close_object().take();
}

}  // namespace dn::logs
