#include "store/segment_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <vector>

#include "store/line_blocks.h"

namespace dn::store {
namespace {

constexpr int kCompressionLevel = 3;
constexpr std::size_t kReadBytes = kBlockBytes;

std::string last_problem(std::string_view what) {
  return fmt::format("cannot {}: {}", what, std::generic_category().message(errno));
}

// Reads as much as there is, up to `size`; -1 on failure.
ssize_t read_at(int file, char* to, std::size_t size, std::uint64_t offset) {
  std::size_t done = 0;
  while (done < size) {
    const ssize_t got = ::pread(file, to + done, size - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return -1;
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return static_cast<ssize_t>(done);
}

// The raw segment as a moving window of unread bytes.
class RawWindow {
 public:
  explicit RawWindow(int file) : file_(file) {}

  std::string_view unread() const { return std::string_view(bytes_).substr(from_); }
  bool at_end() const { return at_end_; }
  void advance(std::size_t bytes) { from_ += bytes; }

  bool read_more() {
    bytes_.erase(0, from_);
    from_ = 0;
    const std::size_t have = bytes_.size();
    bytes_.resize(have + kReadBytes);
    const ssize_t got = read_at(file_, bytes_.data() + have, kReadBytes, read_to_);
    bytes_.resize(have + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (got < 0) return false;
    read_to_ += static_cast<std::uint64_t>(got);
    at_end_ = got < static_cast<ssize_t>(kReadBytes);
    return true;
  }

 private:
  int file_;
  std::string bytes_;
  std::size_t from_ = 0;
  std::uint64_t read_to_ = 0;
  bool at_end_ = false;
};

struct FreeContext {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

// Writes the compressed form of one segment.
class SegmentWriter {
 public:
  SegmentWriter(int file, FileCalls& calls)
      : file_(file),
        calls_(calls),
        context_(ZSTD_createCCtx()) {
    ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, kCompressionLevel);
    ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_checksumFlag, 1);
  }

  bool add_block(std::string_view lines) {
    CompressedBlock block;
    block.facts.offset = index_.bytes;
    values_.clear();
    for (std::string_view rest = lines; !rest.empty();) {
      const std::size_t line = rest.find('\n') + 1;
      scanner_.add_line(block.facts, rest.substr(0, line), &values_);
      rest.remove_prefix(line);
    }
    frame_.resize(ZSTD_compressBound(lines.size()));
    const std::size_t size =
        ZSTD_compress2(context_.get(), frame_.data(), frame_.size(), lines.data(), lines.size());
    if (ZSTD_isError(size) != 0) {
      problem_ = fmt::format("zstd: {}", ZSTD_getErrorName(size));
      return false;
    }
    block.frame_at = written_;
    block.frame_bytes = static_cast<std::uint32_t>(size);
    block.filtered = values_.complete();
    if (!write(std::string_view(frame_).substr(0, size))) return false;
    index_.bytes += lines.size();
    index_.blocks.push_back(block);
    group_.push_back(block.filtered ? values_.hashes() : std::vector<std::uint64_t>());
    return group_.size() < kBlocksPerGroup || end_group();
  }

  bool finish() {
    if (!group_.empty() && !end_group()) return false;
    if (!write(format_index(index_, written_))) return false;
    if (calls_.sync(file_) == 0) return true;
    problem_ = last_problem("sync the compressed segment");
    return false;
  }

  std::uint64_t written() const { return written_; }
  const std::string& problem() const { return problem_; }

 private:
  bool end_group() {
    const FilterRows filter = make_filter_rows(group_);
    const std::string header = format_skippable_header(filter.bytes.size());
    index_.groups.push_back({written_ + header.size(), static_cast<std::uint32_t>(filter.rows)});
    group_.clear();
    return write(header) && write(filter.bytes);
  }

  bool write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t wrote = calls_.write(file_, bytes);
      if (wrote > 0) {
        bytes.remove_prefix(static_cast<std::size_t>(wrote));
        written_ += static_cast<std::uint64_t>(wrote);
      } else if (wrote == 0 || errno != EINTR) {
        problem_ = last_problem("write the compressed segment");
        return false;
      }
    }
    return true;
  }

  int file_;
  FileCalls& calls_;
  std::unique_ptr<ZSTD_CCtx, FreeContext> context_;
  SegmentIndex index_;
  std::uint64_t written_ = 0;
  ValueSet values_;
  BlockScanner scanner_;
  std::string frame_;
  std::vector<std::vector<std::uint64_t>> group_;
  std::string problem_;
};

CompressionResult copy_blocks(int raw, SegmentWriter& writer, const std::atomic<bool>& stop) {
  RawWindow window(raw);
  for (;;) {
    if (stop.load(std::memory_order_relaxed)) return {.outcome = Compression::Stopped};
    const std::size_t block = first_block_bytes(window.unread(), window.at_end());
    if (block > kBlockBytesMax || (block == 0 && window.unread().size() > kBlockBytesMax)) {
      return {.outcome = Compression::Unfit, .problem = "a line of it is too long for a block"};
    }
    if (block > 0) {
      if (!writer.add_block(window.unread().substr(0, block))) break;
      window.advance(block);
    } else if (window.at_end()) {
      if (!writer.finish()) break;
      return {.outcome = Compression::Done, .file_bytes = writer.written()};
    } else if (!window.read_more()) {
      return {.problem = last_problem("read the raw segment")};
    }
  }
  return {.problem = writer.problem()};
}

}  // namespace

OpenFile::~OpenFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

OpenFile open_for_reading(const std::string& path) {
  OpenFile file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct stat status = {};
  if (file.is_open() && (::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode))) {
    errno = EINVAL;
    return {};
  }
  return file;
}

CompressionResult compress_segment(const std::string& raw, const std::string& partial,
                                   FileCalls& calls, const std::atomic<bool>& stop) {
  const OpenFile from = open_for_reading(raw);
  if (!from.is_open()) return {.problem = last_problem("open the raw segment")};
  const OpenFile to(calls.open(partial, O_WRONLY | O_CREAT | O_TRUNC));
  if (!to.is_open()) return {.problem = last_problem("create the compressed segment")};
  SegmentWriter writer(to.get(), calls);
  CompressionResult result = copy_blocks(from.get(), writer, stop);
  if (result.outcome != Compression::Done) calls.unlink(partial);
  return result;
}

Result<SegmentIndex> read_index(int file) {
  struct stat status = {};
  if (::fstat(file, &status) != 0) return fail(last_problem("look at it"));
  const auto size = static_cast<std::uint64_t>(status.st_size);
  std::string bytes(kIndexFooterBytes, '\0');
  if (size < bytes.size()) return fail("it has no index of ours at its end");
  if (read_at(file, bytes.data(), bytes.size(), size - bytes.size()) !=
      static_cast<ssize_t>(bytes.size())) {
    return fail(last_problem("read its end"));
  }
  const auto at = parse_index_footer(bytes, size);
  if (!at) return tl::unexpected(at.error());
  bytes.resize(size - *at);
  if (read_at(file, bytes.data(), bytes.size(), *at) != static_cast<ssize_t>(bytes.size())) {
    return fail(last_problem("read its index"));
  }
  return parse_index(bytes, *at);
}

struct BlockReader::Memory {
  std::unique_ptr<ZSTD_DCtx, FreeContext> context{ZSTD_createDCtx()};
  std::string frame, lines;
};

BlockReader::BlockReader() : memory_(std::make_unique<Memory>()) {}
BlockReader::~BlockReader() = default;
BlockReader::BlockReader(BlockReader&&) noexcept = default;
BlockReader& BlockReader::operator=(BlockReader&&) noexcept = default;

Result<std::string_view> BlockReader::read_raw(int file, std::uint64_t offset, std::size_t size) {
  std::string& lines = memory_->lines;
  lines.resize(size + records::kMessagePadding);
  const ssize_t got = read_at(file, lines.data(), size, offset);
  if (got < 0) return fail(last_problem("read the segment"));
  if (static_cast<std::size_t>(got) != size) return fail("the segment is shorter than it was");
  return std::string_view(lines).substr(0, size);
}

Result<std::string_view> BlockReader::read_compressed(int file, const SegmentIndex& index,
                                                      std::uint64_t offset, std::size_t size) {
  if (offset > index.bytes || size > index.bytes - offset) {
    return fail("the segment is shorter than it was");
  }
  std::string &lines = memory_->lines, &frame = memory_->frame;
  lines.clear();
  auto block = std::ranges::upper_bound(index.blocks, offset, {},
                                        [](const CompressedBlock& b) { return b.facts.offset; });
  if (block != index.blocks.begin()) --block;
  const std::uint64_t begin = block == index.blocks.end() ? 0 : block->facts.offset;
  for (; block != index.blocks.end() && block->facts.offset < offset + size; ++block) {
    frame.resize(block->frame_bytes);
    if (read_at(file, frame.data(), frame.size(), block->frame_at) !=
        static_cast<ssize_t>(frame.size())) {
      return fail(last_problem("read the segment"));
    }
    const std::size_t have = lines.size();
    lines.resize(have + block->facts.bytes + records::kMessagePadding);
    const std::size_t got = ZSTD_decompressDCtx(memory_->context.get(), lines.data() + have,
                                                block->facts.bytes, frame.data(), frame.size());
    if (ZSTD_isError(got) != 0 || got != block->facts.bytes) {
      return fail(fmt::format("the block at {} is damaged: {}", block->facts.offset,
                              ZSTD_isError(got) != 0 ? ZSTD_getErrorName(got) : "its size"));
    }
    lines.resize(have + got);
  }
  lines.append(records::kMessagePadding, '\0');
  return std::string_view(lines).substr(offset - begin, size);
}

std::uint64_t read_filter(int file, const SegmentIndex& index, std::size_t group,
                          std::uint64_t hash) {
  const std::size_t first = group * kBlocksPerGroup;
  const std::size_t blocks = std::min(kBlocksPerGroup, index.blocks.size() - first);
  const FilterGroup& filter = index.groups[group];
  std::array<char, filter_row_bytes(kBlocksPerGroup)> row{};
  const std::size_t size = filter_row_bytes(blocks);
  const std::uint64_t at = filter.rows_at + filter_row_of(hash, filter.rows) * size;
  if (read_at(file, row.data(), size, at) != static_cast<ssize_t>(size)) return ~0UL;
  return look_up(std::string_view(row.data(), size), hash).value_or(~0UL);
}

}  // namespace dn::store
