#include "daemon/gateway_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <set>

#include "metrics/emf.h"

namespace dn::daemon {
namespace {

using namespace std::chrono_literals;
using metrics::metric;
using records::Outcome;
using records::PacketOrigin;
using ::testing::HasSubstr;
using ::testing::Not;

const WallTime kNoon = std::chrono::sys_days{std::chrono::year{2026} / 11 / 22} + 12h;

LoopStatus loop(std::uint16_t queue) {
  LoopStatus loop;
  loop.queue_number = queue;
  loop.answers = true;
  loop.engine.decisions.count(
      {PacketOrigin::Client, Outcome::Disallowed, Reason::DnsMismatch, Protocol::Tls});
  loop.engine.decisions.count(
      {PacketOrigin::Server, Outcome::Allowed, Reason::None, Protocol::Ssh});
  loop.engine.strays[static_cast<std::size_t>(Reason::ProtoQuic)] = 4;
  loop.engine.handshake.add(30ms);
  loop.engine.held.add(20ms);
  loop.added.add(40us, 32);
  loop.engine.packets = 10;
  loop.kernel_queue = {.waiting = 5, .queue_dropped = 2, .user_dropped = 1};
  return loop;
}

// Everything that a gateway can have.
GatewayStatus full_status() {
  GatewayStatus status;
  status.version = "1.2.3";
  status.queue_form = "nft queue";
  status.started = kNoon - 1h;
  status.written = kNoon;
  status.policy_age = 90s;
  status.loops = {loop(1040), loop(1041)};
  status.conntrack = {100, 262144};
  status.snat = {2, {{{0xc0000201}, 443, 60000}, {{0xc0000202}, 22, 1}}};
  status.firewall = {{"no_queue", 3, 180}};
  AwsStatus aws;
  aws.sweep_age = 12s;
  aws.shipped["flow"] = {};
  aws.shipped["config"] = {};
  status.aws = aws;
  return status;
}

// The value of the sample with these labels; -1: there is none.
double value_of(const metrics::Samples& samples, const metrics::MetricRow& row,
                const std::vector<std::string>& labels = {}) {
  for (const auto& sample : samples.all()) {
    if (sample.row == &row && sample.labels == labels) return sample.value;
  }
  return -1;
}

TEST(GatewayMetrics, FillsEachRowOfTheTable) {
  const metrics::Samples samples = samples_of(full_status());
  for (const metrics::MetricRow& row : metrics::kMetrics) {
    EXPECT_TRUE(std::ranges::any_of(samples.all(), [&](const auto& s) { return s.row == &row; }))
        << row.name << " is in the table, and no sample ever fills it";
  }
}

TEST(GatewayMetrics, GivesNoSampleTwice) {
  std::set<std::pair<std::string_view, std::vector<std::string>>> seen;
  const metrics::Samples samples = samples_of(full_status());
  for (const auto& sample : samples.all()) {
    EXPECT_TRUE(seen.emplace(sample.row->name, sample.labels).second) << sample.row->name;
  }
}

TEST(GatewayMetrics, AddsTheLoopsUp) {
  const metrics::Samples samples = samples_of(full_status());
  const auto& decisions = metric("discriminat_decisions_total");
  EXPECT_EQ(value_of(samples, decisions, {"client", "disallowed", "dns-mismatch", "tls"}), 2);
  EXPECT_EQ(value_of(samples, decisions, {"server", "allowed", "policy", "ssh"}), 2);
  EXPECT_EQ(value_of(samples, metric("discriminat_stray_packets_total"), {"proto-quic"}), 8);
  EXPECT_EQ(value_of(samples, metric("discriminat_packets_total")), 20);
  const std::string text = metrics::format_exposition(samples);
  EXPECT_THAT(text, HasSubstr("discriminat_handshake_seconds_count 2\n"));
  EXPECT_THAT(text, HasSubstr("discriminat_added_seconds_bucket{le=\"5e-05\"} 64\n"));
  EXPECT_THAT(text, HasSubstr("discriminat_queue_waiting_packets{queue=\"1041\"} 5\n"));
  EXPECT_THAT(text, HasSubstr("discriminat_snat_ports{dst=\"192.0.2.1:443\"} 60000\n"));
  EXPECT_THAT(text, Not(HasSubstr("192.0.2.2"))) << "a port or two are worth no time series";
}

TEST(GatewayMetrics, LeavesOutWhatThisGatewayDoesNotHave) {
  GatewayStatus status = full_status();
  status.aws.reset();
  status.policy_age.reset();
  const std::string text = metrics::format_exposition(samples_of(status));
  EXPECT_THAT(text, Not(HasSubstr("_cloud_")));
  EXPECT_THAT(text, Not(HasSubstr("_ship")));
  EXPECT_THAT(text, Not(HasSubstr("policy_age")));
}

TEST(GatewayMetrics, KnowsTheThirdLogWhereThereIsOne) {
  GatewayStatus status = full_status();
  const auto& row = metric("discriminat_log_dropped_lines_total");
  EXPECT_EQ(value_of(samples_of(status), row, {"metrics"}), -1);
  EXPECT_FALSE(boost::json::parse(format_status(status)).as_object().contains("metrics_log"));
  status.metrics_log.emplace().dropped_lines = 3;
  EXPECT_EQ(value_of(samples_of(status), row, {"metrics"}), 3);
  const auto told = boost::json::parse(format_status(status));
  EXPECT_EQ(told.at("metrics_log").at("dropped_lines").to_number<int>(), 3);
}

// docs/metrics.md: what of all this CloudWatch gets.
TEST(GatewayMetrics, FillsEachMetricOfCloudWatch) {
  const auto before = samples_of(full_status());
  GatewayStatus later = full_status();
  for (LoopStatus& loop : later.loops) {
    loop.engine.decisions.count(
        {PacketOrigin::Client, Outcome::Allowed, Reason::None, Protocol::Tls});
    loop.engine.handshake.add(10ms);
    loop.engine.held.add(10ms);
  }
  const auto line =
      boost::json::parse(metrics::format_emf({"gw-1", "lab"}, kNoon, before, samples_of(later)));
  for (const auto& row : metrics::kCloudwatchMetrics) {
    EXPECT_TRUE(line.as_object().contains(row.name)) << row.name;
  }
  EXPECT_EQ(line.at("ConnectionsAllowed").to_number<int>(), 2);
  EXPECT_EQ(line.at("ConnectionsRefused").to_number<int>(), 0);
}

TEST(GatewayMetrics, LagIsTheAgeOfTheOldestLineThatWaits) {
  GatewayStatus status = full_status();
  shipper::ShipStats& flow = status.aws->shipped["flow"];
  const auto lag = [&] {
    return value_of(samples_of(status), metric("discriminat_shipper_lag_seconds"), {"flow"});
  };
  flow.shipped_to = kNoon - 24h;
  EXPECT_EQ(lag(), 0) << "a quiet log is not late";
  flow.waiting_since = kNoon - 1s;
  EXPECT_EQ(lag(), 1);
  flow.shipped_to = {};
  flow.waiting_since = kNoon - 3h;
  EXPECT_EQ(lag(), 3 * 3600) << "what an earlier process had left";
  flow.waiting_since = kNoon + 1s;
  EXPECT_EQ(lag(), 0) << "the clock was set back";
}

// docs/console-api.md.
TEST(StatusFile, HasTheHistogramsAndTheKernelsTables) {
  const auto status = boost::json::parse(format_status(full_status()));
  const auto& histograms = status.at("histograms").as_object();
  for (const char* name : {"handshake_seconds", "held_seconds", "added_seconds"}) {
    const auto& one = histograms.at(name).as_object();
    EXPECT_EQ(one.at("counts").as_array().size(), one.at("bounds").as_array().size() + 1) << name;
  }
  EXPECT_EQ(histograms.at("held_seconds").at("count").to_number<int>(), 2);
  EXPECT_DOUBLE_EQ(histograms.at("held_seconds").at("sum").to_number<double>(), 0.04);
  EXPECT_EQ(status.at("policy").at("age_seconds").to_number<int>(), 90);
  EXPECT_EQ(status.at("conntrack").at("entries").to_number<int>(), 100);
  EXPECT_EQ(status.at("conntrack").at("max").to_number<int>(), 262144);
  EXPECT_EQ(status.at("snat").at("destinations").to_number<int>(), 2);
  EXPECT_EQ(boost::json::serialize(status.at("snat").at("top").at(0)),
            R"({"dst":"192.0.2.1:443","ports":60000})");
}

TEST(StatusFile, KeepsTheSumsOfEachLoop) {
  const auto status = boost::json::parse(format_status(full_status()));
  const auto& loop = status.at("packet_loops").at(1);
  EXPECT_EQ(loop.at("client_allowed").to_number<int>(), 0);
  EXPECT_EQ(loop.at("client_refused").to_number<int>(), 1);
  EXPECT_EQ(loop.at("server_allowed").to_number<int>(), 1);
  EXPECT_EQ(loop.at("server_refused").to_number<int>(), 0);
}

}  // namespace
}  // namespace dn::daemon
