// FilterLogEvents and GetLogEvents: pages of events out of the store.
//
// FilterLogEvents searches until its page is full or the logs end, so the first page holds all that
// a page can hold and a token is given exactly when there is more. Only a search that takes longer
// than kSearchTimeMax gives what it has, with a token; its page may then be short or empty. The
// token says where the next page begins and which request it belongs to.
//
// GetLogEvents pages both ways from a position in one stream. A position lies between two events:
// "f/…" reads the events at and behind it, "b/…" those in front of it, so the two tokens of an
// empty page are the position that was asked for, and the end is where the token that comes back is
// the one that was sent.
//
// endTime is included by FilterLogEvents and not by GetLogEvents. Covered by
// event_operations_test.cc.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <unordered_map>

#include "logs/event_page.h"
#include "logs/json_writer.h"
#include "logs/operations.h"
#include "logs/position.h"

namespace dn::logs {
namespace {

using namespace std::chrono_literals;
using records::EventKey;

constexpr std::size_t kPageEventsMax = 10'000;
constexpr std::size_t kStreamNamesMax = 100;
// 10,000 log lines of 1.6 kB. CloudWatch ends a page at 1 MiB, which is 2,500 lines of a flow log;
// whoever makes a single call, without paging, should see all 10,000.
constexpr std::size_t kFilterPageBytesMax = 16UL << 20U;
constexpr std::size_t kGetPageBytesMax = 1UL << 20U;
// Clients give up a call after a minute.
constexpr auto kSearchTimeMax = 40s;
constexpr std::int64_t kTokenLife = std::chrono::milliseconds(24h).count();

using StreamNames = std::unordered_map<std::uint64_t, std::string>;

struct FilterRequest {
  std::string group;
  std::vector<std::string> streams;
  std::optional<std::string> prefix;
  store::TimeRange range;
  std::string pattern;
  std::size_t limit = 0;
  std::optional<std::string> token;

  // All that decides what the pages hold.
  std::string text() const {
    return fmt::format("FilterLogEvents\n{}\n{}\n{}\n{}\n{}\n{}", group, fmt::join(streams, "*"),
                       prefix.value_or("*"), range.from, range.to, pattern);
  }
};

ApiResult<FilterRequest> read_filter_request(RequestFields& fields, const Account& account) {
  FilterRequest request;
  const auto names =
      fields.texts("logStreamNames", {.min = 1, .max = kStreamNamesMax}, kStreamNameRule);
  request.streams = names.value_or(std::vector<std::string>());
  if (const auto prefix = fields.text("logStreamNamePrefix", kStreamNameRule)) {
    request.prefix = *prefix;
  }
  request.range.from = fields.number("startTime", kTimeRule).value_or(request.range.from);
  request.range.to = fields.number("endTime", kTimeRule).value_or(request.range.to);
  request.pattern = fields.text("filterPattern", kFilterPatternRule).value_or("");
  request.limit = static_cast<std::size_t>(
      fields.number("limit", {.min = 1, .max = kPageEventsMax}).value_or(kPageEventsMax));
  if (const auto token = fields.text("nextToken", kTokenRule)) request.token = *token;
  fields.flag("interleaved");
  fields.flag("unmask");
  auto group = read_group(fields, account);
  if (!group) return tl::unexpected(std::move(group.error()));
  request.group = std::move(*group);
  if (names && request.prefix) {
    return refuse(ErrorType::InvalidParameter,
                  "logStreamNames and logStreamNamePrefix are mutually exclusive parameters.");
  }
  if (request.range.from > request.range.to) {
    return refuse(ErrorType::InvalidParameter, "startTime must be less than or equal to endTime.");
  }
  return request;
}

// The streams that the request means, by id. A named stream that is not there is an error.
ApiResult<StreamNames> choose_streams(const store::LogCatalog& catalog,
                                      const FilterRequest& request) {
  auto streams = catalog.streams(request.group);
  if (!streams) return refuse(streams.error());
  StreamNames chosen;
  for (store::StreamInfo& stream : *streams) {
    const bool named = std::ranges::find(request.streams, stream.name) != request.streams.end();
    if (named ||
        (request.streams.empty() && stream.name.starts_with(request.prefix.value_or("")))) {
      chosen.emplace(stream.id, std::move(stream.name));
    }
  }
  for (const std::string& name : request.streams) {
    const bool found =
        std::ranges::any_of(chosen, [&](const auto& stream) { return stream.second == name; });
    if (!found) return refuse(ErrorType::ResourceNotFound, std::string(kNoSuchStream));
  }
  return chosen;
}

// Where the next page begins, and when the token was given.
std::string format_token(const FilterRequest& request, const EventKey& begin, std::int64_t now) {
  return format_page_token(request.text(), format_key(begin) + format_key({.timestamp = now}));
}

std::optional<EventKey> parse_token(const FilterRequest& request, std::int64_t now) {
  const auto place = parse_page_token(request.text(), *request.token);
  if (!place || place->size() != 2 * kKeyDigits) return {};
  const auto begin = parse_key(std::string_view(*place).substr(0, kKeyDigits));
  const auto given = parse_key(std::string_view(*place).substr(kKeyDigits));
  if (!begin || !given || now - given->timestamp > kTokenLife) return {};
  return begin;
}

std::string write_filtered(const FilterRequest& request, const PageAnswer& page,
                           const StreamNames& names, std::int64_t now) {
  JsonWriter json;
  json.open_object().key("events").open_list();
  for (const PageEvent& event : page.events) {
    const auto name = names.find(event.key.stream);
    if (name == names.end()) continue;  // of a stream that was made since
    json.open_object();
    json.key("eventId").text(format_event_id(event.key));
    json.key("ingestionTime").number(event.ingestion_time);
    json.key("logStreamName").text(name->second);
    json.key("message").text(event.message);
    json.key("timestamp").number(event.key.timestamp);
    json.close_object();
  }
  json.close_list();
  if (page.next_begin) {
    json.key("nextToken").text(format_token(request, *page.next_begin, now));
  }
  return json.key("searchedLogStreams").open_list().close_list().close_object().take();
}

// "f/<digits>/s" or "b/<digits>/s".
struct StreamToken {
  bool forward = true;
  EventKey position;
};

std::string format_stream_token(const StreamToken& token) {
  return fmt::format("{}/{}/s", token.forward ? 'f' : 'b', format_event_id(token.position));
}

std::optional<StreamToken> parse_stream_token(std::string_view text, std::uint64_t stream) {
  if ((!text.starts_with("f/") && !text.starts_with("b/")) || !text.ends_with("/s")) return {};
  const bool forward = text.starts_with('f');
  text.remove_prefix(2);
  if (text.size() < 2) return {};
  text.remove_suffix(2);
  const auto position = parse_event_id(text);
  if (!position || position->stream != stream) return {};
  return StreamToken{forward, *position};
}

struct GetRequest {
  std::string group, stream;
  store::TimeRange range;
  std::size_t limit = 0;
  bool from_head = false;
  std::optional<std::string> token;
};

ApiResult<GetRequest> read_get_request(RequestFields& fields, const Account& account) {
  GetRequest request;
  request.stream = fields.required_text("logStreamName", kStreamNameRule);
  request.range.from = fields.number("startTime", kTimeRule).value_or(request.range.from);
  if (const auto end = fields.number("endTime", kTimeRule)) request.range.to = *end - 1;
  request.limit = static_cast<std::size_t>(
      fields.number("limit", {.min = 1, .max = kPageEventsMax}).value_or(kPageEventsMax));
  request.from_head = fields.flag("startFromHead").value_or(false);
  fields.flag("unmask");
  if (const auto token = fields.text("nextToken", kTokenRule)) request.token = *token;
  auto group = read_group(fields, account);
  if (!group) return tl::unexpected(std::move(group.error()));
  request.group = std::move(*group);
  return request;
}

ApiResult<std::uint64_t> find_stream(const store::LogCatalog& catalog, const GetRequest& request) {
  const auto streams = catalog.streams(request.group);
  if (!streams) return refuse(streams.error());
  const auto found = std::ranges::find(*streams, request.stream, &store::StreamInfo::name);
  if (found == streams->end()) {
    return refuse(ErrorType::ResourceNotFound, std::string(kNoSuchStream));
  }
  return found->id;
}

std::string write_got(const std::vector<PageEvent>& events, const EventKey& begin,
                      const EventKey& end) {
  JsonWriter json;
  json.open_object().key("events").open_list();
  for (const PageEvent& event : events) {
    json.open_object();
    json.key("ingestionTime").number(event.ingestion_time);
    json.key("message").text(event.message);
    json.key("timestamp").number(event.key.timestamp);
    json.close_object();
  }
  json.close_list();
  json.key("nextBackwardToken").text(format_stream_token({.forward = false, .position = begin}));
  json.key("nextForwardToken").text(format_stream_token({.forward = true, .position = end}));
  return json.close_object().take();
}

}  // namespace

OperationResult filter_log_events(ServiceState& service, RequestFields& fields) {
  const auto request = read_filter_request(fields, service.account);
  if (!request) return tl::unexpected(request.error());
  auto pattern = query::FilterPattern::compile(request->pattern);
  if (!pattern) return refuse(ErrorType::InvalidParameter, pattern.error().message);
  const WallTime begun = service.clock();
  const std::int64_t now = begun.time_since_epoch().count();
  std::optional<EventKey> from;
  if (request->token) {
    from = parse_token(*request, now);
    if (!from) return refuse(ErrorType::InvalidParameter, std::string(kInvalidToken));
  }
  const auto names = choose_streams(service.catalog, *request);
  if (!names) return tl::unexpected(names.error());

  PageRequest search{
      .group = request->group,
      .streams = {},
      .range = request->range,
      .from = from,
      .before = {},
      .pattern = std::move(*pattern),
      .limits = {.events = request->limit, .bytes = kFilterPageBytesMax},
      .end = PageEnd::Oldest,
      .workers = service.workers,
      .out_of_time = [&] { return service.stopping || service.clock() - begun > kSearchTimeMax; }};
  for (const auto& [id, name] : *names) search.streams.push_back(name);
  // To the store, no name means every stream.
  if (search.streams.empty()) return write_filtered(*request, {}, *names, now);
  const auto page = fill_page(service.catalog, search);
  if (!page) return tl::unexpected(page.error());
  return write_filtered(*request, *page, *names, now);
}

OperationResult get_log_events(ServiceState& service, RequestFields& fields) {
  const auto request = read_get_request(fields, service.account);
  if (!request) return tl::unexpected(request.error());
  const auto stream = find_stream(service.catalog, *request);
  if (!stream) return tl::unexpected(stream.error());
  std::optional<StreamToken> token;
  if (request->token) {
    token = parse_stream_token(*request->token, *stream);
    if (!token) return refuse(ErrorType::InvalidParameter, std::string(kInvalidToken));
  }
  const bool forward = token ? token->forward : request->from_head;
  auto everything = query::FilterPattern::compile("");
  if (!everything) return refuse(ErrorType::InternalFailure, everything.error().message);

  PageRequest search{.group = request->group,
                     .streams = {request->stream},
                     .range = request->range,
                     .from = {},
                     .before = {},
                     .pattern = std::move(*everything),
                     .limits = {.events = request->limit, .bytes = kGetPageBytesMax},
                     .end = forward ? PageEnd::Oldest : PageEnd::Newest,
                     .workers = service.workers,
                     .out_of_time = {}};
  if (token) (forward ? search.from : search.before) = token->position;
  const auto page = fill_page(service.catalog, search);
  if (!page) return tl::unexpected(page.error());
  if (!page->events.empty()) {
    return write_got(page->events, page->events.front().key, behind(page->events.back().key));
  }
  const EventKey here =
      token ? token->position
            : EventKey{.timestamp = 0, .stream = *stream, .segment = 0, .offset = 0};
  return write_got({}, here, here);
}

}  // namespace dn::logs
