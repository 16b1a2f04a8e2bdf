// StreamShipper: brings one stream of the log store to CloudWatch Logs, a batch at a time.
//
// Theory of operation
//
// Each step reads on from a place in the store, fills one batch and sends it; only when the service
// has taken it is the place written to a file. So every line arrives at least once, in the order it
// was written, whatever ends in between: a batch whose answer was lost is sent again. Lines wait in
// the store, which has its own limits; what retention deleted before it was sent is counted. A
// block that cannot be read (a damaged segment) is passed over after kLoadAttempts, as searches do
// it: nothing behind it would ever arrive.
//
// | answer | what then |
// |---|---|
// | taken | on; events that the service rejected for their age are counted |
// | ResourceNotFoundException | group and stream are created, and the batch is sent again |
// | InvalidParameterException | half of the batch; a single event that is refused is passed over |
// | anything else | the same batch again, when the caller asks again |
//
// Covered by stream_shipper_test.cc.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "aws/cloudwatch_logs.h"
#include "base/result.h"
#include "shipper/upload_batch.h"
#include "store/file_calls.h"
#include "store/stream_reader.h"

namespace dn::shipper {

inline constexpr unsigned kLoadAttempts = 3;

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
  std::uint64_t unread_blocks = 0;  // passed over, because they could not be read
  bool failing = false;             // the last step did not send what it had
  std::string last_error;           // "" when there was none yet; stays after recovery
  WallTime shipped_to;              // time of the last event sent; 1970: none yet
  // Time of the first event that the last step had to send, if it had any: all before it are there.
  std::optional<WallTime> waiting_since;
};

// Used by one thread, which may share `logs` with other shippers of its own.
class StreamShipper {
 public:
  enum class Step : std::uint8_t {
    Idle,    // nothing is waiting
    Sent,    // a batch has gone; more may be waiting
    Failed,  // stats().last_error says why; ask again later
  };

  StreamShipper(StreamShipperSettings settings, aws::CloudWatchLogs& logs);

  // Reads the cursor. Fails when it is damaged; a missing one is the beginning.
  Result<void> open();
  Step step();
  const ShipStats& stats() const { return stats_; }

 private:
  Result<void> fill();
  bool take_block(const store::BlockInfo& block);
  void skip_what_is_gone();
  Step deliver();
  aws::ServiceResult<aws::DroppedEvents> put();
  aws::ServiceResult<void> create_group_and_stream();
  Step advance();
  Step fail_with(std::string error);

  const StreamShipperSettings settings_;
  aws::CloudWatchLogs& logs_;
  store::StreamReader reader_;
  store::LoadedBlock block_;
  UploadBatch batch_;
  ShipPlace read_to_;           // behind the batch
  unsigned load_failures_ = 0;  // in a row, of the same block
  ShipStats stats_;
};

}  // namespace dn::shipper
