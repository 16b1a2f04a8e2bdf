// GetLogRecord, GetLogGroupFields and TestMetricFilter: what consoles ask beside queries.
//
// Covered by record_operations_test.cc.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <unordered_map>
#include <unordered_set>

#include "logs/json_writer.h"
#include "logs/operations.h"
#include "logs/position.h"
#include "query/filter_pattern.h"

namespace dn::logs {
namespace {

using namespace std::chrono_literals;

// GetLogGroupFields looks at events around a time, or at the last ones.
constexpr std::int64_t kFieldsAround = std::chrono::milliseconds(8min).count();
constexpr std::int64_t kFieldsBefore = std::chrono::milliseconds(15min).count();
constexpr std::size_t kFieldsEventsMax = 10'000;
constexpr std::size_t kFieldsMax = 1000;  // later names are not counted
constexpr std::int64_t kSecondsMax = 100'000'000'000;

constexpr std::size_t kTestMessagesMax = 50;

using Fields = std::vector<std::pair<std::string, std::string>>;

ApiResult<std::unordered_map<std::uint64_t, std::string>> stream_names(
    const store::LogCatalog& catalog, const std::string& group) {
  auto streams = catalog.streams(group);
  if (!streams) return refuse(streams.error());
  std::unordered_map<std::uint64_t, std::string> names;
  for (store::StreamInfo& stream : *streams) names.emplace(stream.id, std::move(stream.name));
  return names;
}

tl::unexpected<ApiError> no_such_record() {
  return refuse(ErrorType::ResourceNotFound, "The specified log record does not exist.");
}

// The event's fields; nothing where it is gone.
ApiResult<Fields> find_record(const ServiceState& service, const RecordPlace& place) {
  const auto names = stream_names(service.catalog, place.group);
  if (!names) return no_such_record();
  const auto name = names->find(place.key.stream);
  if (name == names->end()) return no_such_record();
  const std::vector<std::string> streams = {name->second};
  const std::int64_t time = place.key.timestamp;
  const auto blocks = service.catalog.blocks(place.group, streams, {time, time}, {});
  if (!blocks) return no_such_record();
  const std::string log = fmt::format("{}:{}", service.account.id, place.group);
  for (const store::BlockInfo& block : *blocks) {
    const bool inside = block.segment == place.key.segment && place.key.offset >= block.offset &&
                        place.key.offset - block.offset < block.bytes;
    store::LoadedBlock loaded;
    if (!inside || !service.catalog.load(block, loaded)) continue;
    std::size_t at = place.key.offset - block.offset;
    // Offsets of pointers are not checked by anybody else: a line begins behind a line.
    if (at >= loaded.lines().size() || (at > 0 && loaded.lines()[at - 1] != '\n')) continue;
    const auto event = loaded.next_event(at);
    if (event && event->key == place.key) {
      return query::discovered_fields(*event, {.log_stream = name->second, .log = log});
    }
  }
  return no_such_record();
}

// In how many of the events each field occurs.
struct FieldCounts {
  std::unordered_map<std::string, std::size_t> fields;
  std::size_t events = 0;

  void add(const Fields& found) {
    ++events;
    std::unordered_set<std::string_view> seen;
    for (const auto& [name, value] : found) {
      if (!seen.insert(name).second) continue;
      const auto known = fields.find(name);
      if (known != fields.end()) {
        ++known->second;
      } else if (fields.size() < kFieldsMax) {
        fields.emplace(name, 1);
      }
    }
  }
};

ApiResult<FieldCounts> count_fields(const ServiceState& service, const std::string& group,
                                    store::TimeRange range) {
  const auto names = stream_names(service.catalog, group);
  if (!names) return tl::unexpected(names.error());
  const auto blocks = service.catalog.blocks(group, {}, range, {});
  if (!blocks) return refuse(blocks.error());
  const std::string log = fmt::format("{}:{}", service.account.id, group);
  FieldCounts counts;
  store::LoadedBlock loaded;
  for (const store::BlockInfo& block : *blocks) {
    const auto name = names->find(block.stream);
    if (name == names->end() || !service.catalog.load(block, loaded)) continue;
    std::size_t at = 0;
    while (const auto event = loaded.next_event(at)) {
      if (counts.events == kFieldsEventsMax) return counts;
      if (event->key.timestamp < range.from || event->key.timestamp > range.to) continue;
      counts.add(query::discovered_fields(*event, {.log_stream = name->second, .log = log}));
    }
  }
  return counts;
}

}  // namespace

OperationResult get_log_record(ServiceState& service, RequestFields& fields) {
  const auto pointer = fields.required_text("logRecordPointer", {});
  fields.flag("unmask");
  if (const auto problem = fields.problem()) return tl::unexpected(*problem);
  const auto place = parse_record_pointer(pointer);
  if (!place) {
    return refuse(ErrorType::InvalidParameter, "The specified logRecordPointer is invalid.");
  }
  const auto record = find_record(service, *place);
  if (!record) return tl::unexpected(record.error());
  JsonWriter json;
  json.open_object().key("logRecord").open_object();
  for (const auto& [name, value] : *record) json.key(name).text(value);
  return json.close_object().close_object().take();
}

OperationResult get_log_group_fields(ServiceState& service, RequestFields& fields) {
  const auto time = fields.number("time", kTimeRule);
  auto group = read_group(fields, service.account);
  if (!group) return tl::unexpected(std::move(group.error()));
  const std::int64_t now = service.now_ms();
  store::TimeRange range{.from = now - kFieldsBefore, .to = now};
  if (time) {
    const std::int64_t middle = *time > kSecondsMax ? *time : *time * 1000;
    range = {.from = middle - std::min(middle, kFieldsAround),
             .to = std::min(middle, INT64_MAX - kFieldsAround) + kFieldsAround};
  }
  const auto counts = count_fields(service, *group, range);
  if (!counts) return tl::unexpected(counts.error());
  std::vector<std::pair<std::string, std::size_t>> sorted(counts->fields.begin(),
                                                          counts->fields.end());
  std::ranges::sort(sorted, [](const auto& a, const auto& b) {
    return std::tie(b.second, a.first) < std::tie(a.second, b.first);
  });
  JsonWriter json;
  json.open_object().key("logGroupFields").open_list();
  for (const auto& [name, count] : sorted) {
    const std::size_t percent = std::max<std::size_t>(1, count * 100 / counts->events);
    json.open_object().key("name").text(name);
    json.key("percent").number(static_cast<std::int64_t>(percent)).close_object();
  }
  return json.close_list().close_object().take();
}

OperationResult test_metric_filter(ServiceState& /*service*/, RequestFields& fields) {
  const auto text = fields.required_text("filterPattern", kFilterPatternRule);
  fields.require("logEventMessages");
  const auto messages =
      fields.texts("logEventMessages", {.min = 1, .max = kTestMessagesMax}, {.min = 1});
  if (const auto problem = fields.problem()) return tl::unexpected(*problem);
  auto pattern = query::FilterPattern::compile(text);
  if (!pattern) return refuse(ErrorType::InvalidParameter, pattern.error().message);
  query::FilterMatcher matcher(std::move(*pattern));
  JsonWriter json;
  json.open_object().key("matches").open_list();
  std::int64_t number = 0;
  for (const std::string& message : *messages) {
    ++number;
    std::string padded = message;
    padded.resize(message.size() + records::kMessagePadding);
    const std::string_view event = std::string_view(padded).substr(0, message.size());
    if (!matcher.matches(event)) continue;
    json.open_object().key("eventMessage").text(message).key("eventNumber").number(number);
    json.key("extractedValues").open_object();
    for (const auto& [name, value] : matcher.extracted_values(event)) json.key(name).text(value);
    json.close_object().close_object();
  }
  return json.close_list().close_object().take();
}

}  // namespace dn::logs
