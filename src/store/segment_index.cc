#include "store/segment_index.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "store/stable_hash.h"

namespace dn::store {
namespace {

constexpr std::uint32_t kSkippableMagic = 0x184d2a5d;  // one of sixteen that RFC 8878 reserves
constexpr std::string_view kMagic = "dn-index";
constexpr std::uint32_t kVersion = 1;
constexpr std::uint32_t kPlainFlag = 1, kFilteredFlag = 2;
constexpr std::size_t kFrameHeaderBytes = 8;
constexpr std::size_t kBlockEntryBytes = 56;
constexpr std::size_t kGroupEntryBytes = 16;

void put(std::string& out, std::uint64_t value, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i));
}
void put_u32(std::string& out, std::uint32_t value) {
  put(out, value, 4);
}
void put_u64(std::string& out, std::uint64_t value) {
  put(out, value, 8);
}

// The caller knows that there are enough bytes.
class Numbers {
 public:
  explicit Numbers(std::string_view bytes) : bytes_(bytes) {}
  std::uint32_t u32() { return static_cast<std::uint32_t>(take(4)); }
  std::uint64_t u64() { return take(8); }
  std::int64_t i64() { return static_cast<std::int64_t>(take(8)); }

 private:
  std::uint64_t take(std::size_t count) {
    const std::uint64_t value = load_little_endian(bytes_.substr(0, count).begin(), count);
    bytes_.remove_prefix(count);
    return value;
  }
  std::string_view bytes_;
};

struct Footer {
  std::uint64_t index_at = 0, lines_bytes = 0;
  std::uint32_t blocks = 0, version = 0;
  std::uint64_t checksum = 0;
};

Footer read_footer(std::string_view bytes) {
  Numbers numbers(bytes);
  Footer footer;
  footer.index_at = numbers.u64();
  footer.lines_bytes = numbers.u64();
  footer.blocks = numbers.u32();
  footer.version = numbers.u32();
  footer.checksum = numbers.u64();
  return footer;
}

constexpr std::size_t group_count(std::size_t blocks) {
  return (blocks + kBlocksPerGroup - 1) / kBlocksPerGroup;
}

constexpr std::size_t frame_size(std::size_t blocks) {
  return kFrameHeaderBytes + blocks * kBlockEntryBytes + group_count(blocks) * kGroupEntryBytes +
         kIndexFooterBytes;
}

// More than zstd makes of bytes that it cannot compress.
constexpr std::uint64_t frame_bytes_max(std::uint64_t bytes) {
  return bytes + bytes / 64 + 1024;
}

tl::unexpected<Error> damaged(std::string_view what) {
  return fail(fmt::format("damaged index: {}", what));
}

// What the entry says, as far as it is possible in a file whose index begins at `end`.
std::optional<CompressedBlock> read_block(Numbers& numbers, std::uint64_t end) {
  CompressedBlock block;
  block.facts.offset = numbers.u64();
  block.frame_at = numbers.u64();
  block.facts.first = numbers.i64();
  block.facts.last = numbers.i64();
  block.facts.last_ingestion = numbers.i64();
  block.facts.bytes = numbers.u32();
  block.frame_bytes = numbers.u32();
  block.facts.lines = numbers.u32();
  const std::uint32_t flags = numbers.u32();
  block.facts.plain = (flags & kPlainFlag) != 0;
  block.filtered = (flags & kFilteredFlag) != 0;
  const bool inside = block.frame_at <= end && block.frame_bytes <= end - block.frame_at;
  const bool sized = block.facts.bytes > 0 && block.facts.bytes <= kBlockBytesMax &&
                     block.frame_bytes > 0 &&
                     block.frame_bytes <= frame_bytes_max(block.facts.bytes) &&
                     block.facts.lines > 0 && block.facts.lines <= block.facts.bytes;
  if (!inside || !sized) return {};
  return block;
}

}  // namespace

std::string format_skippable_header(std::size_t bytes) {
  std::string header;
  put_u32(header, kSkippableMagic);
  put_u32(header, static_cast<std::uint32_t>(bytes));
  return header;
}

std::string format_index(const SegmentIndex& index, std::uint64_t at) {
  std::string out = format_skippable_header(frame_size(index.blocks.size()) - kFrameHeaderBytes);
  for (const CompressedBlock& block : index.blocks) {
    put_u64(out, block.facts.offset);
    put_u64(out, block.frame_at);
    put_u64(out, static_cast<std::uint64_t>(block.facts.first));
    put_u64(out, static_cast<std::uint64_t>(block.facts.last));
    put_u64(out, static_cast<std::uint64_t>(block.facts.last_ingestion));
    put_u32(out, block.facts.bytes);
    put_u32(out, block.frame_bytes);
    put_u32(out, block.facts.lines);
    put_u32(out, (block.facts.plain ? kPlainFlag : 0) | (block.filtered ? kFilteredFlag : 0));
  }
  for (const FilterGroup& group : index.groups) {
    put_u64(out, group.rows_at);
    put_u32(out, group.rows);
    put_u32(out, 0);
  }
  put_u64(out, at);
  put_u64(out, index.bytes);
  put_u32(out, static_cast<std::uint32_t>(index.blocks.size()));
  put_u32(out, kVersion);
  put_u64(out, stable_hash(out));
  out += kMagic;
  return out;
}

Result<std::uint64_t> parse_index_footer(std::string_view footer, std::uint64_t file_bytes) {
  if (footer.size() != kIndexFooterBytes || !footer.ends_with(kMagic)) {
    return fail("it has no index of ours at its end");
  }
  const Footer read = read_footer(footer);
  if (read.version != kVersion) {
    return fail(
        fmt::format("its index is of version {}, this program reads {}", read.version, kVersion));
  }
  if (read.blocks > kIndexBlocksMax || read.index_at > file_bytes ||
      file_bytes - read.index_at != frame_size(read.blocks)) {
    return damaged("its size");
  }
  return read.index_at;
}

Result<SegmentIndex> parse_index(std::string_view frame, std::uint64_t at) {
  if (frame.size() < frame_size(0)) return damaged("its size");
  const Footer footer = read_footer(frame.substr(frame.size() - kIndexFooterBytes));
  const std::string_view hashed =
      frame.substr(0, frame.size() - kMagic.size() - sizeof(std::uint64_t));
  if (footer.blocks > kIndexBlocksMax || frame.size() != frame_size(footer.blocks) ||
      footer.index_at != at || !frame.ends_with(kMagic) || footer.version != kVersion) {
    return damaged("its size");
  }
  if (footer.checksum != stable_hash(hashed)) return damaged("its checksum");
  Numbers numbers(frame.substr(kFrameHeaderBytes));
  SegmentIndex index;
  index.bytes = footer.lines_bytes;
  index.blocks.reserve(footer.blocks);
  std::uint64_t next_offset = 0, next_frame = 0;
  for (std::uint32_t i = 0; i < footer.blocks; ++i) {
    const auto block = read_block(numbers, at);
    if (!block || block->facts.offset != next_offset || block->frame_at < next_frame) {
      return damaged("its table of blocks");
    }
    next_offset += block->facts.bytes;
    next_frame = block->frame_at + block->frame_bytes;
    index.blocks.push_back(*block);
  }
  if (next_offset != index.bytes) return damaged("the bytes of all lines");
  for (std::size_t group = 0; group < group_count(footer.blocks); ++group) {
    const FilterGroup read{numbers.u64(), numbers.u32()};
    const std::size_t blocks =
        std::min(kBlocksPerGroup, index.blocks.size() - group * kBlocksPerGroup);
    if (numbers.u32() != 0 || read.rows == 0 || read.rows > kFilterRowsMax || read.rows_at > at ||
        read.rows * filter_row_bytes(blocks) > at - read.rows_at) {
      return damaged("its table of groups");
    }
    index.groups.push_back(read);
  }
  return index;
}

}  // namespace dn::store
