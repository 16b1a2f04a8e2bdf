#include "store/stream_reader.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "store/block_buffers.h"
#include "store/value_set.h"

namespace dn::store {
namespace {

constexpr std::size_t kScanBytes = 1UL << 20U;

HashedClauses hash_clauses(const records::RequiredValues& required) {
  HashedClauses clauses;
  for (const auto& texts : required) {
    const bool known = std::ranges::all_of(texts, [](const auto& t) { return may_be_indexed(t); });
    if (texts.empty() || texts.size() > kClauseTextsMax || !known) continue;
    if (clauses.size() == kClausesMax) break;
    auto& hashes = clauses.emplace_back();
    for (const std::string& text : texts) hashes.push_back(value_hash(text));
  }
  return clauses;
}

bool overlaps(const BlockFacts& facts, TimeRange range) {
  return facts.first <= facts.last && facts.first <= range.to && facts.last >= range.from;
}

// Which blocks of a group may hold what is required, of those in `wanted`.
std::uint64_t ask_filter(int file, const SegmentIndex& index, std::size_t group,
                         const HashedClauses& required, std::uint64_t wanted) {
  for (const auto& texts : required) {
    if (wanted == 0) return 0;
    std::uint64_t found = 0;
    for (const std::uint64_t hash : texts) {
      found |= read_filter(file, index, group, hash);
      if ((found & wanted) == wanted) break;
    }
    wanted &= found;
  }
  return wanted;
}

tl::unexpected<Error> cannot_open() {
  return fail(fmt::format("cannot open it: {}", std::generic_category().message(errno)));
}

// Feeds what a raw file has beyond what was read before.
bool read_appended(int file, GrowingBlocks& blocks) {
  std::string bytes;
  std::size_t have = 0;
  for (;;) {
    bytes.resize(have + kScanBytes);
    const ssize_t got =
        ::pread(file, bytes.data() + have, kScanBytes, static_cast<off_t>(blocks.read_to() + have));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return got == 0;
    have += static_cast<std::size_t>(got);
    const std::uint64_t before = blocks.read_to();
    blocks.add(std::string_view(bytes).substr(0, have));
    const std::size_t taken = blocks.read_to() - before;
    bytes.erase(0, taken);
    have -= taken;
    if (have > kBlockBytesMax) {
      blocks.pass_over(have);
      have = 0;
    }
  }
}

}  // namespace

StreamReader::StreamReader(std::filesystem::path directory, std::uint64_t id)
    : directory_(std::move(directory)),
      id_(id) {}

Result<void> StreamReader::refresh() {
  const std::scoped_lock lock(mutex_);
  const auto listed = list_segments(directory_.string());
  if (!listed) return tl::unexpected(listed.error());
  std::map<std::uint64_t, Segment> now;
  for (const ListedSegment& entry : *listed) {
    if (now.contains(entry.name.number)) {
      problems_.add(fmt::format("{} is passed over: another segment has its number",
                                path_of(entry.name, SegmentForm::Raw)));
      continue;
    }
    const auto known = segments_.find(entry.name.number);
    Segment segment;
    if (known != segments_.end() && known->second.name.begun == entry.name.begun) {
      segment = std::move(known->second);
    }
    segment.name = entry.name;
    if (!segment.index && entry.compressed) use_compressed(segment);
    if (!segment.index) use_raw(segment);
    now.emplace(entry.name.number, std::move(segment));
  }
  segments_ = std::move(now);
  return {};
}

bool StreamReader::use_compressed(Segment& segment) {
  if (segment.index_refused) return false;
  const std::string path = path_of(segment.name, SegmentForm::Compressed);
  const OpenFile file = open_for_reading(path);
  if (!file.is_open() && errno == ENOENT) return false;
  auto index = file.is_open() ? read_index(file.get()) : fail("it cannot be opened");
  if (!index) {
    segment.index_refused = true;
    problems_.add(fmt::format("{} is passed over: {}", path, index.error().message));
    return false;
  }
  segment.index = std::make_shared<const SegmentIndex>(*std::move(index));
  segment.raw = {};
  return true;
}

void StreamReader::use_raw(Segment& segment) {
  const std::string path = path_of(segment.name, SegmentForm::Raw);
  const OpenFile file = open_for_reading(path);
  if (!file.is_open()) {
    const int error = errno;
    if (error == ENOENT && use_compressed(segment)) return;  // just now
    segment.raw = {};
    if (error != ENOENT) {
      problems_.add(
          fmt::format("{} is passed over: {}", path, std::generic_category().message(error)));
    }
    return;
  }
  struct stat status = {};
  if (::fstat(file.get(), &status) == 0) {
    const auto bytes = static_cast<std::uint64_t>(status.st_size);
    if (bytes == segment.raw.read_to()) return;
    if (bytes < segment.raw.read_to()) segment.raw = {};  // lines were taken back
  }
  if (!read_appended(file.get(), segment.raw)) {
    problems_.add(fmt::format("{}: {}", path, std::generic_category().message(errno)));
  }
}

StreamSummary StreamReader::summary() const {
  const std::scoped_lock lock(mutex_);
  BlockFacts all;
  StreamSummary summary;
  const auto count = [&](const BlockFacts& facts) {
    summary.bytes += facts.bytes;
    all.first = std::min(all.first, facts.first);
    all.last = std::max(all.last, facts.last);
    all.last_ingestion = std::max(all.last_ingestion, facts.last_ingestion);
  };
  for (const auto& [number, segment] : segments_) {
    for (const BlockFacts& facts : segment.raw.blocks()) count(facts);
    if (!segment.index) continue;
    for (const CompressedBlock& block : segment.index->blocks) count(block.facts);
  }
  if (all.first > all.last) return summary;
  summary.first = all.first;
  summary.last = all.last;
  summary.last_ingestion = all.last_ingestion;
  return summary;
}

std::vector<SegmentSummary> StreamReader::segments() const {
  const std::scoped_lock lock(mutex_);
  std::vector<SegmentSummary> summaries;
  for (const auto& [number, segment] : segments_) {
    SegmentSummary summary;
    summary.name = segment.name;
    summary.compressed = segment.index != nullptr;
    const auto count = [&](const BlockFacts& facts) {
      summary.bytes += facts.bytes;
      if (facts.first <= facts.last) {
        summary.last = std::max(summary.last.value_or(facts.last), facts.last);
      }
    };
    for (const BlockFacts& facts : segment.raw.blocks()) count(facts);
    if (segment.index) {
      for (const CompressedBlock& block : segment.index->blocks) count(block.facts);
    }
    summaries.push_back(summary);
  }
  return summaries;
}

void StreamReader::find_blocks(TimeRange range, const records::RequiredValues& required,
                               std::vector<BlockInfo>& found) const {
  const HashedClauses clauses = hash_clauses(required);
  std::vector<Segment> indexed;
  {
    const std::scoped_lock lock(mutex_);
    for (const auto& [number, segment] : segments_) {
      if (segment.index) {
        indexed.push_back(segment);
        continue;
      }
      for (const BlockFacts& facts : segment.raw.blocks()) {
        if (overlaps(facts, range)) found.push_back(describe(segment, facts));
      }
    }
  }
  for (const Segment& segment : indexed) find_in_index(segment, range, clauses, found);
}

void StreamReader::find_in_index(const Segment& segment, TimeRange range,
                                 const HashedClauses& required,
                                 std::vector<BlockInfo>& found) const {
  const SegmentIndex& index = *segment.index;
  OpenFile file;
  for (std::size_t group = 0; group < index.groups.size(); ++group) {
    const std::size_t first = group * kBlocksPerGroup;
    const std::size_t blocks = std::min(kBlocksPerGroup, index.blocks.size() - first);
    std::uint64_t wanted = 0, unfiltered = 0;
    for (std::size_t i = 0; i < blocks; ++i) {
      if (!overlaps(index.blocks[first + i].facts, range)) continue;
      wanted |= 1UL << i;
      if (!index.blocks[first + i].filtered) unfiltered |= 1UL << i;
    }
    if (wanted != 0 && !required.empty()) {
      if (!file.is_open()) {
        file = open_for_reading(path_of(segment.name, SegmentForm::Compressed));
      }
      // Without the file, retention was faster or somebody will be told by load().
      if (file.is_open()) {
        wanted = ask_filter(file.get(), index, group, required, wanted) | (wanted & unfiltered);
      }
    }
    for (std::size_t i = 0; i < blocks; ++i) {
      if ((wanted >> i & 1U) != 0) {
        found.push_back(describe(segment, index.blocks[first + i].facts));
      }
    }
  }
}

void StreamReader::find_blocks_behind(std::uint64_t number, std::uint64_t offset, std::size_t most,
                                      std::vector<BlockInfo>& found) const {
  const std::scoped_lock lock(mutex_);
  for (auto at = segments_.lower_bound(number); at != segments_.end(); ++at) {
    const Segment& segment = at->second;
    const std::uint64_t from = at->first == number ? offset : 0;
    const auto take = [&](const BlockFacts& facts) {
      if (facts.offset + facts.bytes > from) found.push_back(describe(segment, facts));
      return found.size() < most;
    };
    if (segment.index) {
      for (const CompressedBlock& block : segment.index->blocks) {
        if (!take(block.facts)) return;
      }
      continue;
    }
    for (const BlockFacts& facts : segment.raw.blocks()) {
      if (!take(facts)) return;
    }
  }
}

Result<void> StreamReader::load(const BlockInfo& block, LoadedBlock& into) {
  into.info_ = block;
  into.lines_ = {};
  if (block.bytes > kBlockBytesMax) return fail("no block is so large");
  const auto segment = segment_of(block.segment);
  if (!segment) return fail("the segment is gone");
  BlockReader& reader = into.buffers_->reader;
  const auto keep = [&](Result<std::string_view> lines, SegmentForm form) -> Result<void> {
    if (!lines) {
      auto failed =
          fail(fmt::format("{}: {}", path_of(segment->name, form), lines.error().message));
      const std::scoped_lock lock(mutex_);
      problems_.add(failed.value().message);
      return failed;
    }
    into.lines_ = *lines;
    return {};
  };
  if (!segment->index) {
    const OpenFile raw = open_for_reading(path_of(segment->name, SegmentForm::Raw));
    if (raw.is_open()) {
      return keep(reader.read_raw(raw.get(), block.offset, block.bytes), SegmentForm::Raw);
    }
    if (errno != ENOENT) return keep(cannot_open(), SegmentForm::Raw);
  }
  const OpenFile file = open_for_reading(path_of(segment->name, SegmentForm::Compressed));
  if (!file.is_open() && errno == ENOENT) return fail("the segment is gone");
  if (!file.is_open()) return keep(cannot_open(), SegmentForm::Compressed);
  if (segment->index) {
    return keep(reader.read_compressed(file.get(), *segment->index, block.offset, block.bytes),
                SegmentForm::Compressed);
  }
  const auto index = read_index(file.get());
  if (!index) return fail(index.error().message);
  return keep(reader.read_compressed(file.get(), *index, block.offset, block.bytes),
              SegmentForm::Compressed);
}

std::optional<StreamReader::Opened> StreamReader::segment_of(std::uint64_t number) {
  for (int attempt = 0; attempt < 2; ++attempt) {
    {
      const std::scoped_lock lock(mutex_);
      const auto segment = segments_.find(number);
      if (segment != segments_.end()) return Opened{segment->second.name, segment->second.index};
    }
    if (attempt == 0 && !refresh()) return {};
  }
  return {};
}

std::vector<std::string> StreamReader::take_problems() {
  const std::scoped_lock lock(mutex_);
  return problems_.take();
}

std::string StreamReader::path_of(SegmentName name, SegmentForm form) const {
  return (directory_ / format_segment_file({name, form})).string();
}

BlockInfo StreamReader::describe(const Segment& segment, const BlockFacts& facts) const {
  return {.stream = id_,
          .segment = segment.name.number,
          .offset = facts.offset,
          .bytes = facts.bytes,
          .first = facts.first,
          .last = facts.last,
          .plain = facts.plain};
}

}  // namespace dn::store
