// StartLiveTail: one client's session over the events that are put while it lasts.
//
// Theory of operation
//
// A session remembers for each stream how far it has read: a segment and an offset. Each second it
// asks the store for the blocks behind that, reads what was appended, and sends what matches, in
// key order, in one sessionUpdate (also when there is nothing). The first call gives the frames
// that open the session. An update holds at most kUpdateEventsMax events and kUpdateBytesMax bytes;
// the session reads at most kReadBytesMax for it. What is beyond is left out for good, and the
// update says `sampled`. Events whose own time is more than kLookBack before the session's begin
// are not shown. After kSessionTimeMax the session ends with a SessionTimeoutException.
//
// Memory: one loaded block and one update. Covered by live_tail_test.cc.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "logs/logs_service.h"
#include "logs/operations.h"

namespace dn::logs {

inline constexpr std::size_t kTailSessionsMax = 15;
inline constexpr std::size_t kUpdateEventsMax = 500;
inline constexpr std::size_t kUpdateBytesMax = 4UL << 20U;
inline constexpr std::size_t kReadBytesMax = 64UL << 20U;
inline constexpr auto kLookBack = std::chrono::hours(24);
inline constexpr auto kSessionTimeMax = std::chrono::hours(3);

struct TailRequest {
  std::vector<std::string> groups;
  std::vector<std::string> streams, prefixes;  // none: all
  std::string pattern;
};

ApiResult<TailRequest> read_tail_request(RequestFields& fields, const Account& account);

// Used by one thread at a time; the service outlives it.
ApiResult<std::unique_ptr<LiveTail>> begin_live_tail(ServiceState& service, TailRequest request);

}  // namespace dn::logs
