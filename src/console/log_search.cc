#include "console/log_search.h"

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <thread>
#include <utility>

#include "review/flow_line.h"

namespace dn::console {
namespace {

namespace json = boost::json;
using logs::ErrorType;
using review::text_of;

constexpr auto kFirstPoll = std::chrono::milliseconds(20);
constexpr auto kLastPoll = std::chrono::milliseconds(640);

tl::unexpected<logs::ApiError> too_long() {
  return logs::refuse(ErrorType::ServiceUnavailable,
                      "The search takes too long; choose a shorter period.");
}

std::int64_t number_at(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_int64() ? value->as_int64() : 0;
}

const json::array& list_at(const json::object& object, std::string_view key) {
  static const json::array kNone;
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_array() ? value->as_array() : kNone;
}

// Its error in the service's own words, otherwise its answer.
logs::ApiResult<json::object> ask(const LogSearch& search, std::string_view operation,
                                  const json::object& input) {
  const logs::ServiceAnswer answer = search.logs.handle(operation, json::serialize(input));
  boost::system::error_code error;
  json::value value = json::parse(answer.body, error);
  if (error || !value.is_object()) {
    return logs::refuse(ErrorType::InternalFailure, "The log gave no answer.");
  }
  if (answer.status == 200) return std::move(value.as_object());
  return logs::refuse(
      answer.status < 500 ? ErrorType::InvalidParameter : ErrorType::ServiceUnavailable,
      std::string(text_of(value.as_object(), "message")));
}

QueryRow read_row(const json::value& fields) {
  QueryRow row;
  if (!fields.is_array()) return row;
  for (const json::value& field : fields.as_array()) {
    if (!field.is_object()) continue;
    row[std::string(text_of(field.as_object(), "field"))] = text_of(field.as_object(), "value");
  }
  return row;
}

}  // namespace

logs::ApiResult<void> read_flow_events(const LogSearch& search, std::string_view pattern,
                                       const OnEvent& on_event) {
  json::object input = {{"logGroupName", search.group},
                        {"logStreamNames", json::array{"flow"}},
                        {"filterPattern", pattern},
                        {"startTime", search.from},
                        {"endTime", search.to}};
  for (;;) {
    auto page = ask(search, "FilterLogEvents", input);
    if (!page) return tl::unexpected(page.error());
    for (const json::value& event : list_at(*page, "events")) {
      if (!event.is_object()) continue;
      on_event(number_at(event.as_object(), "timestamp"), text_of(event.as_object(), "message"));
    }
    const std::string token(text_of(*page, "nextToken"));
    if (token.empty()) return {};
    if (search.over()) return too_long();
    input["nextToken"] = token;
  }
}

logs::ApiResult<std::vector<QueryRow>> run_query(const LogSearch& search, std::string_view query) {
  const auto started = ask(search, "StartQuery",
                           {{"logGroupName", search.group},
                            {"startTime", search.from / 1000},
                            {"endTime", (search.to + 999) / 1000},
                            {"queryString", query}});
  if (!started) return tl::unexpected(started.error());
  const std::string id(text_of(*started, "queryId"));
  // While it runs it is asked for one row, since each look at its rows holds it up.
  auto pause = kFirstPoll;
  for (;; pause = std::min(pause * 2, kLastPoll)) {
    const auto look = ask(search, "GetQueryResults", {{"queryId", id}, {"maxItems", 1}});
    if (!look) return tl::unexpected(look.error());
    const std::string_view status = text_of(*look, "status");
    if (status == "Complete") break;
    if (status != "Running" && status != "Scheduled") {
      return logs::refuse(ErrorType::ServiceUnavailable,
                          std::string(text_of(*look, "failureReason")));
    }
    if (search.over()) {
      [[maybe_unused]] const auto stopped = ask(search, "StopQuery", {{"queryId", id}});
      return too_long();
    }
    std::this_thread::sleep_for(pause);
  }
  const auto results = ask(search, "GetQueryResults", {{"queryId", id}});
  if (!results) return tl::unexpected(results.error());
  std::vector<QueryRow> rows;
  for (const json::value& row : list_at(*results, "results")) rows.push_back(read_row(row));
  return rows;
}

}  // namespace dn::console
