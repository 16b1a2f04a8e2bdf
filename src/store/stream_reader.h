// StreamReader: reads one stream's directory, whoever writes it, also while it is written.
//
// refresh() lists the directory and brings a cache up to date: the index of each compressed
// segment, read once, and the blocks of each raw one, for which only appended bytes are looked at.
// find_blocks() answers from the cache, and asks the filters on disk where values are required.
// load() needs a block's stream, segment and place only, so a block found in a raw segment is
// loaded from the compressed one when that has replaced it meanwhile.
//
// A compressed file that is damaged or not ours is reported and passed over, in favour of the raw
// one where there is still one. Covered by stream_reader_test.cc.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "records/log_event.h"
#include "store/directory_names.h"
#include "store/line_blocks.h"
#include "store/loaded_block.h"
#include "store/problem_list.h"
#include "store/segment_index.h"

namespace dn::store {

// Clauses and texts of a clause that filters are asked for; of more clauses the first count, a
// clause of more texts lets every block through.
inline constexpr std::size_t kClausesMax = 16;
inline constexpr std::size_t kClauseTextsMax = 64;

struct StreamSummary {
  std::optional<std::int64_t> first, last, last_ingestion;
  std::uint64_t bytes = 0;  // uncompressed
};

// What retention asks about a segment.
struct SegmentSummary {
  SegmentName name;
  bool compressed = false;
  std::uint64_t bytes = 0;           // uncompressed
  std::optional<std::int64_t> last;  // of its events
};

// A clause is met when one of its texts may be there.
using HashedClauses = std::vector<std::vector<std::uint64_t>>;

// May be used by several threads.
class StreamReader {
 public:
  StreamReader(std::filesystem::path directory, std::uint64_t id);

  Result<void> refresh();
  StreamSummary summary() const;
  std::vector<SegmentSummary> segments() const;
  void find_blocks(TimeRange range, const records::RequiredValues& required,
                   std::vector<BlockInfo>& found) const;
  // The first `most` blocks that hold lines at or behind that place, in the order of writing.
  void find_blocks_behind(std::uint64_t segment, std::uint64_t offset, std::size_t most,
                          std::vector<BlockInfo>& found) const;
  Result<void> load(const BlockInfo& block, LoadedBlock& into);

  // What was passed over, each once.
  std::vector<std::string> take_problems();

 private:
  struct Segment {
    SegmentName name;
    std::shared_ptr<const SegmentIndex> index;  // null: raw
    GrowingBlocks raw;
    bool index_refused = false;
  };

  struct Opened {
    SegmentName name;
    std::shared_ptr<const SegmentIndex> index;
  };

  bool use_compressed(Segment& segment);
  void use_raw(Segment& segment);
  std::string path_of(SegmentName name, SegmentForm form) const;
  BlockInfo describe(const Segment& segment, const BlockFacts& facts) const;
  void find_in_index(const Segment& segment, TimeRange range, const HashedClauses& required,
                     std::vector<BlockInfo>& found) const;
  std::optional<Opened> segment_of(std::uint64_t number);

  const std::filesystem::path directory_;
  const std::uint64_t id_;
  mutable std::mutex mutex_;  // guards what follows
  std::map<std::uint64_t, Segment> segments_;
  ProblemList problems_;
};

}  // namespace dn::store
