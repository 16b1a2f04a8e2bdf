#include "metrics/emf.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string_view>

#include "records/json_text.h"

namespace dn::metrics {
namespace {

constexpr std::size_t kMetricsMax = 100;
constexpr std::size_t kDimensionBytesMax = 1024;
static_assert(kCloudwatchMetrics.size() <= kMetricsMax, "one directive, one line");

bool fits(const Sample& sample, const CloudwatchRow& row) {
  if (sample.row != &row.of) return false;
  for (std::size_t i = 0; i < sample.labels.size(); ++i) {
    if (!row.labels[i].empty() && row.labels[i] != sample.labels[i]) return false;
  }
  return true;
}

// A counter without a sample has counted nothing.
double sum_of(const Samples& samples, const CloudwatchRow& row) {
  double sum = 0;
  for (const Sample& sample : samples.all()) {
    if (fits(sample, row)) sum += sample.value;
  }
  return sum;
}

std::optional<double> largest_of(const Samples& samples, const CloudwatchRow& row) {
  std::optional<double> largest;
  for (const Sample& sample : samples.all()) {
    if (fits(sample, row)) largest = std::max(largest.value_or(sample.value), sample.value);
  }
  return largest;
}

std::optional<double> gauge_of(const Samples& samples, const CloudwatchRow& row) {
  const auto part = largest_of(samples, row);
  if (row.whole == nullptr) return part;
  const auto whole = largest_of(samples, CloudwatchRow{"", "", *row.whole, {}});
  if (!whole || *whole <= 0) return {};
  return 100 * part.value_or(0) / *whole;
}

Histogram histogram_of(const Samples& samples, const CloudwatchRow& row) {
  const auto found = std::ranges::find(samples.all(), &row.of, &Sample::row);
  return found == samples.all().end() || !found->histogram ? Histogram({}) : *found->histogram;
}

std::optional<double> mean_of(const Histogram& before, const Histogram& now) {
  if (now.count() <= before.count()) return {};
  const double seconds = seconds_of(now.sum() - before.sum());
  return 1000 * seconds / static_cast<double>(now.count() - before.count());
}

std::optional<double> value_of(const CloudwatchRow& row, const Samples& before,
                               const Samples& now) {
  std::optional<double> value;
  switch (row.of.type) {
    case MetricType::Counter: value = sum_of(now, row) - sum_of(before, row); break;
    case MetricType::Gauge: value = gauge_of(now, row); break;
    case MetricType::Histogram:
      value = mean_of(histogram_of(before, row), histogram_of(now, row));
      break;
  }
  const bool fell = row.of.type == MetricType::Counter && *value < 0;
  if (!value || fell || !std::isfinite(*value)) return {};
  return value;
}

// What CloudWatch takes as a dimension's value.
bool is_dimension(std::string_view text) {
  const auto visible = [](char c) { return c > ' ' && c <= '~'; };
  return !text.empty() && text.size() <= kDimensionBytesMax && text.front() != ':' &&
         std::ranges::all_of(text, visible);
}

std::string dimension_sets(const EmfSource& source) {
  std::string sets;
  if (is_dimension(source.instance)) sets += "[\"instance\"],";
  if (is_dimension(source.deployment)) sets += "[\"deployment\"],";
  if (sets.empty()) return "[]";
  sets.pop_back();
  return sets;
}

}  // namespace

std::string format_emf(const EmfSource& source, WallTime time, const Samples& before,
                       const Samples& now) {
  std::string line = fmt::format("{{\"time\":\"{}\",\"instance\":", records::format_time(time));
  records::append_json_text(line, source.instance);
  line += ",\"deployment\":";
  records::append_json_text(line, source.deployment);
  std::string names, values;
  for (const CloudwatchRow& row : kCloudwatchMetrics) {
    const auto value = value_of(row, before, now);
    if (!value) continue;
    fmt::format_to(std::back_inserter(names), "{}{{\"Name\":\"{}\",\"Unit\":\"{}\"}}",
                   names.empty() ? "" : ",", row.name, row.unit);
    fmt::format_to(std::back_inserter(values), ",\"{}\":{}", row.name, *value);
  }
  fmt::format_to(std::back_inserter(line),
                 ",\"_aws\":{{\"Timestamp\":{},\"CloudWatchMetrics\":[{{\"Namespace\":\"{}\","
                 "\"Dimensions\":[{}],\"Metrics\":[{}]}}]}}{}}}\n",
                 time.time_since_epoch().count(), kCloudwatchNamespace, dimension_sets(source),
                 names, values);
  return line;
}

std::string EmfWriter::on_samples(const Now& now, const Samples& samples) {
  if (last_ && now.monotonic < last_->at + kEmfInterval) return "";
  std::string line;
  if (last_) line = format_emf(source_, now.wall, last_->samples, samples);
  last_ = Moment{now.monotonic, samples};
  return line;
}

}  // namespace dn::metrics
