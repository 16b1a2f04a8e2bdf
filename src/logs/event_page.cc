#include "logs/event_page.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include "logs/block_scan.h"
#include "logs/position.h"

namespace dn::logs {
namespace {

using records::EventKey;

std::size_t bytes_of(const PageEvent& event) {
  return event.message.size() + kEventOverheadBytes;
}

// What the threads of one search share.
struct Search {
  const PageRequest& request;
  store::TimeRange range;
  std::mutex mutex;
  EventPage page;

  bool is_behind(const EventKey& key, const EventKey& cut) const {
    return request.end == PageEnd::Oldest ? key >= cut : key <= cut;
  }
};

class PageVisitor : public BlockVisitor {
 public:
  explicit PageVisitor(Search& search) : search_(search), matcher_(search.request.pattern) {}

  void visit(store::LoadedBlock& block) override {
    {
      const std::lock_guard lock(search_.mutex);
      cut_ = search_.page.cut();
    }
    found_.clear();
    if (block.info().plain && !search_.request.pattern.matches_everything()) {
      search_lines(block);
    } else {
      search_events(block);
    }
    const std::lock_guard lock(search_.mutex);
    for (PageEvent& event : found_) search_.page.add(std::move(event));
  }

 private:
  // In a plain block the lines are the messages, so the pattern may look for matches by itself.
  void search_lines(store::LoadedBlock& block) {
    const std::string_view lines = block.lines();
    std::size_t from = 0;
    while (const auto line = matcher_.next_match(lines, from)) {
      auto at = static_cast<std::size_t>(line->data() - lines.data());
      from = at + line->size() + 1;
      const std::uint64_t offset = block.info().offset + at;
      const auto event = block.next_event(at);
      if (event && event->key.offset == offset) keep(*event);
    }
  }

  void search_events(store::LoadedBlock& block) {
    const bool all = search_.request.pattern.matches_everything();
    std::size_t at = 0;
    while (const auto event = block.next_event(at)) {
      if (is_wanted(event->key) && (all || matcher_.matches(event->message))) keep(*event);
    }
  }

  bool is_wanted(const EventKey& key) const {
    const PageRequest& request = search_.request;
    return key.timestamp >= search_.range.from && key.timestamp <= search_.range.to &&
           (!request.from || key >= *request.from) && (!request.before || key < *request.before) &&
           (!cut_ || !search_.is_behind(key, *cut_));
  }

  void keep(const records::LogEvent& event) {
    if (!is_wanted(event.key)) return;
    found_.push_back({event.key, event.ingestion_time, std::string(event.message)});
  }

  Search& search_;
  query::FilterMatcher matcher_;
  std::optional<EventKey> cut_;
  std::vector<PageEvent> found_;
};

// Nearest first. Newest: by the last time; the store sorts by the first.
void sort_blocks(std::vector<store::BlockInfo>& blocks, PageEnd end) {
  if (end == PageEnd::Oldest) {
    std::ranges::sort(blocks, {}, &store::BlockInfo::first);
  } else {
    std::ranges::sort(blocks, std::greater(), &store::BlockInfo::last);
  }
}

store::TimeRange range_of(const PageRequest& request) {
  store::TimeRange range = request.range;
  if (request.from) range.from = std::max(range.from, request.from->timestamp);
  if (request.before) range.to = std::min(range.to, request.before->timestamp);
  return range;
}

// The page behind a search that ended at `frontier` (nothing: at the end).
PageAnswer finish_page(Search& search, std::optional<std::int64_t> frontier) {
  const bool more = search.page.cut().has_value();
  PageAnswer answer{.events = search.page.take(), .next_begin = {}};
  const std::size_t found = answer.events.size();
  if (frontier) {
    std::erase_if(answer.events,
                  [&](const PageEvent& event) { return event.key.timestamp >= *frontier; });
  }
  if (frontier && (!more || answer.events.size() < found)) {
    answer.next_begin = EventKey{.timestamp = *frontier};
  } else if (more) {
    answer.next_begin = behind(answer.events.back().key);
  }
  return answer;
}

}  // namespace

bool EventPage::is_nearer(const EventKey& a, const EventKey& b) const {
  return end_ == PageEnd::Oldest ? a < b : b < a;
}

void EventPage::add(PageEvent event) {
  if (cut_ && !is_nearer(event.key, *cut_)) return;
  const auto nearer = [this](const PageEvent& a, const PageEvent& b) {
    return is_nearer(a.key, b.key);
  };
  bytes_ += bytes_of(event);
  heap_.push_back(std::move(event));
  std::ranges::push_heap(heap_, nearer);
  while (heap_.size() > limits_.events || (bytes_ > limits_.bytes && heap_.size() > 1)) {
    std::ranges::pop_heap(heap_, nearer);
    bytes_ -= bytes_of(heap_.back());
    cut_ = heap_.back().key;
    heap_.pop_back();
  }
}

std::vector<PageEvent> EventPage::take() {
  std::ranges::sort(heap_, {}, &PageEvent::key);
  return std::move(heap_);
}

ApiResult<PageAnswer> fill_page(const store::LogCatalog& catalog, const PageRequest& request) {
  Search search{.request = request,
                .range = range_of(request),
                .mutex = {},
                .page = EventPage(request.limits, request.end)};
  if (search.range.from > search.range.to) return PageAnswer{};
  auto blocks = catalog.blocks(request.group, request.streams, search.range,
                               request.pattern.required_values());
  if (!blocks) return refuse(blocks.error());
  sort_blocks(*blocks, request.end);

  std::optional<std::int64_t> frontier;
  const std::int64_t begin =
      blocks->empty() ? 0 : std::max(search.range.from, blocks->front().first);
  const auto wants = [&](const store::BlockInfo& block) {
    if (request.out_of_time && block.first > begin && request.out_of_time()) {
      frontier = block.first;
      return false;
    }
    const std::lock_guard lock(search.mutex);
    const auto& cut = search.page.cut();
    if (!cut) return true;
    return request.end == PageEnd::Oldest ? block.first <= cut->timestamp
                                          : block.last >= cut->timestamp;
  };
  scan_blocks(catalog, *blocks, {.workers = request.workers, .wants = wants, .make_visitor = [&] {
                                   return std::make_unique<PageVisitor>(search);
                                 }});
  return finish_page(search, frontier);
}

}  // namespace dn::logs
