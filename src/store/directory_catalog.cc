#include "store/directory_catalog.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <tuple>
#include <utility>

#include "store/catalog_disk.h"
#include "store/directory_names.h"
#include "store/log_line.h"

namespace dn::store {
namespace {

constexpr std::array<std::string_view, 3> kOwnStreams = {"flow", "config", "metrics"};

tl::unexpected<CatalogError> refuse(CatalogFailure kind, std::string message) {
  return tl::unexpected<CatalogError>(CatalogError{kind, std::move(message)});
}

tl::unexpected<CatalogError> cannot_create(const std::filesystem::path& path,
                                           std::error_code error) {
  return refuse(CatalogFailure::Disk,
                fmt::format("cannot create {}: {}", path.string(), error.message()));
}

tl::unexpected<CatalogError> no_such_group(std::string_view group) {
  return refuse(CatalogFailure::NoSuchGroup, fmt::format("there is no group {}", group));
}

CatalogResult<void> check_name(std::string_view name) {
  if (!name.empty() && name.size() <= kNameBytesMax) return {};
  return refuse(CatalogFailure::Refused,
                fmt::format("a name has 1 to {} bytes, this one {}", kNameBytesMax, name.size()));
}

}  // namespace

DirectoryCatalog::DirectoryCatalog(CatalogSettings settings) : settings_(std::move(settings)) {}

Result<void> DirectoryCatalog::open() {
  std::error_code error;
  if (settings_.writable) std::filesystem::create_directories(settings_.directory, error);
  if (error || !std::filesystem::is_directory(settings_.directory, error)) {
    return fail(fmt::format("{} is not a directory with logs", settings_.directory.string()));
  }
  const std::scoped_lock lock(mutex_);
  look_for_groups();
  if (!settings_.writable) return {};
  // What a deletion that did not come to its end has left.
  std::vector<std::filesystem::path> places = {groups_directory()};
  for (const auto& [name, group] : groups_) places.push_back(group.directory);
  for (const auto& place : places) {
    const auto entries = list_directory(place.string());
    if (!entries) continue;
    for (const DirectoryEntry& entry : *entries) {
      if (!entry.is_directory || !entry.name.starts_with(kDeletedPrefix)) continue;
      auto removed = remove_directory_of_files((place / entry.name).string());
      if (!removed) problems_.add(removed.error().message);
    }
  }
  return {};
}

// -- the list, with mutex_ held -------------------------------------------------------------------

void DirectoryCatalog::look_for_groups() const {
  std::vector<std::string> found = {std::string(kOwnGroup)};
  const auto entries = list_directory(groups_directory().string());
  if (!entries) return problems_.add(entries.error().message);
  for (const DirectoryEntry& entry : *entries) {
    if (!entry.is_directory || entry.name.starts_with('.')) continue;
    auto record = identify(groups_directory() / entry.name, kGroupRecord);
    if (record) {
      found.push_back(std::move(record->name));
    } else {
      problems_.add(fmt::format("{} is passed over: it has no name",
                                (groups_directory() / entry.name).string()));
    }
  }
  std::ranges::sort(found);
  std::vector<std::string> lost;
  for (const auto& [name, group] : groups_) {
    if (!std::ranges::binary_search(found, name)) lost.push_back(name);
  }
  for (const std::string& name : lost) drop_group(name);
  for (const std::string& name : found) look_for(name);
}

DirectoryCatalog::Group* DirectoryCatalog::look_for(std::string_view name) const {
  const std::filesystem::path directory = directory_of(name);
  const bool own = name == kOwnGroup;
  const bool exists =
      is_real_directory(directory) || (own && std::ranges::any_of(kOwnStreams, [&](auto stream) {
                                         return has_own_stream(stream);
                                       }));
  auto known = groups_.find(name);
  if (!exists) {
    if (known != groups_.end()) drop_group(known->first);
    return nullptr;
  }
  auto record = identify(directory, kGroupRecord);
  if (!record || record->name != name) return nullptr;
  if (known == groups_.end()) {
    if (groups_.size() >= settings_.groups_max) {
      problems_.add(fmt::format("{} is passed over: more than {} groups", directory.string(),
                                settings_.groups_max));
      return nullptr;
    }
    known = groups_.emplace(record->name, Group{}).first;
    known->second.directory = directory;
  }
  known->second.record = *std::move(record);
  if (!look_for_streams(known->second)) return nullptr;
  return &known->second;
}

bool DirectoryCatalog::look_for_streams(Group& group) const {
  const auto entries = list_directory(group.directory.string());
  if (!entries) {
    problems_.add(entries.error().message);
    return false;
  }
  std::vector<std::string> found;
  for (const DirectoryEntry& entry : *entries) {
    if (!entry.is_directory || entry.name.starts_with('.')) continue;
    auto name = decode_directory_name(entry.name);
    if (!name) {
      const auto record = identify(group.directory / entry.name, kStreamRecord);
      if (!record) continue;
      name = record->name;
    }
    if (is_own(group.record.name, *name)) continue;  // DIR/flow is the one
    add_stream(group, *name, group.directory / entry.name);
    found.push_back(*std::move(name));
  }
  if (group.record.name == kOwnGroup) {
    for (const std::string_view stream : kOwnStreams) {
      if (!has_own_stream(stream)) continue;
      add_stream(group, std::string(stream), directory_of(group, stream));
      found.emplace_back(stream);
    }
  }
  std::ranges::sort(found);
  std::vector<std::string> lost;
  for (const auto& [name, stream] : group.streams) {
    if (!std::ranges::binary_search(found, name)) lost.push_back(name);
  }
  for (const std::string& name : lost) drop_stream(group, name);
  return true;
}

void DirectoryCatalog::add_stream(Group& group, std::string name,
                                  std::filesystem::path directory) const {
  if (group.streams.contains(name)) return;
  const std::uint64_t id = stream_id(group.record.name, name);
  if (by_id_.size() >= settings_.streams_max || by_id_.contains(id)) {
    return problems_.add(fmt::format(
        "{} is passed over: {}", directory.string(),
        by_id_.contains(id) ? "another stream has its id" : "there are too many streams"));
  }
  const auto record = read_record(directory / kStreamRecord);
  auto stream =
      std::make_shared<CatalogStream>(name, id, std::move(directory), record ? record->created : 0,
                                      settings_.segments, *settings_.calls);
  by_id_.emplace(id, stream);
  group.streams.emplace(std::move(name), std::move(stream));
}

void DirectoryCatalog::drop_stream(Group& group, const std::string& name) const {
  const auto stream = group.streams.find(name);
  if (stream == group.streams.end()) return;
  by_id_.erase(stream->second->id());
  group.streams.erase(stream);
}

void DirectoryCatalog::drop_group(const std::string& name) const {
  const auto group = groups_.find(name);
  for (const auto& [stream, pointer] : group->second.streams) by_id_.erase(pointer->id());
  groups_.erase(group);
}

// -- names and permissions ------------------------------------------------------------------------

std::filesystem::path DirectoryCatalog::directory_of(std::string_view group) const {
  return groups_directory() / encode_directory_name(group);
}

std::filesystem::path DirectoryCatalog::directory_of(const Group& group,
                                                     std::string_view stream) const {
  if (!is_own(group.record.name, stream)) return group.directory / encode_directory_name(stream);
  // These names are not a stranger's, and an operator may have put them on another disk.
  std::error_code error;
  const auto resolved = std::filesystem::canonical(settings_.directory / stream, error);
  return error ? settings_.directory / stream : resolved;
}

bool DirectoryCatalog::has_own_stream(std::string_view stream) const {
  std::error_code ignored;
  return std::filesystem::is_directory(settings_.directory / stream, ignored);
}

bool DirectoryCatalog::is_own(std::string_view group, std::string_view stream) const {
  return group == kOwnGroup && std::ranges::find(kOwnStreams, stream) != kOwnStreams.end();
}

std::int64_t DirectoryCatalog::now_ms() const {
  return settings_.clock().wall.time_since_epoch().count();
}

CatalogResult<void> DirectoryCatalog::may_write(std::string_view group,
                                                std::string_view stream) const {
  if (!settings_.writable) {
    return refuse(CatalogFailure::NotOurs, "the logs were opened for reading only");
  }
  if (settings_.own_streams_taken && is_own(group, stream)) {
    return refuse(CatalogFailure::NotOurs, fmt::format("the gateway writes {} itself", stream));
  }
  return {};
}

CatalogResult<DirectoryCatalog::StreamPointer> DirectoryCatalog::find(
    std::string_view group, std::string_view stream) const {
  const std::scoped_lock lock(mutex_);
  for (const bool look : {false, true}) {
    if (look && look_for(group) == nullptr) break;
    const auto known = groups_.find(group);
    if (known == groups_.end()) continue;
    const auto found = known->second.streams.find(stream);
    if (found != known->second.streams.end()) return found->second;
  }
  if (!groups_.contains(group)) return no_such_group(group);
  return refuse(CatalogFailure::NoSuchStream,
                fmt::format("there is no stream {} in group {}", stream, group));
}

// -- lists ----------------------------------------------------------------------------------------

std::vector<GroupInfo> DirectoryCatalog::groups() const {
  std::vector<GroupInfo> infos;
  std::vector<std::vector<StreamPointer>> streams;
  {
    const std::scoped_lock lock(mutex_);
    look_for_groups();
    for (const auto& [name, group] : groups_) {
      infos.push_back({name, group.record.created, group.record.retention_days, 0});
      auto& pointers = streams.emplace_back();
      for (const auto& [stream, pointer] : group.streams) pointers.push_back(pointer);
    }
  }
  for (std::size_t i = 0; i < infos.size(); ++i) {
    for (const StreamPointer& stream : streams[i]) {
      if (!stream->refresh()) continue;
      infos[i].stored_bytes += stream->reader().summary().bytes;
      const std::int64_t created = stream->info().created;
      if (infos[i].created == 0 || (created > 0 && infos[i].name == kOwnGroup)) {
        infos[i].created = infos[i].created == 0 ? created : std::min(infos[i].created, created);
      }
    }
  }
  return infos;
}

CatalogResult<std::vector<StreamInfo>> DirectoryCatalog::streams(std::string_view group) const {
  std::vector<StreamPointer> pointers;
  {
    const std::scoped_lock lock(mutex_);
    const Group* const found = look_for(group);
    if (found == nullptr) return no_such_group(group);
    for (const auto& [name, stream] : found->streams) pointers.push_back(stream);
  }
  std::vector<StreamInfo> infos;
  for (const StreamPointer& stream : pointers) {
    if (auto refreshed = stream->refresh(); !refreshed) {
      return refuse(CatalogFailure::Disk, refreshed.error().message);
    }
    infos.push_back(stream->info());
  }
  return infos;
}

// -- changes --------------------------------------------------------------------------------------

CatalogResult<void> DirectoryCatalog::create_group(std::string_view group) {
  if (auto may = may_write(group); !may) return may;
  if (auto named = check_name(group); !named) return named;
  const std::scoped_lock structure(structure_);
  const std::scoped_lock lock(mutex_);
  if (look_for(group) != nullptr) {
    return refuse(CatalogFailure::Exists, fmt::format("there is a group {} already", group));
  }
  if (groups_.size() >= settings_.groups_max) {
    return refuse(CatalogFailure::Refused,
                  fmt::format("there are {} groups, the most that are kept", groups_.size()));
  }
  const std::filesystem::path directory = directory_of(group);
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) return cannot_create(directory, error);
  CatalogRecord record;
  record.name = group;
  record.created = now_ms();
  if (auto written = write_record(directory, kGroupRecord, record, *settings_.calls); !written) {
    ::rmdir(directory.c_str());
    return refuse(CatalogFailure::Disk, written.error().message);
  }
  look_for(group);
  return {};
}

// Looks at the one directory only: listing the group each time would make many streams slow.
CatalogResult<void> DirectoryCatalog::create_stream(std::string_view group,
                                                    std::string_view stream) {
  if (auto may = may_write(group); !may) return may;
  if (auto named = check_name(stream); !named) return named;
  const std::scoped_lock structure(structure_);
  const std::scoped_lock lock(mutex_);
  const auto known = groups_.find(group);
  Group* const found = known == groups_.end() ? look_for(group) : &known->second;
  if (found == nullptr) return no_such_group(group);
  const std::filesystem::path directory = directory_of(*found, stream);
  if (is_real_directory(directory) || found->streams.contains(stream)) {
    return refuse(CatalogFailure::Exists, fmt::format("there is a stream {} already", stream));
  }
  if (auto may = may_write(group, stream); !may) return may;
  if (by_id_.size() >= settings_.streams_max) {
    return refuse(CatalogFailure::Refused,
                  fmt::format("there are {} streams, the most that are kept", by_id_.size()));
  }
  if (by_id_.contains(stream_id(group, stream))) {
    return refuse(CatalogFailure::Refused, "the name collides with another; choose another name");
  }
  std::error_code error;
  if (group == kOwnGroup) std::filesystem::create_directories(found->directory, error);
  std::filesystem::create_directory(directory, error);
  if (error == std::errc::no_such_file_or_directory) return no_such_group(group);
  if (error) return cannot_create(directory, error);
  CatalogRecord record;
  record.name = stream;
  record.created = now_ms();
  if (auto written = write_record(directory, kStreamRecord, record, *settings_.calls); !written) {
    ::rmdir(directory.c_str());
    return refuse(CatalogFailure::Disk, written.error().message);
  }
  add_stream(*found, std::string(stream), directory);
  return {};
}

CatalogResult<void> DirectoryCatalog::set_retention(std::string_view group,
                                                    std::optional<int> days) {
  if (auto may = may_write(group); !may) return may;
  if (settings_.own_streams_taken && group == kOwnGroup) {
    return refuse(CatalogFailure::NotOurs,
                  "the gateway's own logs are kept as log_keep_age and log_keep_bytes say");
  }
  if (days && *days < 1) return refuse(CatalogFailure::Refused, "retention is at least one day");
  const std::scoped_lock structure(structure_);
  const std::scoped_lock lock(mutex_);
  Group* const found = look_for(group);
  if (found == nullptr) return no_such_group(group);
  std::error_code error;
  std::filesystem::create_directories(found->directory, error);
  CatalogRecord record = found->record;
  record.retention_days = days;
  if (auto written = write_record(found->directory, kGroupRecord, record, *settings_.calls);
      !written) {
    return refuse(CatalogFailure::Disk, written.error().message);
  }
  found->record = record;
  return {};
}

CatalogResult<std::optional<int>> DirectoryCatalog::retention(std::string_view group) const {
  const std::scoped_lock lock(mutex_);
  if (const auto known = groups_.find(group); known != groups_.end()) {
    return known->second.record.retention_days;
  }
  const Group* const found = look_for(group);
  if (found == nullptr) return no_such_group(group);
  return found->record.retention_days;
}

// A name in the same directory that no list shows.
std::filesystem::path DirectoryCatalog::hidden_name(const std::filesystem::path& beside) {
  std::filesystem::path hidden;
  struct stat ignored = {};
  do {
    hidden =
        beside.parent_path() / fmt::format("{}{}-{}", kDeletedPrefix, ::getpid(), ++hidden_count_);
  } while (::lstat(hidden.c_str(), &ignored) == 0);
  return hidden;
}

CatalogResult<void> DirectoryCatalog::destroy(StreamPointer stream, bool own) {
  const std::filesystem::path directory = stream->directory();
  const auto remove = [&]() -> Result<void> {
    if (own) return remove_own_stream(directory, *settings_.calls);
    const std::filesystem::path hidden = hidden_name(directory);
    if (settings_.calls->rename(directory.string(), hidden.string()) != 0) {
      return cannot("delete", directory);
    }
    auto removed = remove_directory_of_files(hidden.string());
    const std::scoped_lock lock(mutex_);
    if (!removed) problems_.add(removed.error().message);  // out of sight all the same
    return {};
  };
  return stream->destroy(remove);
}

// With structure_ held.
CatalogResult<void> DirectoryCatalog::remove_stream(std::string_view group,
                                                    std::string_view stream) {
  auto found = find(group, stream);
  if (!found) return tl::unexpected(found.error());
  {
    const std::scoped_lock lock(open_mutex_);
    open_.remove(*found);
  }
  if (auto destroyed = destroy(*found, is_own(group, stream)); !destroyed) return destroyed;
  const std::scoped_lock lock(mutex_);
  if (const auto known = groups_.find(group); known != groups_.end()) {
    drop_stream(known->second, std::string(stream));
  }
  return {};
}

CatalogResult<void> DirectoryCatalog::delete_stream(std::string_view group,
                                                    std::string_view stream) {
  if (auto may = may_write(group, stream); !may) return may;
  const std::scoped_lock structure(structure_);
  return remove_stream(group, stream);
}

CatalogResult<void> DirectoryCatalog::delete_group(std::string_view group) {
  if (auto may = may_write(group, group == kOwnGroup ? kOwnStreams[0] : ""); !may) return may;
  const std::scoped_lock structure(structure_);
  std::vector<std::string> names;
  std::filesystem::path directory;
  {
    const std::scoped_lock lock(mutex_);
    const Group* const found = look_for(group);
    if (found == nullptr) return no_such_group(group);
    directory = found->directory;
    for (const auto& [name, stream] : found->streams) names.push_back(name);
  }
  for (const std::string& name : names) {
    auto removed = remove_stream(group, name);
    if (!removed && removed.error().kind != CatalogFailure::NoSuchStream) return removed;
  }
  const std::scoped_lock lock(mutex_);
  auto removed = remove_directory_of_files(directory.string());
  if (!removed) return refuse(CatalogFailure::Disk, removed.error().message);
  if (groups_.contains(group)) drop_group(std::string(group));
  return {};
}

// -- events ---------------------------------------------------------------------------------------

CatalogResult<void> DirectoryCatalog::put(std::string_view group, std::string_view stream,
                                          std::span<const NewEvent> events,
                                          std::int64_t ingestion) {
  if (auto may = may_write(group, stream); !may) return may;
  auto found = find(group, stream);
  if (!found) return tl::unexpected(found.error());
  std::string lines;
  for (const NewEvent& event : events) {
    if (event.message.size() > kMessageBytesMax) {
      return refuse(CatalogFailure::Refused, fmt::format("a message has {} bytes, {} at most",
                                                         event.message.size(), kMessageBytesMax));
    }
    append_line(lines, event.timestamp, ingestion, event.message);
  }
  if (lines.empty()) return {};
  auto appended = (*found)->append(lines, settings_.clock());
  if (appended) remember_open(*found);
  return appended;
}

// Streams that are written have two descriptors open each.
void DirectoryCatalog::remember_open(const StreamPointer& stream) {
  const std::scoped_lock lock(open_mutex_);
  open_.remove(stream);
  open_.push_back(stream);
  for (auto oldest = open_.begin();
       open_.size() > settings_.open_streams_max && oldest != open_.end();) {
    oldest = (*oldest)->try_close() ? open_.erase(oldest) : std::next(oldest);
  }
}

CatalogResult<std::vector<BlockInfo>> DirectoryCatalog::blocks(
    std::string_view group, std::span<const std::string> streams, TimeRange range,
    const records::RequiredValues& required) const {
  std::vector<StreamPointer> pointers;
  {
    const std::scoped_lock lock(mutex_);
    const Group* const found = look_for(group);
    if (found == nullptr) return no_such_group(group);
    for (const std::string& name : streams) {
      const auto stream = found->streams.find(name);
      if (stream == found->streams.end()) {
        return refuse(CatalogFailure::NoSuchStream,
                      fmt::format("there is no stream {} in group {}", name, group));
      }
      if (std::ranges::find(pointers, stream->second) == pointers.end()) {
        pointers.push_back(stream->second);
      }
    }
    if (streams.empty()) {
      for (const auto& [name, stream] : found->streams) pointers.push_back(stream);
    }
  }
  std::vector<BlockInfo> blocks;
  for (const StreamPointer& stream : pointers) {
    if (auto refreshed = stream->refresh(); !refreshed) {
      return refuse(CatalogFailure::Disk, refreshed.error().message);
    }
    stream->reader().find_blocks(range, required, blocks);
  }
  std::ranges::sort(blocks, {}, [](const BlockInfo& block) {
    return std::tuple(block.first, block.stream, block.segment, block.offset);
  });
  return blocks;
}

Result<void> DirectoryCatalog::load(const BlockInfo& block, LoadedBlock& into) const {
  StreamPointer stream;
  {
    const std::scoped_lock lock(mutex_);
    const auto found = by_id_.find(block.stream);
    if (found == by_id_.end()) return fail("the stream is gone");
    stream = found->second;
  }
  return stream->reader().load(block, into);
}

void DirectoryCatalog::tidy() {
  if (!settings_.writable) return;
  std::vector<std::pair<StreamPointer, std::optional<int>>> streams;
  {
    const std::scoped_lock lock(mutex_);
    look_for_groups();
    for (const auto& [name, group] : groups_) {
      for (const auto& [stream, pointer] : group.streams) {
        if (settings_.own_streams_taken && is_own(name, stream)) continue;
        streams.emplace_back(pointer, group.record.retention_days);
      }
    }
  }
  for (const auto& [stream, days] : streams) {
    if (stream->tidy(settings_.clock(), days)) remember_open(stream);
  }
}

std::vector<std::string> DirectoryCatalog::take_problems() {
  std::vector<StreamPointer> streams;
  std::vector<std::string> problems;
  {
    const std::scoped_lock lock(mutex_);
    problems = problems_.take();
    for (const auto& [id, stream] : by_id_) streams.push_back(stream);
  }
  for (const StreamPointer& stream : streams) {
    for (std::string& problem : stream->reader().take_problems()) {
      problems.push_back(std::move(problem));
    }
  }
  return problems;
}

}  // namespace dn::store
