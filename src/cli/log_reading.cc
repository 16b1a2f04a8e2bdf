#include "cli/log_reading.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "base/readable.h"
#include "cli/exit_codes.h"
#include "cli/input.h"
#include "records/json_text.h"
#include "review/flow_line.h"

namespace dn::cli {
namespace {

namespace json = boost::json;

std::int64_t to_ms(WallTime time) {
  return time.time_since_epoch().count();
}

json::object first_request(const EventQuestion& question) {
  json::object input;
  input["logGroupName"] = question.group;
  input["logStreamNames"] = json::array{json::value(question.stream)};
  input["startTime"] = to_ms(question.from);
  if (question.to) input["endTime"] = to_ms(*question.to);
  if (!question.pattern.empty()) input["filterPattern"] = question.pattern;
  return input;
}

tl::unexpected<LogsError> strange(std::string_view what) {
  return tl::unexpected(
      LogsError{"", fmt::format("the endpoint's answer to FilterLogEvents {}; is this a CloudWatch "
                                "Logs endpoint?",
                                what)});
}

// The events of one page; false when it is not one.
bool visit(const json::object& page, const std::function<void(const ReadEvent&)>& on_event,
           ReadEvent& last) {
  const json::value* list = page.if_contains("events");
  if (list == nullptr || !list->is_array()) return false;
  for (const json::value& element : list->get_array()) {
    const json::object* event = element.if_object();
    const json::value* timestamp = event == nullptr ? nullptr : event->if_contains("timestamp");
    if (timestamp == nullptr || !timestamp->is_int64()) return false;
    const json::value* ingestion = event->if_contains("ingestionTime");
    const bool known = ingestion != nullptr && ingestion->is_int64();
    last = {review::text_of(*event, "eventId"), review::text_of(*event, "message"),
            timestamp->get_int64(), known ? ingestion->get_int64() : timestamp->get_int64()};
    on_event(last);
  }
  return true;
}

}  // namespace

LogsResult<bool> read_events(LogsClient& client, const EventQuestion& question, World& world,
                             const std::function<void(const ReadEvent&)>& on_event,
                             const std::function<void()>& on_page_end) {
  Progress progress(world);
  json::object request = first_request(question);
  std::uint64_t count = 0;
  std::string token;
  while (!world.interrupted()) {
    const auto page = client.call("FilterLogEvents", request);
    if (!page) return tl::unexpected(page.error());
    if (on_page_end) progress.clear();
    ReadEvent last;
    if (!visit(*page, on_event, last)) return strange("has no events");
    count += page->at("events").get_array().size();
    if (on_page_end) on_page_end();
    const std::string_view next = review::text_of(*page, "nextToken");
    if (next.empty()) return true;
    if (next == token) return strange("repeats its nextToken");
    token = next;
    request["nextToken"] = token;
    progress.update([&] {
      return fmt::format(
          "{} lines{}{}", format_count(count), last.timestamp == 0 ? "" : ", up to ",
          last.timestamp == 0
              ? std::string()
              : records::format_time(WallTime(std::chrono::milliseconds(last.timestamp))));
    });
  }
  return false;
}

std::unique_ptr<LogsClient> open_place(const LogsPlace& place, const std::string& default_store,
                                       World& world) {
  auto client = world.open_logs(place, default_store);
  if (client) return *std::move(client);
  world.err << "discriminat: " << printable(client.error().message) << "\n";
  return nullptr;
}

std::unique_ptr<LogsClient> open_source(const LogsSource& source, World& world) {
  const auto state_dir = find_state_dir(source.config, world);
  return state_dir ? open_place(source.place, *state_dir, world) : nullptr;
}

int report_logs_error(const LogsError& error, World& world) {
  world.err << "discriminat: " << printable(to_text(error)) << "\n";
  return kExitCannot;
}

}  // namespace dn::cli
