// SegmentFiles: makes compressed segments out of raw ones and reads blocks of both.
//
// Theory of operation
//
// compress_segment() reads a closed raw segment block by block, writes the frames, filters and
// index of segment_index.h to a new file, and ends with an fsync. It never touches the raw file and
// removes what it wrote when it cannot finish; renaming is the caller's. A raw segment with a line
// that is too long for a block is left as it is. The torn rest of a line at the raw segment's end
// is no line and is left out.
//
// Reading believes nothing of a file: the index is checked (segment_index.h), and a block counts
// only when its frame decompresses to exactly as many bytes as the index says, with zstd's own
// checksum right. Covered by segment_files_test.cc.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "records/log_event.h"
#include "store/file_calls.h"
#include "store/segment_index.h"

namespace dn::store {

// Closes the descriptor with its life.
class OpenFile {
 public:
  OpenFile() = default;
  explicit OpenFile(int descriptor) : descriptor_(descriptor) {}
  ~OpenFile();
  OpenFile(OpenFile&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  OpenFile& operator=(OpenFile&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  int get() const { return descriptor_; }
  bool is_open() const { return descriptor_ >= 0; }

 private:
  int descriptor_ = -1;
};

// A regular file for reading, without following a symbolic link; not open and errno on failure.
OpenFile open_for_reading(const std::string& path);

enum class Compression : std::uint8_t { Done, Stopped, Failed, Unfit };
struct CompressionResult {
  Compression outcome = Compression::Failed;
  std::uint64_t file_bytes = 0;  // when Done
  std::string problem = {};      // when Failed or Unfit
};
// Looks at `stop` between blocks. Unfit: this raw segment cannot be compressed, ever.
CompressionResult compress_segment(const std::string& raw, const std::string& partial,
                                   FileCalls& calls, const std::atomic<bool>& stop);

// The index of a compressed segment.
Result<SegmentIndex> read_index(int file);

// Bytes [offset, offset + size) of the lines, followed by kMessagePadding bytes. Memory is kept
// from call to call; used by one thread.
class BlockReader {
 public:
  BlockReader();
  ~BlockReader();
  BlockReader(BlockReader&&) noexcept;
  BlockReader& operator=(BlockReader&&) noexcept;

  Result<std::string_view> read_raw(int file, std::uint64_t offset, std::size_t size);
  Result<std::string_view> read_compressed(int file, const SegmentIndex& index,
                                           std::uint64_t offset, std::size_t size);

 private:
  struct Memory;
  std::unique_ptr<Memory> memory_;
};

// One bit per block of the group: may it hold the value with this hash? All ones when the filter
// cannot be read. The value must be one that may_be_indexed().
std::uint64_t read_filter(int file, const SegmentIndex& index, std::size_t group,
                          std::uint64_t hash);

}  // namespace dn::store
