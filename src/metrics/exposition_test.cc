#include "metrics/exposition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace dn::metrics {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

TEST(MetricTable, NamesFollowTheRulesOfPrometheus) {
  std::set<std::string_view> seen;
  for (const MetricRow& row : kMetrics) {
    const std::string name(row.name);
    EXPECT_THAT(name, MatchesRegex("(discriminat|process)_[a-z_]+"));
    EXPECT_TRUE(seen.insert(row.name).second) << name << " stands twice";
    EXPECT_EQ(row.type == MetricType::Counter, row.name.ends_with("_total")) << name;
    const bool measured = row.unit == "seconds" || row.unit == "bytes";
    if (measured) {
      EXPECT_THAT(name, HasSubstr(std::string(row.unit)));
    }
    EXPECT_TRUE(row.help.ends_with('.')) << name;
    for (const std::string_view label : row.labels) {
      EXPECT_THAT(std::string(label), MatchesRegex("[a-z_]*")) << name;
      EXPECT_NE(label, "le") << name;
    }
  }
}

TEST(Exposition, WritesFamiliesInTheOrderOfTheTableEachOnce) {
  Samples samples;
  samples.add(metric("discriminat_healthy"), 1);
  samples.add(metric("discriminat_queue_waiting_packets"), 7, {"1040"});
  samples.add(metric("discriminat_clock_synchronised"), false);
  samples.add(metric("discriminat_queue_waiting_packets"), 0, {"1041"});
  EXPECT_EQ(format_exposition(samples),
            "# HELP discriminat_queue_waiting_packets Packets in the kernel's queue without a "
            "verdict.\n"
            "# TYPE discriminat_queue_waiting_packets gauge\n"
            "discriminat_queue_waiting_packets{queue=\"1040\"} 7\n"
            "discriminat_queue_waiting_packets{queue=\"1041\"} 0\n"
            "# HELP discriminat_healthy What the health port says: 1 is 200.\n"
            "# TYPE discriminat_healthy gauge\n"
            "discriminat_healthy 1\n"
            "# HELP discriminat_clock_synchronised Whether the kernel says that the clock is "
            "synchronised.\n"
            "# TYPE discriminat_clock_synchronised gauge\n"
            "discriminat_clock_synchronised 0\n");
}

TEST(Exposition, EscapesLabels) {
  Samples samples;
  samples.add(metric("discriminat_build_info"), 1, {"a\"b\\c\nd{e}=\xc3\xa4"});
  EXPECT_THAT(format_exposition(samples),
              HasSubstr("discriminat_build_info{version=\"a\\\"b\\\\c\\nd{e}=\xc3\xa4\"} 1\n"));
}

TEST(Exposition, WritesLargeAndSmallNumbersSoThatTheyComeBack) {
  Samples samples;
  samples.add(metric("discriminat_log_disk_bytes"), std::uint64_t{1} << 53U, {"flow"});
  samples.add(metric("discriminat_policy_age_seconds"), 0.25);
  const std::string text = format_exposition(samples);
  EXPECT_THAT(text, HasSubstr("discriminat_log_disk_bytes{stream=\"flow\"} 9007199254740992\n"));
  EXPECT_THAT(text, HasSubstr("discriminat_policy_age_seconds 0.25\n"));
}

TEST(Exposition, WritesHistogramsCumulatively) {
  Histogram added(kAddedBounds);
  added.add(5us, 3);
  added.add(7us);
  added.add(1s);
  Samples samples;
  samples.add(metric("discriminat_added_seconds"), added);
  const std::string text = format_exposition(samples);
  EXPECT_THAT(text, HasSubstr("# TYPE discriminat_added_seconds histogram\n"
                              "discriminat_added_seconds_bucket{le=\"5e-06\"} 3\n"
                              "discriminat_added_seconds_bucket{le=\"1e-05\"} 4\n"));
  EXPECT_THAT(text, HasSubstr("discriminat_added_seconds_bucket{le=\"0.1\"} 4\n"
                              "discriminat_added_seconds_bucket{le=\"+Inf\"} 5\n"
                              "discriminat_added_seconds_sum 1.000022\n"
                              "discriminat_added_seconds_count 5\n"));
}

TEST(ExpositionDeathTest, WantsTheLabelsOfTheTable) {
  Samples samples;
  EXPECT_DEATH(samples.add(metric("discriminat_healthy"), 1, {"x"}), "which labels");
  EXPECT_DEATH(samples.add(metric("discriminat_build_info"), 1), "which labels");
  EXPECT_DEATH(samples.add(metric("discriminat_held_seconds"), 1), "no number");
}

}  // namespace
}  // namespace dn::metrics
