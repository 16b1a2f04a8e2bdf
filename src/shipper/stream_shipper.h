// StreamShipper: brings one stream of the log store to CloudWatch Logs, a batch at a time.
//
// Theory of operation
//
// Each step reads on from a place in the store, fills one batch and sends it; only when the service
// has taken it is the place written to a file. So every line arrives at least once, in the order it
// was written, whatever ends in between: a batch whose answer was lost is sent again. Lines wait in
// the store, which has its own limits; what retention deleted before it was sent is counted.
//
// | answer | what then |
// |---|---|
// | taken | on; events that the service rejected for their age are counted |
// | ResourceNotFoundException | group and stream are created, and the batch is sent again |
// | InvalidParameterException | half of the batch; a single event that is refused is passed over |
// | anything else | the same batch again, when the caller asks again |
//
// Source of the operations and limits: CloudWatch Logs API reference. Covered by
// stream_shipper_test.cc.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "aws/json_client.h"
#include "base/result.h"
#include "shipper/upload_batch.h"
#include "store/file_calls.h"
#include "store/stream_reader.h"

namespace dn::shipper {

// One operation of CloudWatch Logs: "PutLogEvents" and its JSON → the answer's JSON.
using LogsCall =
    std::function<tl::expected<std::string, aws::ServiceError>(std::string_view, std::string_view)>;

struct StreamShipperSettings {
  std::filesystem::path directory;    // of the stream's segments
  std::filesystem::path cursor_file;  // one for each stream
  std::string group, stream;          // at the service
  store::FileCalls* calls = &store::real_file_calls();
};

struct ShipStats {
  std::uint64_t shipped = 0;        // events that the service took
  std::uint64_t rejected = 0;       // too old or too new for the service
  std::uint64_t refused = 0;        // too long, or refused one by one
  std::uint64_t lost_segments = 0;  // deleted by retention before they were sent
  bool failing = false;             // the last step did not send what it had
  std::string last_error;           // "" when there was none yet; stays after recovery
  std::int64_t shipped_to = 0;      // time of the last event sent; 0: none yet
};

// Used by one thread.
class StreamShipper {
 public:
  enum class Step : std::uint8_t {
    Idle,    // nothing is waiting
    Sent,    // a batch has gone; more may be waiting
    Failed,  // stats().last_error says why; ask again later
  };

  StreamShipper(StreamShipperSettings settings, LogsCall call);

  // Reads the cursor. Fails when it is damaged; a missing one is the beginning.
  Result<void> open();
  Step step();
  const ShipStats& stats() const { return stats_; }

 private:
  Result<void> fill();
  bool take_block(const store::BlockInfo& block);
  void skip_what_is_gone();
  Step deliver();
  tl::expected<std::string, aws::ServiceError> put();
  tl::expected<void, aws::ServiceError> create_group_and_stream();
  void count(const std::string& answer);
  Step advance();
  Step fail_with(std::string error);

  const StreamShipperSettings settings_;
  const LogsCall call_;
  store::StreamReader reader_;
  store::LoadedBlock block_;
  UploadBatch batch_;
  ShipPlace read_to_;  // behind the batch
  std::int64_t last_time_ = 0;
  ShipStats stats_;
};

}  // namespace dn::shipper
