// Samples of two moments → a log line of which CloudWatch makes metrics.
//
//   {"time":…,"instance":…,"deployment":…,"_aws":{"Timestamp":…,"CloudWatchMetrics":[{
//    "Namespace":"DiscrimiNAT","Dimensions":[["instance"],["deployment"]],
//    "Metrics":[{"Name":"ConnectionsAllowed","Unit":"Count"},…]}]},"ConnectionsAllowed":3,…}
//
// Follows Amazon CloudWatch's embedded metric format: one directive, its values at the top level.
// Each dimension set makes a metric of its own: one gateway, and all of a deployment, whose name
// stays when an instance is replaced. Limits of the format, all kept: 100 metrics of a directive,
// 30 dimensions, 1024 bytes of a name or a dimension's value, which is ASCII; numbers are finite.
// `time` comes first, so that the store keeps the line as it is.
//
// Counters are what they grew by, histograms the mean of what they took in, gauges as they are. So
// a line needs an earlier moment: a process writes its first one a minute after its start, and what
// it counted in the unfinished minute before its end is in no line. A counter that fell (a table of
// the kernel that was made anew) is left out of that line.
//
// Left out: arrays of values, since a histogram has no values any more; high resolution. Covered by
// emf_test.cc, and with a peer by tests/e2e/test_aws_source.py.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/time.h"
#include "metrics/cloudwatch_table.h"
#include "metrics/exposition.h"

namespace dn::metrics {

inline constexpr auto kEmfInterval = std::chrono::minutes(1);

// Values of the dimensions, any text. One that CloudWatch would not take is no dimension.
struct EmfSource {
  std::string instance, deployment;
};

// With its '\n'.
std::string format_emf(const EmfSource& source, WallTime time, const Samples& before,
                       const Samples& now);

// Lives as long as the process whose samples it sees. One thread.
class EmfWriter {
 public:
  explicit EmfWriter(EmfSource source) : source_(std::move(source)) {}

  // A line when a minute has passed since the last one, or since the first samples; else "".
  std::string on_samples(const Now& now, const Samples& samples);

 private:
  struct Moment {
    MonotonicTime at;
    Samples samples;
  };
  const EmfSource source_;
  std::optional<Moment> last_;
};

}  // namespace dn::metrics
