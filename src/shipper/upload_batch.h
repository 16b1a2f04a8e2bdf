// UploadBatch: the events that one PutLogEvents call carries, within every limit of that call.
//
// Source: CloudWatch Logs API reference, PutLogEvents: at most 10,000 events and 1,048,576 bytes (a
// message's UTF-8 bytes and 26), in order of time, first and last at most 24 hours apart. A single
// event may have 256 KiB in every region. Pure. Covered by upload_batch_test.cc.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace dn::shipper {

inline constexpr std::size_t kBatchEventsMax = 10'000;
inline constexpr std::size_t kBatchBytesMax = 1'048'576;
inline constexpr std::size_t kEventOverhead = 26;
inline constexpr std::size_t kEventBytesMax = (256UL << 10U) - kEventOverhead;  // of a message
inline constexpr std::int64_t kBatchSpanMs = 24LL * 3600 * 1000 - 1;

// Where reading goes on: a segment's number and a place in its uncompressed lines.
struct ShipPlace {
  std::uint64_t segment = 0, offset = 0;
  bool operator==(const ShipPlace&) const = default;
};

class UploadBatch {
 public:
  enum class Added : std::uint8_t {
    Yes,
    Full,     // belongs into the next batch
    TooLong,  // no call takes it, nor an empty message
  };
  // `behind`: the place after this event.
  Added add(std::int64_t timestamp, std::string_view message, ShipPlace behind);

  // The latter half goes; the rest has at least one event. For a call that was refused as a whole.
  void halve();

  // The JSON of the call; events by time, equal times as they came.
  std::string body(std::string_view group, std::string_view stream) const;

  std::size_t size() const { return events_.size(); }
  bool empty() const { return events_.empty(); }
  ShipPlace behind() const { return events_.back().behind; }  // of the last; not empty()

 private:
  struct Event {
    std::int64_t timestamp = 0;
    std::string message;
    ShipPlace behind;
  };
  std::vector<Event> events_;  // as they came
  std::size_t bytes_ = 0;
  std::int64_t first_ = 0, last_ = 0;  // times
};

}  // namespace dn::shipper
