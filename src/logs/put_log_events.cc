// PutLogEvents: all limits of a batch, and the events that are too old, too new or expired.
//
// A batch that breaks a limit is refused as a whole and nothing is stored. Events outside the time
// that may be written are left out, and the answer says which. Sequence tokens and entities are
// ignored. There is no idempotency: the same batch twice is stored twice. Memory: the batch as
// parsed. Covered by put_log_events_test.cc.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <span>
#include <vector>

#include "logs/event_page.h"
#include "logs/json_writer.h"
#include "logs/operations.h"

namespace dn::logs {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kBatchEventsMax = 10'000;
constexpr std::size_t kBatchBytesMax = 1'048'576;  // messages and kEventOverheadBytes each
constexpr std::int64_t kBatchSpanMax = std::chrono::milliseconds(24h).count();
constexpr std::int64_t kAgeMax = std::chrono::milliseconds(14 * 24h).count();
constexpr std::int64_t kAheadMax = std::chrono::milliseconds(2h).count();

constexpr std::string_view kNextSequenceToken =
    "49000000000000000000000000000000000000000000000000000000";

using Events = std::vector<store::NewEvent>;

Events read_events(RequestFields& fields) {
  Events events;
  fields.require("logEvents");
  fields.objects("logEvents", {.min = 1, .max = kBatchEventsMax}, [&](RequestFields& event) {
    const std::int64_t timestamp = event.required_number("timestamp", kTimeRule);
    events.push_back({timestamp, event.required_text("message", {.min = 1})});
  });
  return events;
}

std::optional<ApiError> check_batch(const Events& events) {
  std::size_t bytes = 0;
  for (const store::NewEvent& event : events) bytes += event.message.size() + kEventOverheadBytes;
  if (bytes > kBatchBytesMax) {
    return ApiError{
        ErrorType::InvalidParameter,
        fmt::format("Upload too large: {} bytes exceeds limit of {}", bytes, kBatchBytesMax)};
  }
  if (!std::ranges::is_sorted(events, {}, &store::NewEvent::timestamp)) {
    return ApiError{ErrorType::InvalidParameter,
                    "Log events in a single PutLogEvents request must be in chronological order."};
  }
  return {};
}

// Events [begin, end) may be written. Times do not fall, so the others are at both ends.
struct Acceptable {
  std::size_t begin = 0, end = 0;
  std::size_t too_old_end = 0, expired_end = 0;  // 0: none

  bool all_of(const Events& events) const { return begin == 0 && end == events.size(); }
};

Acceptable find_acceptable(const Events& events, std::int64_t now, std::optional<int> days) {
  const auto first_from = [&](std::int64_t time) {
    const auto found = std::ranges::lower_bound(events, time, {}, &store::NewEvent::timestamp);
    return static_cast<std::size_t>(found - events.begin());
  };
  Acceptable found;
  found.too_old_end = first_from(now - kAgeMax);
  if (days) {
    found.expired_end = first_from(now - std::chrono::milliseconds(*days * 24h).count());
  }
  found.begin = std::max(found.too_old_end, found.expired_end);
  found.end = std::max(found.begin, first_from(now + kAheadMax + 1));
  return found;
}

std::string write_answer(const Events& events, const Acceptable& acceptable) {
  const auto index = [](std::size_t i) { return static_cast<std::int64_t>(i); };
  JsonWriter json;
  json.open_object().key("nextSequenceToken").text(kNextSequenceToken);
  if (!acceptable.all_of(events)) {
    json.key("rejectedLogEventsInfo").open_object();
    if (acceptable.end < events.size()) {
      json.key("tooNewLogEventStartIndex").number(index(acceptable.end));
    }
    if (acceptable.too_old_end > 0) {
      json.key("tooOldLogEventEndIndex").number(index(acceptable.too_old_end));
    }
    if (acceptable.expired_end > 0) {
      json.key("expiredLogEventEndIndex").number(index(acceptable.expired_end));
    }
    json.close_object();
  }
  return json.close_object().take();
}

}  // namespace

OperationResult put_log_events(ServiceState& service, RequestFields& fields) {
  const auto group = fields.required_text("logGroupName", kGroupNameRule);
  const auto stream = fields.required_text("logStreamName", kStreamNameRule);
  fields.text("sequenceToken", kTokenRule);
  const Events events = read_events(fields);
  if (const auto problem = fields.problem()) return tl::unexpected(*problem);
  if (auto wrong = check_batch(events)) return tl::unexpected(std::move(*wrong));

  const auto retention = service.catalog.retention(group);
  if (!retention) return refuse(retention.error());
  const std::int64_t now = service.now_ms();
  const Acceptable acceptable = find_acceptable(events, now, *retention);
  const auto good = std::span(events).subspan(acceptable.begin, acceptable.end - acceptable.begin);
  if (!good.empty() && good.back().timestamp - good.front().timestamp > kBatchSpanMax) {
    return refuse(ErrorType::InvalidParameter,
                  "The batch of log events in a single PutLogEvents request cannot span more than "
                  "24 hours.");
  }
  // Also without events: it says whether the stream is there.
  const auto done = service.catalog.put(group, stream, good, now);
  if (!done) return refuse(done.error());
  return write_answer(events, acceptable);
}

}  // namespace dn::logs
