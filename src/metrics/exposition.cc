#include "metrics/exposition.h"

#include <fmt/format.h>

#include <iterator>

#include "base/check.h"

namespace dn::metrics {
namespace {

std::string escaped(std::string_view text, bool quotes) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || (c == '"' && quotes)) out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out;
}

// {a="x",b="y"}, or nothing. `more` is a pair that is written already.
std::string label_text(const Sample& sample, std::string_view more = {}) {
  std::string out;
  for (std::size_t i = 0; i < sample.labels.size(); ++i) {
    out += fmt::format("{}{}=\"{}\"", out.empty() ? "" : ",", sample.row->labels[i],
                       escaped(sample.labels[i], true));
  }
  if (!more.empty()) out += fmt::format("{}{}", out.empty() ? "" : ",", more);
  return out.empty() ? out : "{" + out + "}";
}

void append_histogram(std::string& out, const Sample& sample, const Histogram& histogram) {
  const std::string_view name = sample.row->name;
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < histogram.counts().size(); ++i) {
    below += histogram.counts()[i];
    const bool last = i == histogram.bounds().size();
    const std::string bound =
        last ? "le=\"+Inf\"" : fmt::format("le=\"{}\"", seconds_of(histogram.bounds()[i]));
    fmt::format_to(std::back_inserter(out), "{}_bucket{} {}\n", name, label_text(sample, bound),
                   below);
  }
  const std::string labels = label_text(sample);
  fmt::format_to(std::back_inserter(out), "{}_sum{} {}\n{}_count{} {}\n", name, labels,
                 seconds_of(histogram.sum()), name, labels, below);
}

}  // namespace

void Samples::add(const MetricRow& row, double value,
                  std::initializer_list<std::string_view> labels) {
  DN_CHECK(labels.size() == row.label_count(), "the table says which labels there are");
  DN_CHECK(row.type != MetricType::Histogram, "a histogram is no number");
  all_.push_back({&row, {labels.begin(), labels.end()}, value, {}});
}

void Samples::add(const MetricRow& row, const Histogram& histogram) {
  DN_CHECK(row.type == MetricType::Histogram && row.label_count() == 0, "as in the table");
  all_.push_back({&row, {}, 0, histogram});
}

std::string format_exposition(const Samples& samples) {
  std::string out;
  for (const MetricRow& row : kMetrics) {
    bool begun = false;
    for (const Sample& sample : samples.all()) {
      if (sample.row != &row) continue;
      if (!begun) {
        fmt::format_to(std::back_inserter(out), "# HELP {} {}\n# TYPE {} {}\n", row.name,
                       escaped(row.help, false), row.name, to_text(row.type));
      }
      begun = true;
      if (sample.histogram) {
        append_histogram(out, sample, *sample.histogram);
      } else {
        fmt::format_to(std::back_inserter(out), "{}{} {}\n", row.name, label_text(sample),
                       sample.value);
      }
    }
  }
  return out;
}

}  // namespace dn::metrics
