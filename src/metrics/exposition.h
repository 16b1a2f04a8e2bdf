// Samples of metrics, and their text: Prometheus exposition format 0.0.4.
//
//   # HELP name text      escaped: \ and line feed
//   # TYPE name counter
//   name{label="value"} 1 escaped: \, " and line feed
//
// Rows come in the order of the table, each family once, whatever the order of the samples; a
// family without samples is left out. Histograms are written cumulatively, with `+Inf`, `_sum` and
// `_count`. Our own, because the values are ours already: turning them into those of
// prometheus-cpp-core is as long as writing the lines. Left out: time stamps, summaries, exemplars,
// OpenMetrics. Covered by exposition_test.cc, and by promtool in tests/e2e/test_metrics.py.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/histogram.h"
#include "metrics/metric_table.h"

namespace dn::metrics {

struct Sample {
  const MetricRow* row = nullptr;   // of kMetrics
  std::vector<std::string> labels;  // values, as many as the row has names
  double value = 0;                 // of a counter or gauge
  std::optional<Histogram> histogram;
};

class Samples {
 public:
  // As many label values as the row has names. Any text is a value.
  void add(const MetricRow& row, double value, std::initializer_list<std::string_view> labels = {});
  void add(const MetricRow& row, const Histogram& histogram);
  template <class Number>
  void add(const MetricRow& row, Number value,
           std::initializer_list<std::string_view> labels = {}) {
    add(row, static_cast<double>(value), labels);
  }

  const std::vector<Sample>& all() const { return all_; }

 private:
  std::vector<Sample> all_;
};

inline constexpr std::string_view kExpositionType = "text/plain; version=0.0.4; charset=utf-8";
std::string format_exposition(const Samples& samples);

}  // namespace dn::metrics
