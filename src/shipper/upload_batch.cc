#include "shipper/upload_batch.h"

#include <algorithm>
#include <utility>

namespace dn::shipper {

UploadBatch::Added UploadBatch::add(WallTime time, std::string_view message, ShipPlace behind) {
  if (message.empty() || message.size() > aws::kEventBytesMax) return Added::TooLong;
  const std::size_t bytes = message.size() + aws::kEventOverheadBytes;
  if (events_.size() == aws::kBatchEventsMax || bytes_ + bytes > aws::kBatchBytesMax) {
    return Added::Full;
  }
  const WallTime first = events_.empty() ? time : std::min(first_, time);
  const WallTime last = events_.empty() ? time : std::max(last_, time);
  if (last - first > aws::kBatchSpanMax) return Added::Full;
  first_ = first;
  last_ = last;
  bytes_ += bytes;
  events_.push_back({time, std::string(message), behind});
  return Added::Yes;
}

// The bounds stay: they only have to hold.
void UploadBatch::halve() {
  events_.resize((events_.size() + 1) / 2);
}

std::optional<WallTime> UploadBatch::first_time() const {
  if (empty()) return {};
  return first_;
}

std::vector<aws::LogEvent> UploadBatch::events() const {
  // Packet loops write side by side, so lines of one moment may stand in any order.
  std::vector<std::pair<WallTime, std::size_t>> order;
  order.reserve(events_.size());
  for (const Event& event : events_) order.emplace_back(event.time, order.size());
  std::ranges::sort(order);
  std::vector<aws::LogEvent> ordered;
  ordered.reserve(events_.size());
  for (const auto& [time, index] : order) ordered.push_back({time, events_[index].message});
  return ordered;
}

}  // namespace dn::shipper
