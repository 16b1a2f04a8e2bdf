#include "metrics/emf.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <limits>
#include <set>

namespace dn::metrics {
namespace {

using namespace std::chrono_literals;
using ::testing::EndsWith;
using ::testing::MatchesRegex;
using ::testing::StartsWith;
namespace json = boost::json;

const WallTime kNoon = std::chrono::sys_days{std::chrono::year{2026} / 11 / 22} + 12h;
const EmfSource kSource = {"gw-1", "lab"};

json::object parsed(const std::string& line) {
  EXPECT_THAT(line, EndsWith("}\n"));
  EXPECT_EQ(line.find('\n'), line.size() - 1) << "one line";
  return json::parse(line).as_object();
}
json::object written(const Samples& before, const Samples& now, const EmfSource& source = kSource) {
  return parsed(format_emf(source, kNoon, before, now));
}
const json::object& directive_of(const json::object& line) {
  return line.at("_aws").at("CloudWatchMetrics").as_array().at(0).as_object();
}
std::string sets_of(const json::object& line) {
  return json::serialize(directive_of(line).at("Dimensions"));
}
// The value of a metric; none: the line does not have it.
std::optional<double> value_of(const json::object& line, std::string_view name) {
  const auto* value = line.if_contains(name);
  return value == nullptr ? std::optional<double>() : value->to_number<double>();
}

Samples decisions(int allowed_tls, int allowed_ssh, int refused) {
  const auto& row = metric("discriminat_decisions_total");
  Samples samples;
  if (allowed_tls > 0) samples.add(row, allowed_tls, {"client", "allowed", "policy", "tls"});
  if (allowed_ssh > 0) samples.add(row, allowed_ssh, {"client", "allowed", "policy", "ssh"});
  if (refused > 0) samples.add(row, refused, {"client", "disallowed", "not-allowed", "tls"});
  samples.add(row, 7, {"server", "allowed", "policy", "tls"});
  return samples;
}

// A sample of each row that is chosen, and of the whole where there is one.
Samples everything(double value) {
  Samples samples;
  std::set<const MetricRow*> done;
  const auto add = [&](const CloudwatchRow& row, const MetricRow& of) {
    if (of.type == MetricType::Histogram) {
      Histogram histogram(kHandshakeBounds);
      histogram.add(10ms, static_cast<std::uint64_t>(value));
      if (done.insert(&of).second) samples.add(of, histogram);
      return;
    }
    const auto& labels = row.labels;
    switch (of.label_count()) {
      case 0: samples.add(of, value); break;
      case 1: samples.add(of, value, {labels[0]}); break;
      default: samples.add(of, value, {labels[0], labels[1], labels[2], labels[3]}); break;
    }
  };
  for (const CloudwatchRow& row : kCloudwatchMetrics) {
    add(row, row.of);
    if (row.whole != nullptr) add(row, *row.whole);
  }
  return samples;
}

// -- the table ------------------------------------------------------------------------------------

TEST(CloudwatchTable, KeepsTheLimitsAndWordsOfTheFormat) {
  const std::set<std::string_view> units = {"Count", "Seconds", "Milliseconds",
                                            "Bytes", "Percent", "None"};
  std::set<std::string_view> seen;
  for (const CloudwatchRow& row : kCloudwatchMetrics) {
    EXPECT_TRUE(seen.insert(row.name).second) << row.name << " stands twice";
    EXPECT_THAT(std::string(row.name), MatchesRegex("[A-Z][A-Za-z]+")) << "no field of a log line";
    EXPECT_TRUE(units.contains(row.unit)) << row.name;
    EXPECT_EQ(row.unit == "Percent", row.whole != nullptr) << row.name;
    EXPECT_EQ(row.unit == "Milliseconds", row.of.type == MetricType::Histogram) << row.name;
    EXPECT_TRUE(row.whole == nullptr || row.of.type == MetricType::Gauge) << row.name;
    for (std::size_t i = row.of.label_count(); i < kLabelsMax; ++i) {
      EXPECT_EQ(row.labels[i], "") << row.name << " chooses by a label that there is not";
    }
  }
  EXPECT_LE(kCloudwatchMetrics.size(), 100U);
}

// -- a line ---------------------------------------------------------------------------------------

TEST(Emf, IsAPlainLineOfTheStoreAndADocumentOfTheFormat) {
  const std::string text = format_emf(kSource, kNoon + 123ms, everything(1), everything(4));
  EXPECT_THAT(text, StartsWith(R"({"time":"2026-11-22T12:00:00.123Z","instance":"gw-1",)"));
  EXPECT_LT(text.size(), 4096U);
  const json::object line = parsed(text);
  EXPECT_EQ(line.at("deployment").as_string(), "lab");
  EXPECT_EQ(line.at("_aws").at("Timestamp").as_int64(), 1795348800123);
  EXPECT_EQ(line.at("_aws").as_object().size(), 2U);
  EXPECT_EQ(line.at("_aws").at("CloudWatchMetrics").as_array().size(), 1U);
  const json::object& directive = directive_of(line);
  EXPECT_EQ(directive.size(), 3U);
  EXPECT_EQ(directive.at("Namespace").as_string(), "DiscrimiNAT");
  EXPECT_EQ(sets_of(line), R"([["instance"],["deployment"]])");
}

TEST(Emf, NamesEachMetricWithItsUnitAndGivesItsValueAtTheTop) {
  const json::object line = written(everything(1), everything(4));
  const json::array& named = directive_of(line).at("Metrics").as_array();
  ASSERT_EQ(named.size(), kCloudwatchMetrics.size());
  for (std::size_t i = 0; i < named.size(); ++i) {
    EXPECT_EQ(named[i].at("Name").as_string(), kCloudwatchMetrics.at(i).name);
    EXPECT_EQ(named[i].at("Unit").as_string(), kCloudwatchMetrics.at(i).unit);
    EXPECT_TRUE(line.at(named[i].at("Name").as_string()).is_number());
  }
  EXPECT_EQ(line.size(), 4 + named.size()) << "nothing is there that no directive names";
}

TEST(Emf, CountsWhatWasAddedOverTheLabelsThatAreLeftOpen) {
  const json::object line = written(decisions(5, 0, 2), decisions(8, 4, 2));
  EXPECT_EQ(value_of(line, "ConnectionsAllowed"), 7);
  EXPECT_EQ(value_of(line, "ConnectionsRefused"), 0);
  EXPECT_EQ(value_of(line, "ServersRefused"), 0) << "a counter without a sample counted nothing";
}

TEST(Emf, LeavesACounterOutThatFell) {
  const json::object line = written(decisions(5, 0, 2), decisions(4, 0, 3));
  EXPECT_EQ(value_of(line, "ConnectionsAllowed"), std::nullopt);
  EXPECT_EQ(value_of(line, "ConnectionsRefused"), 1);
  for (const auto& named : directive_of(line).at("Metrics").as_array()) {
    EXPECT_NE(named.at("Name").as_string(), "ConnectionsAllowed");
  }
}

TEST(Emf, TakesTheLargestOfAGaugeAsItIs) {
  Samples before, now;
  before.add(metric("discriminat_shipper_lag_seconds"), 900, {"flow"});
  now.add(metric("discriminat_shipper_lag_seconds"), 30, {"flow"});
  now.add(metric("discriminat_shipper_lag_seconds"), 60.5, {"config"});
  now.add(metric("discriminat_healthy"), true);
  const json::object line = written(before, now);
  EXPECT_EQ(value_of(line, "ShipperLag"), 60.5);
  EXPECT_EQ(value_of(line, "Healthy"), 1);
  EXPECT_EQ(value_of(line, "PolicyAge"), std::nullopt) << "this gateway has none";
}

TEST(Emf, GivesPartsAsPerCentOfTheirWhole) {
  Samples now;
  now.add(metric("discriminat_conntrack_entries"), 50);
  now.add(metric("discriminat_conntrack_entries_max"), 200);
  now.add(metric("discriminat_snat_ports_max"), 64512);
  const json::object line = written({}, now);
  EXPECT_EQ(value_of(line, "ConntrackUse"), 25);
  EXPECT_EQ(value_of(line, "SnatPortsUse"), 0) << "no destination is worth a sample";
  Samples without;
  without.add(metric("discriminat_conntrack_entries"), 50);
  without.add(metric("discriminat_conntrack_entries_max"), 0);
  EXPECT_EQ(value_of(written({}, without), "ConntrackUse"), std::nullopt);
}

TEST(Emf, GivesTheMeanOfWhatAHistogramTookIn) {
  Histogram earlier(kHandshakeBounds), later(kHandshakeBounds);
  earlier.add(10s, 5);
  later.merge(earlier);
  later.add(10ms, 3);
  later.add(50ms);
  Samples before, now;
  before.add(metric("discriminat_handshake_seconds"), earlier);
  before.add(metric("discriminat_held_seconds"), earlier);
  now.add(metric("discriminat_handshake_seconds"), later);
  now.add(metric("discriminat_held_seconds"), earlier);
  const json::object line = written(before, now);
  EXPECT_DOUBLE_EQ(*value_of(line, "HandshakeTime"), 20);
  EXPECT_EQ(value_of(line, "HeldTime"), std::nullopt) << "nothing was held";
}

TEST(Emf, WritesNoNumberThatIsNone) {
  for (const double odd :
       {std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
    Samples now;
    now.add(metric("discriminat_policy_age_seconds"), odd);
    now.add(metric("discriminat_stray_packets_total"), odd, {"proto-quic"});
    const json::object line = written({}, now);
    EXPECT_EQ(value_of(line, "PolicyAge"), std::nullopt);
    EXPECT_EQ(value_of(line, "StrayPackets"), std::nullopt);
  }
}

TEST(Emf, MakesNoDimensionOfWhatCloudWatchDoesNotTake) {
  struct Case {
    std::string instance, deployment, want;
  };
  const Case cases[] = {
      {"gw-1", "%default", R"([["instance"],["deployment"]])"},
      {std::string(1024, 'x'), "", R"([["instance"]])"},
      {std::string(1025, 'x'), "lab", R"([["deployment"]])"},
      {"gw\n\"1\"", "lab", R"([["deployment"]])"},
      {"gw-1", "caf\xc3\xa9", R"([["instance"]])"},
      {":gw", " ", "[[]]"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(sets_of(written({}, {}, {c.instance, c.deployment})), c.want) << c.instance;
  }
}

// -- the minutes ----------------------------------------------------------------------------------

class EmfWriterTest : public ::testing::Test {
 protected:
  std::string at(std::chrono::milliseconds since, int allowed, std::chrono::hours wall_step = 0h) {
    const Now now{MonotonicTime{since}, kNoon + since + wall_step, true};
    return writer_.on_samples(now, decisions(allowed, 0, 0));
  }
  EmfWriter writer_{kSource};
};

TEST_F(EmfWriterTest, BeginsWithTheFirstSamplesWhateverTheyCount) {
  EXPECT_EQ(at(0ms, 1'000'000), "");
  EXPECT_EQ(at(2s, 1'000'001), "");
  EXPECT_EQ(at(60s - 1ms, 1'000'002), "");
  EXPECT_EQ(value_of(parsed(at(60s, 1'000'003)), "ConnectionsAllowed"), 3);
}

TEST_F(EmfWriterTest, CountsEachConnectionInOneLine) {
  double sum = 0;
  int lines = 0;
  for (int round = 0; round <= 150; ++round) {  // every two seconds, one connection each
    const std::string line = at(2s * round, round + 1);
    if (line.empty()) continue;
    sum += *value_of(parsed(line), "ConnectionsAllowed");
    ++lines;
  }
  EXPECT_EQ(lines, 5);
  EXPECT_EQ(sum, 150);
}

TEST_F(EmfWriterTest, IsPacedByTheClockThatNobodySets) {
  at(0ms, 0);
  EXPECT_EQ(at(2s, 1, 5h), "");
  EXPECT_EQ(value_of(parsed(at(60s, 2, -5h)), "ConnectionsAllowed"), 2);
}

}  // namespace
}  // namespace dn::metrics
