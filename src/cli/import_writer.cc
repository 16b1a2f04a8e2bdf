#include "cli/import_writer.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace dn::cli {
namespace {

// One write of the store: small, so that segments stay near their size.
constexpr std::size_t kPutBytes = 4UL << 20U;
constexpr std::size_t kPutEvents = 10'000;
// Closed segments are compressed after so much.
constexpr std::uint64_t kUpkeepBytes = 128UL << 20U;
constexpr std::string_view kDefaultStream = "flow";

struct Key {
  std::int64_t timestamp = 0;
  std::string_view message;
  bool operator==(const Key&) const = default;
};
struct KeyHash {
  std::size_t operator()(const Key& key) const {
    return std::hash<std::string_view>()(key.message) ^
           static_cast<std::size_t>(key.timestamp) * 0x9E3779B97F4A7C15ULL;
  }
};
struct Occurrences {
  std::size_t wanted = 0;   // in the input, by distinct ids
  std::size_t present = 0;  // in the store
  std::unordered_set<std::string_view> ids;
};
using Table = std::unordered_map<Key, Occurrences, KeyHash>;

// Whether the event is another one than those of the same key before it.
bool is_another(Occurrences& seen, const ImportedEvent& event) {
  return event.id.empty() || seen.ids.insert(event.id).second;
}

Result<void> count_present(const store::LogCatalog& catalog, const std::string& group,
                           const std::string& stream, store::TimeRange range, Table& table) {
  const std::array<std::string, 1> streams = {stream};
  const auto blocks = catalog.blocks(group, streams, range, {});
  if (!blocks) {
    const bool nothing = blocks.error().kind == store::CatalogFailure::NoSuchStream ||
                         blocks.error().kind == store::CatalogFailure::NoSuchGroup;
    if (nothing) return {};
    return fail(blocks.error().message);
  }
  store::LoadedBlock loaded;
  for (const store::BlockInfo& block : *blocks) {
    // What retention has deleted meanwhile is not there any more.
    if (!catalog.load(block, loaded)) continue;
    std::size_t at = 0;
    while (const auto event = loaded.next_event(at)) {
      const auto found = table.find({event->key.timestamp, event->message});
      if (found != table.end()) ++found->second.present;
    }
  }
  return {};
}

}  // namespace

ImportWriter::ImportWriter(store::LogCatalog& catalog, std::string group, std::string stream,
                           std::function<std::int64_t()> now_ms)
    : catalog_(catalog),
      group_(std::move(group)),
      stream_(std::move(stream)),
      now_ms_(std::move(now_ms)) {}

Result<void> ImportWriter::add(ImportedEvent event) {
  const bool full = batch_bytes_ >= kBatchBytes || batch_.size() >= kBatchEvents;
  const bool may_cut = !batch_.empty() && batch_.back().timestamp != event.timestamp;
  if (full && (may_cut || batch_.size() >= kBatchEventsMax)) {
    if (auto flushed = flush(); !flushed) return flushed;
  }
  if (!stream_.empty()) {
    event.stream = stream_;
  } else if (event.stream.empty()) {
    event.stream = kDefaultStream;
  }
  batch_bytes_ += event.message.size() + sizeof(ImportedEvent);
  batch_.push_back(std::move(event));
  return {};
}

Result<void> ImportWriter::flush() {
  // Elements of one vector: their addresses keep the order of the input.
  std::vector<const ImportedEvent*> sorted;
  sorted.reserve(batch_.size());
  for (const ImportedEvent& event : batch_) sorted.push_back(&event);
  std::ranges::sort(sorted, [](const ImportedEvent* a, const ImportedEvent* b) {
    return std::tie(a->stream, a->timestamp, a) < std::tie(b->stream, b->timestamp, b);
  });
  Result<void> written;
  for (auto begin = sorted.begin(); begin != sorted.end() && written;) {
    const auto end = std::find_if(begin, sorted.end(), [&](const ImportedEvent* event) {
      return event->stream != (*begin)->stream;
    });
    written = write_stream((*begin)->stream, Events(begin, end));
    begin = end;
  }
  batch_.clear();
  batch_bytes_ = 0;
  if (written && put_bytes_ >= kUpkeepBytes) {
    put_bytes_ = 0;
    catalog_.tidy();
  }
  return written;
}

Result<std::vector<store::NewEvent>> ImportWriter::find_new(const std::string& stream,
                                                            Events events) {
  Table table;
  table.reserve(events.size());
  for (const ImportedEvent* event : events) {
    Occurrences& seen = table[{event->timestamp, event->message}];
    if (is_another(seen, *event)) ++seen.wanted;
  }
  const store::TimeRange range{events.front()->timestamp, events.back()->timestamp};
  if (auto counted = count_present(catalog_, group_, stream, range, table); !counted) {
    return tl::unexpected(counted.error());
  }
  std::vector<store::NewEvent> fresh;
  for (const ImportedEvent* event : events) {
    Occurrences& seen = table[{event->timestamp, event->message}];
    if (seen.wanted <= seen.present) continue;
    --seen.wanted;
    fresh.push_back({event->timestamp, event->message});
  }
  return fresh;
}

Result<void> ImportWriter::write_stream(const std::string& stream, Events events) {
  const auto fresh = find_new(stream, events);
  if (!fresh) return tl::unexpected(fresh.error());
  if (!fresh->empty()) {
    if (auto made = make_stream(stream); !made) return made;
    if (auto stored = put(stream, *fresh); !stored) return stored;
  }
  ImportCounts& counts = counts_[stream];
  counts.present += events.size() - fresh->size();
  const std::int64_t first = events.front()->timestamp;
  const std::int64_t last = events.back()->timestamp;
  counts.first = std::min(counts.first.value_or(first), first);
  counts.last = std::max(counts.last.value_or(last), last);
  return {};
}

Result<void> ImportWriter::put(const std::string& stream, std::span<const store::NewEvent> events) {
  while (!events.empty()) {
    std::size_t count = 0;
    std::size_t bytes = 0;
    while (count < events.size() && count < kPutEvents && bytes < kPutBytes) {
      bytes += events[count++].message.size();
    }
    const auto stored = catalog_.put(group_, stream, events.first(count), now_ms_());
    if (!stored) return fail(stored.error().message);
    counts_[stream].stored += count;
    put_bytes_ += bytes;
    events = events.subspan(count);
  }
  return {};
}

// A group and a stream that are there already are fine.
Result<void> ImportWriter::make_stream(const std::string& stream) {
  if (counts_.contains(stream)) return {};
  const auto good = [](const store::CatalogResult<void>& made) {
    return made || made.error().kind == store::CatalogFailure::Exists;
  };
  if (const auto made = catalog_.create_group(group_); !good(made)) {
    return fail(made.error().message);
  }
  if (const auto made = catalog_.create_stream(group_, stream); !good(made)) {
    return fail(made.error().message);
  }
  return {};
}

}  // namespace dn::cli
