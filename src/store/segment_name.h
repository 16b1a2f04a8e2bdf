// SegmentName: what the files of a stream's directory are called.
//
//   20261122T031500.123Z-000001.jsonl               a raw segment: when it was begun (UTC), number
//   20261122T031500.123Z-000001.jsonl.zst           the same segment, compressed
//   .20261122T031500.123Z-000001.jsonl.zst.partial  that, while it is written: `*.jsonl*` passes it
//
// Only what we would write ourselves is ours. Covered by segmented_log_test.cc,
// compression_test.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace dn::store {

struct SegmentName {
  WallTime begun;
  std::uint64_t number = 0;
};
// Of a raw segment; nothing when the name is not one of ours.
std::optional<SegmentName> parse_segment_name(std::string_view text);
std::string format_segment_name(SegmentName name);

// Raw: the segment's name. Compressed: with ".zst" behind it. Partial, while it is written: that,
// with "." in front, so that `*.jsonl*` does not find it, and ".partial" behind.
enum class SegmentForm : std::uint8_t { Raw, Compressed, Partial };
struct SegmentFile {
  SegmentName name;
  SegmentForm form = SegmentForm::Raw;
};
std::optional<SegmentFile> parse_segment_file(std::string_view text);
std::string format_segment_file(SegmentFile file);

}  // namespace dn::store
