#include "aws/cloudwatch_logs.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <iterator>

#include "aws/json_fields.h"

namespace dn::aws {
namespace {

std::string quoted(std::string_view text) {
  return boost::json::serialize(boost::json::string_view(text.data(), text.size()));
}

// Written by hand: a value tree of a full batch would cost several times its bytes.
std::string format_events(std::string_view group, std::string_view stream,
                          std::span<const LogEvent> events) {
  std::string body = fmt::format(R"({{"logGroupName":{},"logStreamName":{},"logEvents":[)",
                                 quoted(group), quoted(stream));
  for (std::size_t i = 0; i < events.size(); ++i) {
    fmt::format_to(std::back_inserter(body), R"({}{{"timestamp":{},"message":{}}})",
                   i == 0 ? "" : ",", events[i].time.time_since_epoch().count(),
                   quoted(events[i].message));
  }
  body += "]}";
  return body;
}

// An index into the batch; whatever else the service says is none.
std::size_t index_of(const boost::json::object& info, std::string_view name, std::size_t absent,
                     std::size_t count) {
  const auto number = number_member(info, name);
  if (!number) return absent;
  return static_cast<std::size_t>(
      std::clamp<std::int64_t>(*number, 0, static_cast<std::int64_t>(count)));
}

}  // namespace

ServiceResult<DroppedEvents> CloudWatchLogs::put_log_events(std::string_view group,
                                                            std::string_view stream,
                                                            std::span<const LogEvent> events) {
  const auto body = client_.call("PutLogEvents", format_events(group, stream, events));
  if (!body) return tl::unexpected(body.error());
  const auto answer = parse_object(*body);
  const auto* info = answer ? object_member(*answer, "rejectedLogEventsInfo") : nullptr;
  DroppedEvents dropped;
  if (info == nullptr) return dropped;
  const std::size_t count = events.size();
  // The old ones end in front of their index, the new ones begin at theirs.
  dropped.too_old = std::max(index_of(*info, "tooOldLogEventEndIndex", 0, count),
                             index_of(*info, "expiredLogEventEndIndex", 0, count));
  dropped.too_new = count - index_of(*info, "tooNewLogEventStartIndex", count, count);
  return dropped;
}

ServiceResult<void> CloudWatchLogs::create(std::string_view operation, std::string_view body) {
  const auto answer = client_.call(operation, body);
  if (answer || answer.error().type == "ResourceAlreadyExistsException") return {};
  return tl::unexpected(answer.error());
}

ServiceResult<void> CloudWatchLogs::create_log_group(std::string_view group) {
  return create("CreateLogGroup", fmt::format(R"({{"logGroupName":{}}})", quoted(group)));
}

ServiceResult<void> CloudWatchLogs::create_log_stream(std::string_view group,
                                                      std::string_view stream) {
  return create("CreateLogStream", fmt::format(R"({{"logGroupName":{},"logStreamName":{}}})",
                                               quoted(group), quoted(stream)));
}

}  // namespace dn::aws
