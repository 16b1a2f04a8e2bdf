#include "shipper/stream_shipper.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <utility>

#include "shipper/ship_cursor.h"
#include "store/json_escape.h"

namespace dn::shipper {
namespace {

constexpr std::size_t kBlocksAtOnce = 4;

std::string named(std::string_view key, std::string_view name) {
  std::string text = fmt::format(R"("{}":")", key);
  store::append_json_escaped(text, name);
  return text + '"';
}

std::string to_text(const aws::ServiceError& error) {
  if (error.type.empty()) return error.message;
  return fmt::format("{}: {}", error.type, error.message);
}

}  // namespace

StreamShipper::StreamShipper(StreamShipperSettings settings, LogsCall call)
    : settings_(std::move(settings)),
      call_(std::move(call)),
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
      auto loaded = reader_.load(block, block_);
      if (!loaded && batch_.empty()) return loaded;
      more = loaded.has_value() && take_block(block);
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
    switch (batch_.add(event->key.timestamp, event->message, behind)) {
      case UploadBatch::Added::Full: return false;
      case UploadBatch::Added::TooLong: ++stats_.refused; break;
      case UploadBatch::Added::Yes: last_time_ = event->key.timestamp; break;
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
      return fail_with(to_text(created.error()));
    }
    answer = put();
  }
  if (answer) {
    count(*answer);
    return advance();
  }
  if (answer.error().type != "InvalidParameterException") return fail_with(to_text(answer.error()));
  if (batch_.size() > 1) {
    batch_.halve();
    read_to_ = batch_.behind();
    return Step::Sent;
  }
  ++stats_.refused;
  stats_.last_error = "one event was passed over: " + to_text(answer.error());
  return advance();
}

tl::expected<std::string, aws::ServiceError> StreamShipper::put() {
  return call_("PutLogEvents", batch_.body(settings_.group, settings_.stream));
}

tl::expected<void, aws::ServiceError> StreamShipper::create_group_and_stream() {
  const std::string group = named("logGroupName", settings_.group);
  const std::string stream = group + "," + named("logStreamName", settings_.stream);
  for (const auto& [operation, body] : {std::pair{"CreateLogStream", &stream},
                                        {"CreateLogGroup", &group},
                                        {"CreateLogStream", &stream}}) {
    const auto done = call_(operation, "{" + *body + "}");
    // Several gateways share the group; another one may have been faster.
    const bool there = done || done.error().type == "ResourceAlreadyExistsException";
    const bool stream_done = there && body == &stream;
    if (stream_done) return {};
    if (!there && done.error().type != "ResourceNotFoundException") {
      return tl::unexpected(done.error());
    }
  }
  return tl::unexpected(
      aws::ServiceError{0, "", "the log group is gone as soon as it is made", ""});
}

// How many of the batch the service took; the answer is believed within the batch's bounds.
void StreamShipper::count(const std::string& answer) {
  boost::system::error_code wrong;
  const auto parsed = boost::json::parse(answer, wrong);
  std::uint64_t old = 0, young = batch_.size();
  const auto* object = wrong ? nullptr : parsed.if_object();
  const auto* rejected = object == nullptr ? nullptr : object->if_contains("rejectedLogEventsInfo");
  if (const auto* info = rejected == nullptr ? nullptr : rejected->if_object()) {
    const auto index = [&](std::string_view key, std::uint64_t otherwise) {
      const auto* value = info->if_contains(key);
      const auto* number = value == nullptr ? nullptr : value->if_int64();
      if (number == nullptr || *number < 0) return otherwise;
      return std::min<std::uint64_t>(static_cast<std::uint64_t>(*number), batch_.size());
    };
    old = std::max(index("tooOldLogEventEndIndex", 0), index("expiredLogEventEndIndex", 0));
    young = std::max(old, index("tooNewLogEventStartIndex", batch_.size()));
  }
  stats_.shipped += young - old;
  stats_.rejected += batch_.size() - (young - old);
}

StreamShipper::Step StreamShipper::advance() {
  batch_ = {};
  stats_.shipped_to = last_time_;
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
