#include "store/catalog_stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace dn::store {
namespace {

tl::unexpected<CatalogError> refuse(CatalogFailure kind, std::string message) {
  return tl::unexpected<CatalogError>(CatalogError{kind, std::move(message)});
}

}  // namespace

CatalogStream::CatalogStream(std::string name, std::uint64_t id, std::filesystem::path directory,
                             std::int64_t created, const SegmentLimits& limits, FileCalls& calls)
    : name_(std::move(name)),
      id_(id),
      directory_(std::move(directory)),
      created_(created),
      limits_(limits),
      calls_(calls),
      reader_(directory_, id) {}

Result<void> CatalogStream::refresh() {
  const std::scoped_lock lock(appending_);
  return reader_.refresh();
}

StreamInfo CatalogStream::info() const {
  const StreamSummary summary = reader_.summary();
  StreamInfo info;
  info.name = name_;
  info.id = id_;
  info.created = created_;
  info.first_timestamp = summary.first;
  info.last_timestamp = summary.last;
  info.last_ingestion = summary.last_ingestion;
  if (const auto segments = reader_.segments(); created_ == 0 && !segments.empty()) {
    info.created = segments.front().name.begun.time_since_epoch().count();
  }
  return info;
}

CatalogResult<void> CatalogStream::open_log() {
  if (log_) return {};
  // The log would make a directory that another process has deleted.
  std::error_code ignored;
  if (!std::filesystem::is_directory(std::filesystem::symlink_status(directory_, ignored))) {
    return refuse(CatalogFailure::NoSuchStream, "the stream was deleted");
  }
  auto log = std::make_unique<SegmentedLog>(directory_, limits_, calls_);
  if (auto opened = log->open(); !opened) {
    return refuse(log->taken_by_another() ? CatalogFailure::NotOurs : CatalogFailure::Disk,
                  opened.error().message);
  }
  log_ = std::move(log);
  return {};
}

CatalogResult<void> CatalogStream::append(std::string_view lines, const Now& now) {
  const std::scoped_lock lock(appending_);
  if (gone_) return refuse(CatalogFailure::NoSuchStream, "the stream was deleted");
  if (auto opened = open_log(); !opened) return opened;
  for_upkeep_ = false;
  if (!log_->append_all(lines, now)) return refuse(CatalogFailure::Disk, log_->last_error());
  return {};
}

bool CatalogStream::try_close() {
  const std::unique_lock upkeep(upkeep_, std::try_to_lock);
  if (!upkeep.owns_lock()) return false;
  const std::unique_lock appending(appending_, std::try_to_lock);
  if (!appending.owns_lock()) return false;
  log_.reset();
  return true;
}

bool CatalogStream::tidy(const Now& now, std::optional<int> retention_days) {
  const std::unique_lock upkeep(upkeep_, std::try_to_lock);
  if (!upkeep.owns_lock()) return false;
  SegmentedLog* log = nullptr;
  {
    const std::scoped_lock lock(appending_);
    if (gone_ || !reader_.refresh()) return false;
    if (!log_) {
      if (!upkeep_due(now, retention_days) || !open_log()) return false;  // or others write there
      for_upkeep_ = true;
    }
    log = log_.get();
    log->tidy(now);
    for (const SegmentSummary& segment : reader_.segments()) {
      if (expired(segment, now, retention_days)) log->remove(segment.name.number);
    }
  }
  while (log->compress_one(now, stop_)) {
  }
  const std::scoped_lock lock(appending_);
  if (for_upkeep_) log_.reset();
  return log_ != nullptr;
}

// What a writer would do if there were one.
bool CatalogStream::upkeep_due(const Now& now, std::optional<int> retention_days) const {
  const auto segments = reader_.segments();
  std::uint64_t bytes = 0;
  for (const SegmentSummary& segment : segments) {
    const bool newest = &segment == &segments.back();
    const WallTime::duration age = now.wall - segment.name.begun;
    if (!segment.compressed && (!newest || age >= limits_.segment_age)) return true;
    if (!newest && expired(segment, now, retention_days)) return true;
    if (!newest && now.wall_trusted && age > limits_.keep_age) return true;
    bytes += segment.bytes;
  }
  return segments.size() > 1 && bytes > limits_.keep_bytes;
}

// Events may be older than the segment that holds them, and newer than its name.
bool CatalogStream::expired(const SegmentSummary& segment, const Now& now,
                            std::optional<int> days) const {
  if (!days || !now.wall_trusted) return false;
  const WallTime limit = now.wall - std::chrono::days(*days);
  const std::int64_t last = segment.last.value_or(segment.name.begun.time_since_epoch().count());
  return last < limit.time_since_epoch().count();
}

CatalogResult<void> CatalogStream::destroy(const std::function<Result<void>()>& remove) {
  stop_ = true;
  const std::scoped_lock upkeep(upkeep_);
  const std::scoped_lock appending(appending_);
  stop_ = false;
  if (gone_) return {};
  if (auto opened = open_log(); !opened) return opened;
  const Result<void> removed = remove();
  log_.reset();
  if (!removed) return refuse(CatalogFailure::Disk, removed.error().message);
  gone_ = true;
  return {};
}

}  // namespace dn::store
