#include "logs/testing/memory_catalog.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/check.h"
#include "store/log_line.h"

namespace dn::logs::testing {
namespace {

using store::CatalogError;
using store::CatalogFailure;

tl::unexpected<CatalogError> refused(CatalogFailure kind) {
  return tl::unexpected(CatalogError{kind, ""});
}

store::LineFacts facts_of(std::string_view line) {
  const auto facts = store::read_line_facts(line.substr(0, line.size() - 1));
  DN_CHECK(facts.has_value(), "only good lines are put here");
  return *facts;
}

}  // namespace

MemoryCatalog::MemoryCatalog(MemorySettings settings) : settings_(settings) {
  for (const std::string_view stream : {"flow", "config"}) {
    groups_[std::string(store::kOwnGroup)].streams[std::string(stream)].id = next_id_++;
  }
}

bool MemoryCatalog::is_taken(std::string_view group, std::string_view stream) const {
  return settings_.own_streams_taken && group == store::kOwnGroup &&
         (stream == "flow" || stream == "config" || stream.empty());
}

std::vector<store::GroupInfo> MemoryCatalog::groups() const {
  const std::lock_guard lock(mutex_);
  std::vector<store::GroupInfo> found;
  for (const auto& [name, group] : groups_) {
    store::GroupInfo info;
    info.name = name;
    info.created = created;
    info.retention_days = group.retention;
    for (const auto& [stream_name, stream] : group.streams) {
      each_block(stream, [&](const store::BlockInfo& block, std::string_view) {
        info.stored_bytes += block.bytes;
      });
    }
    found.push_back(std::move(info));
  }
  return found;
}

store::CatalogResult<std::vector<store::StreamInfo>> MemoryCatalog::streams(
    std::string_view group) const {
  const std::lock_guard lock(mutex_);
  const auto found = groups_.find(group);
  if (found == groups_.end()) return refused(CatalogFailure::NoSuchGroup);
  std::vector<store::StreamInfo> infos;
  for (const auto& [name, stream] : found->second.streams) {
    store::StreamInfo info;
    info.name = name;
    info.id = stream.id;
    info.created = created;
    each_block(stream, [&](const store::BlockInfo& block, std::string_view) {
      info.first_timestamp = std::min(info.first_timestamp.value_or(block.first), block.first);
      info.last_timestamp = std::max(info.last_timestamp.value_or(block.last), block.last);
      info.last_ingestion = stream.last_ingestion;
    });
    infos.push_back(std::move(info));
  }
  return infos;
}

store::CatalogResult<void> MemoryCatalog::create_group(std::string_view group) {
  const std::lock_guard lock(mutex_);
  if (disk_fails) return refused(CatalogFailure::Disk);
  if (!groups_.try_emplace(std::string(group)).second) return refused(CatalogFailure::Exists);
  return {};
}

store::CatalogResult<void> MemoryCatalog::create_stream(std::string_view group,
                                                        std::string_view stream) {
  const std::lock_guard lock(mutex_);
  if (disk_fails) return refused(CatalogFailure::Disk);
  const auto found = groups_.find(group);
  if (found == groups_.end()) return refused(CatalogFailure::NoSuchGroup);
  const auto [made, fresh] = found->second.streams.try_emplace(std::string(stream));
  if (!fresh) return refused(CatalogFailure::Exists);
  made->second.id = next_id_++;
  return {};
}

store::CatalogResult<void> MemoryCatalog::delete_group(std::string_view group) {
  const std::lock_guard lock(mutex_);
  if (is_taken(group, "")) return refused(CatalogFailure::NotOurs);
  const auto found = groups_.find(group);
  if (found == groups_.end()) return refused(CatalogFailure::NoSuchGroup);
  groups_.erase(found);
  return {};
}

store::CatalogResult<void> MemoryCatalog::delete_stream(std::string_view group,
                                                        std::string_view stream) {
  const std::lock_guard lock(mutex_);
  if (is_taken(group, stream)) return refused(CatalogFailure::NotOurs);
  Stream* found = nullptr;
  if (auto result = find(group, stream, found); !result) return result;
  auto& streams = groups_.find(group)->second.streams;
  streams.erase(streams.find(stream));
  return {};
}

store::CatalogResult<void> MemoryCatalog::set_retention(std::string_view group,
                                                        std::optional<int> days) {
  const std::lock_guard lock(mutex_);
  const auto found = groups_.find(group);
  if (found == groups_.end()) return refused(CatalogFailure::NoSuchGroup);
  found->second.retention = days;
  return {};
}

store::CatalogResult<std::optional<int>> MemoryCatalog::retention(std::string_view group) const {
  const std::lock_guard lock(mutex_);
  const auto found = groups_.find(group);
  if (found == groups_.end()) return refused(CatalogFailure::NoSuchGroup);
  return found->second.retention;
}

store::CatalogResult<void> MemoryCatalog::find(std::string_view group, std::string_view stream,
                                               Stream*& found) {
  const auto in = groups_.find(group);
  if (in == groups_.end()) return refused(CatalogFailure::NoSuchGroup);
  const auto at = in->second.streams.find(stream);
  if (at == in->second.streams.end()) return refused(CatalogFailure::NoSuchStream);
  found = &at->second;
  return {};
}

void MemoryCatalog::append(Stream& stream, std::string line) {
  if (stream.segments.empty() || stream.segments.back().size() == settings_.segment_events) {
    stream.segments.emplace_back();
  }
  stream.segments.back().push_back(std::move(line));
}

store::CatalogResult<void> MemoryCatalog::put(std::string_view group, std::string_view stream,
                                              std::span<const store::NewEvent> events,
                                              std::int64_t ingestion) {
  const std::lock_guard lock(mutex_);
  if (is_taken(group, stream)) return refused(CatalogFailure::NotOurs);
  if (disk_fails) return refused(CatalogFailure::Disk);
  Stream* found = nullptr;
  if (auto result = find(group, stream, found); !result) return result;
  for (const store::NewEvent& event : events) {
    std::string line;
    store::append_line(line, event.timestamp, ingestion, event.message);
    append(*found, std::move(line));
    found->last_ingestion = ingestion;
  }
  return {};
}

void MemoryCatalog::append_own(std::string_view stream, std::string_view line) {
  const std::lock_guard lock(mutex_);
  Stream* found = nullptr;
  DN_CHECK(find(store::kOwnGroup, stream, found).has_value(), "flow or config");
  append(*found, std::string(line) + "\n");
}

template <class Use>
void MemoryCatalog::each_block(const Stream& stream, Use use) const {
  for (std::size_t segment = 0; segment < stream.segments.size(); ++segment) {
    const auto& lines = stream.segments[segment];
    std::uint64_t offset = 0;
    for (std::size_t begin = 0; begin < lines.size(); begin += settings_.block_events) {
      store::BlockInfo block{.stream = stream.id,
                             .segment = segment + 1,
                             .offset = offset,
                             .bytes = 0,
                             .first = INT64_MAX,
                             .last = INT64_MIN,
                             .plain = true};
      std::string text;
      for (std::size_t i = begin; i < std::min(begin + settings_.block_events, lines.size()); ++i) {
        const store::LineFacts facts = facts_of(lines[i]);
        text += lines[i];
        block.first = std::min(block.first, facts.timestamp);
        block.last = std::max(block.last, facts.timestamp);
        block.plain = block.plain && facts.plain;
      }
      block.bytes = text.size();
      offset += text.size();
      use(block, text);
    }
  }
}

store::CatalogResult<std::vector<store::BlockInfo>> MemoryCatalog::blocks(
    std::string_view group, std::span<const std::string> streams, store::TimeRange range,
    const records::RequiredValues& /*required*/) const {
  const std::lock_guard lock(mutex_);
  const auto found = groups_.find(group);
  if (found == groups_.end()) return refused(CatalogFailure::NoSuchGroup);
  std::vector<store::BlockInfo> blocks;
  for (const auto& [name, stream] : found->second.streams) {
    if (!streams.empty() && std::ranges::find(streams, name) == streams.end()) continue;
    each_block(stream, [&](const store::BlockInfo& block, std::string_view) {
      if (block.last >= range.from && block.first <= range.to) blocks.push_back(block);
    });
  }
  std::ranges::sort(blocks, {}, &store::BlockInfo::first);
  return blocks;
}

Result<void> MemoryCatalog::load(const store::BlockInfo& block, store::LoadedBlock& into) const {
  if (loads && !loads(block)) return fail("as the test wants");
  ++loaded;
  const std::lock_guard lock(mutex_);
  for (const auto& [group_name, group] : groups_) {
    for (const auto& [name, stream] : group.streams) {
      if (stream.id != block.stream) continue;
      bool done = false;
      each_block(stream, [&](const store::BlockInfo& info, std::string_view text) {
        if (info.segment != block.segment || info.offset != block.offset) return;
        // What was appended since the block was listed is not part of it.
        into = store::LoadedBlock::from_text_for_test(block, text.substr(0, block.bytes));
        done = true;
      });
      if (done) return {};
    }
  }
  return fail("gone");
}

}  // namespace dn::logs::testing
