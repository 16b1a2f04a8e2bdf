// CloudWatchLogs: puts lines into streams of CloudWatch Logs.
//
// Follows the CloudWatch Logs API reference, PutLogEvents, CreateLogGroup, CreateLogStream. A call
// that is asked again after its answer was lost stores its events twice: there is no idempotency.
// Sequence tokens are neither sent nor wanted. Waiting lines, their order and what to do while the
// service is away are the caller's. Covered by cloudwatch_logs_test.cc and
// tests/aws/clients_against_moto.py.
#pragma once

#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "aws/json_client.h"
#include "base/time.h"

namespace dn::aws {

struct LogEvent {
  WallTime time;
  std::string_view message;  // UTF-8, 1..kEventBytesMax bytes
};

inline constexpr std::size_t kEventOverheadBytes = 26;  // as the service counts each event
inline constexpr std::size_t kEventBytesMax = 262'144 - kEventOverheadBytes;  // in every region
inline constexpr std::size_t kBatchBytesMax = 1'048'576;                      // with the overhead
inline constexpr std::size_t kBatchEventsMax = 10'000;
inline constexpr auto kBatchSpanMax = std::chrono::hours(24);

// Events of a call that has succeeded, and were dropped all the same.
struct DroppedEvents {
  std::size_t too_old = 0;  // 14 days, or the retention of the group
  std::size_t too_new = 0;  // 2 hours ahead
};

// Not shared by threads.
class CloudWatchLogs {
 public:
  static constexpr const char* kTargetPrefix = "Logs_20140328.";

  explicit CloudWatchLogs(JsonClient client) : client_(std::move(client)) {}

  // `events` are within the limits above, and their times do not go back. Fails with
  // ResourceNotFoundException where the group or the stream is missing, and with
  // InvalidParameterException for events that will never be taken.
  ServiceResult<DroppedEvents> put_log_events(std::string_view group, std::string_view stream,
                                              std::span<const LogEvent> events);
  // Succeed where it is there already.
  ServiceResult<void> create_log_group(std::string_view group);
  ServiceResult<void> create_log_stream(std::string_view group, std::string_view stream);

 private:
  ServiceResult<void> create(std::string_view operation, std::string_view body);

  JsonClient client_;
};

}  // namespace dn::aws
