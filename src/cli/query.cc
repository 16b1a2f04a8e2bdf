#include "cli/query.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "base/readable.h"
#include "cli/caret.h"
#include "cli/exit_codes.h"
#include "cli/log_reading.h"
#include "cli/progress.h"
#include "cli/row_output.h"
#include "config/field_text.h"
#include "review/flow_line.h"

namespace dn::cli {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

constexpr auto kSince = 1h;
// The API takes a few calls a second; a store in this process has often ended at once.
constexpr auto kFirstPause = 50ms;
constexpr auto kLongestPause = 1s;

std::int64_t to_seconds(WallTime time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

int report_query_error(const QueryArguments& arguments, const LogsError& error, World& world) {
  report_logs_error(error, world);
  if (error.location) {
    world.err << format_caret(arguments.query, error.location->start, error.location->end);
  }
  return kExitCannot;
}

// A number of the statistics, which are doubles.
std::uint64_t statistic(const json::object& answer, std::string_view name) {
  const json::value* statistics = answer.if_contains("statistics");
  const json::object* object = statistics == nullptr ? nullptr : statistics->if_object();
  const json::value* value = object == nullptr ? nullptr : object->if_contains(name);
  if (value == nullptr || !value->is_number()) return 0;
  boost::system::error_code wrong;
  const double number = value->to_number<double>(wrong);
  return wrong || number < 0 || number > 1e18 ? 0 : static_cast<std::uint64_t>(number);
}

std::string format_statistics(const json::object& answer) {
  return fmt::format("{} records scanned, {}", format_count(statistic(answer, "recordsScanned")),
                     format_bytes(statistic(answer, "bytesScanned")));
}

// The rows of one answer, put behind `rows`; false when they are none.
bool take_rows(const json::object& answer, std::vector<OutputRow>& rows) {
  const json::value* results = answer.if_contains("results");
  if (results == nullptr || !results->is_array()) return false;
  for (const json::value& result : results->get_array()) {
    if (!result.is_array()) return false;
    OutputRow row;
    for (const json::value& cell : result.get_array()) {
      const json::object* pair = cell.if_object();
      if (pair == nullptr) return false;
      row.emplace_back(review::text_of(*pair, "field"), review::text_of(*pair, "value"));
    }
    rows.push_back(std::move(row));
  }
  return true;
}

bool has_ended(std::string_view status) {
  return status != "Scheduled" && status != "Running";
}

// One query in its life. `id` is known once it has started.
class Query {
 public:
  Query(LogsClient& client, World& world) : client_(client), world_(world) {}

  LogsResult<void> start(const QueryArguments& arguments, const ResolvedSpan& span) {
    json::object input;
    input["logGroupName"] = arguments.source.group;
    input["queryString"] = arguments.query;
    input["startTime"] = to_seconds(span.from);
    input["endTime"] = to_seconds(span.to);  // the API counts all of that second
    if (arguments.limit) input["limit"] = *arguments.limit;
    const auto answer = client_.call("StartQuery", input);
    if (!answer) return tl::unexpected(answer.error());
    id_ = review::text_of(*answer, "queryId");
    if (id_.empty()) return tl::unexpected(LogsError{"", "the endpoint gave no queryId"});
    return {};
  }

  // The answer that says that the query has ended; an empty object when Ctrl-C came first.
  LogsResult<json::object> wait() {
    Progress progress(world_);
    std::chrono::milliseconds pause = kFirstPause;
    while (!world_.interrupted()) {
      auto answer = ask({});
      if (!answer || has_ended(review::text_of(*answer, "status"))) return answer;
      progress.update([&] { return "running: " + format_statistics(*answer); });
      world_.pause(pause);
      pause = std::min<std::chrono::milliseconds>(2 * pause, kLongestPause);
    }
    // Whether it could still be stopped does not matter any more.
    client_.call("StopQuery", {{"queryId", id_}});
    return json::object();
  }

  LogsResult<json::object> ask(std::string_view token) {
    json::object input{{"queryId", id_}};
    if (!token.empty()) input["nextToken"] = token;
    return client_.call("GetQueryResults", input);
  }

 private:
  LogsClient& client_;
  World& world_;
  std::string id_;
};

// All rows of a complete query: `first` and the pages behind it.
LogsResult<std::vector<OutputRow>> collect(Query& query, const json::object& first) {
  const auto strange = [](const char* what) {
    return tl::unexpected(
        LogsError{"", fmt::format("the endpoint's answer to GetQueryResults {}", what)});
  };
  std::vector<OutputRow> rows;
  if (!take_rows(first, rows)) return strange("has no rows");
  std::string token(review::text_of(first, "nextToken"));
  while (!token.empty()) {
    const auto page = query.ask(token);
    if (!page) return tl::unexpected(page.error());
    if (!take_rows(*page, rows)) return strange("has no rows");
    const std::string_view next = review::text_of(*page, "nextToken");
    if (next == token) return strange("repeats its nextToken");
    token = next;
  }
  return rows;
}

void print(const std::vector<OutputRow>& rows, QueryArguments::Output output, World& world) {
  switch (output) {
    case QueryArguments::Output::Json: print_json_rows(rows, world.out); return;
    case QueryArguments::Output::Csv: print_csv_rows(rows, world.out); return;
    case QueryArguments::Output::Table: break;
  }
  print_table_rows(rows, world.out, world.colour);
}

}  // namespace

int run_query(const QueryArguments& arguments, World& world) {
  const auto span = resolve_span(arguments.span, kSince, world.clock());
  if (!span) return report_logs_error({"", span.error().message}, world);
  const auto client = open_source(arguments.source, world);
  if (client == nullptr) return kExitCannot;
  world.watch_interrupts();
  Query query(*client, world);
  if (const auto started = query.start(arguments, *span); !started) {
    return report_query_error(arguments, started.error(), world);
  }
  const auto ended = query.wait();
  if (!ended) return report_query_error(arguments, ended.error(), world);
  if (ended->empty()) {
    world.err << "discriminat: stopped\n";
    return kExitInterrupted;
  }
  const std::string_view status = review::text_of(*ended, "status");
  if (status != "Complete") {
    world.err << fmt::format(
        "discriminat: the query has not completed: its status is {}; ask for less, by --since or a "
        "filter\n",
        config::quoted(status));
    return kExitCannot;
  }
  const auto rows = collect(query, *ended);
  if (!rows) return report_logs_error(rows.error(), world);
  print(*rows, arguments.output, world);
  if (world.err_is_terminal) {
    world.err << fmt::format("{} rows, {} records matched, {}\n", format_count(rows->size()),
                             format_count(statistic(*ended, "recordsMatched")),
                             format_statistics(*ended));
  }
  return kExitGood;
}

}  // namespace dn::cli
