// One page of events: the first or the last ones of a range in key order, as many as a page holds.
//
// Theory of operation
//
// A page is the longest run of events, from its end of the range, within a number of events and of
// bytes; one event always fits. Blocks come sorted by that end, each is searched as a whole, and
// what it yields goes into a heap that never holds more than a page: an event that falls out of it
// can never come back, because those in front of it fill the page already. Once a block begins
// behind such a cut it and all blocks after it cannot contribute and are not loaded. So the answer
// does not depend on the number of threads, on how events are spread over blocks, or on the order
// in which they were put. There is more behind the page exactly when something fell out.
//
// A search that finds too little for too long ends early: at the deadline, all blocks in front of
// the next one have been searched, so all events before its first time are known and the next page
// begins there. It never ends without having got further than its beginning.
//
// Memory: a page, and per thread one loaded block and the events found in it.
// Covered by event_operations_test.cc and logs_on_disk_test.cc.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "logs/api_error.h"
#include "query/filter_pattern.h"
#include "records/log_event.h"
#include "store/log_catalog.h"

namespace dn::logs {

// What the API counts for an event beside its message.
inline constexpr std::size_t kEventOverheadBytes = 26;

struct PageEvent {
  records::EventKey key;
  std::int64_t ingestion_time = 0;
  std::string message;
};

struct PageLimits {
  std::size_t events = 0;
  std::size_t bytes = 0;  // messages and kEventOverheadBytes each
};

enum class PageEnd : std::uint8_t { Oldest, Newest };

class EventPage {
 public:
  EventPage(PageLimits limits, PageEnd end) : limits_(limits), end_(end) {}

  void add(PageEvent event);
  // The key of the nearest event that fell out: from it on nothing is wanted.
  const std::optional<records::EventKey>& cut() const { return cut_; }
  std::vector<PageEvent> take();  // ascending

 private:
  bool is_nearer(const records::EventKey& a, const records::EventKey& b) const;

  PageLimits limits_;
  PageEnd end_;
  std::vector<PageEvent> heap_;  // the farthest on top
  std::size_t bytes_ = 0;
  std::optional<records::EventKey> cut_;
};

struct PageRequest {
  std::string group;
  std::vector<std::string> streams;  // none: all
  store::TimeRange range;
  std::optional<records::EventKey> from, before;  // [from, before)
  query::FilterPattern pattern;
  PageLimits limits;
  PageEnd end = PageEnd::Oldest;
  unsigned workers = 1;
  std::function<bool()> out_of_time;  // with Oldest only
};

struct PageAnswer {
  std::vector<PageEvent> events;                // ascending
  std::optional<records::EventKey> next_begin;  // `from` of the next page; none: there is no more
};

ApiResult<PageAnswer> fill_page(const store::LogCatalog& catalog, const PageRequest& request);

}  // namespace dn::logs
