#include "shipper/upload_batch.h"

#include <fmt/format.h>

#include <algorithm>

#include "store/json_escape.h"

namespace dn::shipper {

UploadBatch::Added UploadBatch::add(std::int64_t timestamp, std::string_view message,
                                    ShipPlace behind) {
  if (message.empty() || message.size() > kEventBytesMax) return Added::TooLong;
  const std::size_t bytes = message.size() + kEventOverhead;
  if (events_.size() == kBatchEventsMax || bytes_ + bytes > kBatchBytesMax) return Added::Full;
  const std::int64_t first = events_.empty() ? timestamp : std::min(first_, timestamp);
  const std::int64_t last = events_.empty() ? timestamp : std::max(last_, timestamp);
  if (last - first > kBatchSpanMs) return Added::Full;
  first_ = first;
  last_ = last;
  bytes_ += bytes;
  events_.push_back({timestamp, std::string(message), behind});
  return Added::Yes;
}

// The bounds stay: they only have to hold.
void UploadBatch::halve() {
  events_.resize((events_.size() + 1) / 2);
}

std::string UploadBatch::body(std::string_view group, std::string_view stream) const {
  std::vector<const Event*> ordered;
  ordered.reserve(events_.size());
  for (const Event& event : events_) ordered.push_back(&event);
  // Packet loops write side by side, so lines of one moment may stand in any order.
  std::stable_sort(ordered.begin(), ordered.end(),
                   [](const Event* a, const Event* b) { return a->timestamp < b->timestamp; });
  std::string text = R"({"logGroupName":")";
  store::append_json_escaped(text, group);
  text += R"(","logStreamName":")";
  store::append_json_escaped(text, stream);
  text += R"(","logEvents":[)";
  for (const Event* event : ordered) {
    if (event != ordered.front()) text += ',';
    text += fmt::format(R"({{"timestamp":{},"message":")", event->timestamp);
    store::append_json_escaped(text, event->message);
    text += R"("})";
  }
  text += "]}";
  return text;
}

}  // namespace dn::shipper
