// Log streams: create, delete, describe. Covered by stream_operations_test.cc.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <tuple>

#include "logs/json_writer.h"
#include "logs/operations.h"
#include "logs/position.h"

namespace dn::logs {
namespace {

constexpr std::array<std::string_view, 2> kOrders = {"LogStreamName", "LastEventTime"};
constexpr std::int64_t kDescribeLimit = 50;

// The API has nothing in it since sequence tokens were given up.
constexpr std::string_view kSequenceToken =
    "49000000000000000000000000000000000000000000000000000000";

struct StreamOrder {
  bool by_time = false;
  bool descending = false;

  // Streams without events come first by time, as if theirs were the oldest.
  std::tuple<std::int64_t, std::string_view> place(const store::StreamInfo& stream) const {
    constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::min();
    return {by_time ? stream.last_timestamp.value_or(kNever) : 0, stream.name};
  }
  template <class Place>
  bool is_before(const Place& a, const Place& b) const {
    return descending ? b < a : a < b;
  }
};

void write_stream(JsonWriter& json, const store::StreamInfo& stream, const Account& account,
                  std::string_view group) {
  json.open_object();
  json.key("arn").text(stream_arn(account, group, stream.name));
  json.key("creationTime").number(stream.created);
  if (stream.first_timestamp) json.key("firstEventTimestamp").number(*stream.first_timestamp);
  if (stream.last_timestamp) json.key("lastEventTimestamp").number(*stream.last_timestamp);
  if (stream.last_ingestion) json.key("lastIngestionTime").number(*stream.last_ingestion);
  json.key("logStreamName").text(stream.name);
  json.key("storedBytes").number(0);
  if (stream.last_timestamp) json.key("uploadSequenceToken").text(kSequenceToken);
  json.close_object();
}

// The last stream of a page as text: its time, as that of a key, and its name.
std::string format_place(const std::tuple<std::int64_t, std::string_view>& place) {
  return format_key({.timestamp = std::get<0>(place)}) + std::string(std::get<1>(place));
}

std::optional<std::tuple<std::int64_t, std::string_view>> parse_place(std::string_view text) {
  const auto key = parse_key(text.substr(0, kKeyDigits));
  if (!key) return {};
  return std::tuple(key->timestamp, text.substr(kKeyDigits));
}

struct StreamPage {
  std::string group, prefix, request;
  StreamOrder order;
  std::size_t limit = 0;
  std::optional<std::string> after;  // format_place()
};

OperationResult write_page(ServiceState& service, const StreamPage& page) {
  auto streams = service.catalog.streams(page.group);
  if (!streams) return refuse(streams.error());
  std::optional<std::tuple<std::int64_t, std::string_view>> after;
  if (page.after) after = parse_place(*page.after);
  std::erase_if(*streams, [&](const store::StreamInfo& stream) {
    return !stream.name.starts_with(page.prefix) ||
           (after && !page.order.is_before(*after, page.order.place(stream)));
  });
  std::ranges::sort(*streams, [&](const store::StreamInfo& a, const store::StreamInfo& b) {
    return page.order.is_before(page.order.place(a), page.order.place(b));
  });
  const bool more = streams->size() > page.limit;
  if (more) streams->resize(page.limit);

  JsonWriter json;
  json.open_object().key("logStreams").open_list();
  for (const store::StreamInfo& stream : *streams) {
    write_stream(json, stream, service.account, page.group);
  }
  json.close_list();
  if (more) {
    const std::string place = format_place(page.order.place(streams->back()));
    json.key("nextToken").text(format_page_token(page.request, place));
  }
  return json.close_object().take();
}

}  // namespace

OperationResult create_log_stream(ServiceState& service, RequestFields& fields) {
  const auto group = fields.required_text("logGroupName", kGroupNameRule);
  const auto stream = fields.required_text("logStreamName", kStreamNameRule);
  if (const auto problem = fields.problem()) return tl::unexpected(*problem);
  const auto done = service.catalog.create_stream(group, stream);
  if (!done) return refuse(done.error(), Creating::Stream);
  return "";
}

OperationResult delete_log_stream(ServiceState& service, RequestFields& fields) {
  const auto group = fields.required_text("logGroupName", kGroupNameRule);
  const auto stream = fields.required_text("logStreamName", kStreamNameRule);
  if (const auto problem = fields.problem()) return tl::unexpected(*problem);
  const auto done = service.catalog.delete_stream(group, stream);
  if (!done) return refuse(done.error());
  return "";
}

OperationResult describe_log_streams(ServiceState& service, RequestFields& fields) {
  StreamPage page;
  page.prefix = fields.text("logStreamNamePrefix", kStreamNameRule).value_or("");
  page.order.by_time = fields.text("orderBy", {.one_of = kOrders}) == "LastEventTime";
  page.order.descending = fields.flag("descending").value_or(false);
  page.limit = static_cast<std::size_t>(
      fields.number("limit", {.min = 1, .max = kDescribeLimit}).value_or(kDescribeLimit));
  const auto token = fields.text("nextToken", kTokenRule);
  auto group = read_group(fields, service.account);
  if (!group) return tl::unexpected(group.error());
  if (page.order.by_time && fields.has("logStreamNamePrefix")) {
    return refuse(ErrorType::InvalidParameter,
                  "Cannot order by LastEventTime with a logStreamNamePrefix.");
  }
  page.group = std::move(*group);
  page.request = fmt::format("DescribeLogStreams\n{}\n{}\n{}\n{}", page.group, page.order.by_time,
                             page.order.descending, page.prefix);
  if (token) {
    page.after = parse_page_token(page.request, *token);
    if (!page.after || !parse_place(*page.after)) {
      return refuse(ErrorType::InvalidParameter, std::string(kInvalidToken));
    }
  }
  return write_page(service, page);
}

}  // namespace dn::logs
