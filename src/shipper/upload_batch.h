// UploadBatch: the events that one PutLogEvents call carries, within the limits that
// aws/cloudwatch_logs.h gives. Pure. Covered by upload_batch_test.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/cloudwatch_logs.h"
#include "base/time.h"

namespace dn::shipper {

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
  Added add(WallTime time, std::string_view message, ShipPlace behind);

  // The latter half goes; the rest has at least one event. For a call that was refused as a whole.
  void halve();

  // By time, equal times as they came. Views of the batch.
  std::vector<aws::LogEvent> events() const;

  std::size_t size() const { return events_.size(); }
  bool empty() const { return events_.empty(); }
  // The earliest; none when empty().
  std::optional<WallTime> first_time() const;
  // Of the last that came; not empty().
  ShipPlace behind() const { return events_.back().behind; }
  WallTime last_time() const { return events_.back().time; }

 private:
  struct Event {
    WallTime time;
    std::string message;
    ShipPlace behind;
  };
  std::vector<Event> events_;  // as they came
  std::size_t bytes_ = 0;
  WallTime first_, last_;
};

}  // namespace dn::shipper
