#include "shipper/stream_shipper.h"

#include <chrono>
#include <utility>

#include "shipper/ship_cursor.h"

namespace dn::shipper {
namespace {

constexpr std::size_t kBlocksAtOnce = 4;

WallTime wall_time(std::int64_t timestamp) {
  return WallTime{std::chrono::milliseconds(timestamp)};
}

}  // namespace

StreamShipper::StreamShipper(StreamShipperSettings settings, aws::CloudWatchLogs& logs)
    : settings_(std::move(settings)),
      logs_(logs),
      reader_(settings_.directory, 0) {}

Result<void> StreamShipper::open() {
  auto place = read_cursor(settings_.cursor_file);
  if (!place) return tl::unexpected(place.error());
  read_to_ = *place;
  return {};
}

StreamShipper::Step StreamShipper::step() {
  if (batch_.empty()) {
    if (auto filled = fill(); !filled) return fail_with(filled.error().message);
  }
  stats_.waiting_since = batch_.first_time();
  return batch_.empty() ? Step::Idle : deliver();
}

Result<void> StreamShipper::fill() {
  if (auto refreshed = reader_.refresh(); !refreshed) return refreshed;
  skip_what_is_gone();
  for (bool more = true; more;) {
    std::vector<store::BlockInfo> blocks;
    reader_.find_blocks_behind(read_to_.segment, read_to_.offset, kBlocksAtOnce, blocks);
    more = !blocks.empty();
    for (const store::BlockInfo& block : blocks) {
      if (auto loaded = reader_.load(block, block_); !loaded) {
        if (!batch_.empty()) return {};
        stats_.waiting_since = wall_time(block.first);
        if (++load_failures_ < kLoadAttempts) return loaded;
        ++stats_.unread_blocks;
        stats_.last_error = "a block was passed over: " + loaded.error().message;
        read_to_ = {block.segment, block.offset + block.bytes};
        load_failures_ = 0;
        continue;
      }
      load_failures_ = 0;
      more = take_block(block);
      if (!more) break;
    }
  }
  return {};
}

// False when the batch is full.
bool StreamShipper::take_block(const store::BlockInfo& block) {
  std::size_t at = 0;
  if (block.segment == read_to_.segment && read_to_.offset > block.offset) {
    at = read_to_.offset - block.offset;
  }
  while (const auto event = block_.next_event(at)) {
    const ShipPlace behind{block.segment, block.offset + at};
    switch (batch_.add(wall_time(event->key.timestamp), event->message, behind)) {
      case UploadBatch::Added::Full: return false;
      case UploadBatch::Added::TooLong: ++stats_.refused; break;
      case UploadBatch::Added::Yes: break;
    }
    read_to_ = behind;
  }
  read_to_ = {block.segment, block.offset + block.bytes};
  return true;
}

void StreamShipper::skip_what_is_gone() {
  const auto segments = reader_.segments();
  if (segments.empty() || read_to_ == ShipPlace{}) return;
  const std::uint64_t oldest = segments.front().name.number;
  if (oldest > read_to_.segment + 1) stats_.lost_segments += oldest - read_to_.segment - 1;
  // The numbers began anew: somebody has removed the whole log.
  const bool other_log = segments.back().name.number < read_to_.segment;
  if (other_log || oldest > read_to_.segment) read_to_ = {other_log ? 0 : oldest, 0};
}

StreamShipper::Step StreamShipper::deliver() {
  auto answer = put();
  if (!answer && answer.error().type == "ResourceNotFoundException") {
    if (auto created = create_group_and_stream(); !created) {
      return fail_with(aws::to_text(created.error()));
    }
    answer = put();
  }
  if (answer) {
    const std::size_t dropped = answer->too_old + answer->too_new;
    stats_.rejected += dropped;
    stats_.shipped += batch_.size() - dropped;
    return advance();
  }
  if (answer.error().type != "InvalidParameterException")
    return fail_with(aws::to_text(answer.error()));
  if (batch_.size() > 1) {
    batch_.halve();
    read_to_ = batch_.behind();
    return Step::Sent;
  }
  ++stats_.refused;
  stats_.last_error = "one event was passed over: " + aws::to_text(answer.error());
  return advance();
}

aws::ServiceResult<aws::DroppedEvents> StreamShipper::put() {
  return logs_.put_log_events(settings_.group, settings_.stream, batch_.events());
}

// Several gateways share the group; another one may have been faster.
aws::ServiceResult<void> StreamShipper::create_group_and_stream() {
  const auto made = logs_.create_log_stream(settings_.group, settings_.stream);
  if (made || made.error().type != "ResourceNotFoundException") return made;
  if (auto group = logs_.create_log_group(settings_.group); !group) return group;
  return logs_.create_log_stream(settings_.group, settings_.stream);
}

StreamShipper::Step StreamShipper::advance() {
  stats_.shipped_to = batch_.last_time();
  batch_ = {};
  if (auto kept = write_cursor(settings_.cursor_file, read_to_, *settings_.calls); !kept) {
    return fail_with(kept.error().message);  // at the worst these lines are sent again
  }
  stats_.failing = false;
  return Step::Sent;
}

StreamShipper::Step StreamShipper::fail_with(std::string error) {
  stats_.failing = true;
  stats_.last_error = std::move(error);
  return Step::Failed;
}

}  // namespace dn::shipper
