#include "shipper/log_shipper.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/testing/eventually.h"
#include "shipper/testing/fake_logs_service.h"
#include "store/testing/fake_disk.h"

namespace dn::shipper {
namespace {

using namespace std::chrono_literals;
using testing::FakeLogsService;

constexpr std::string_view kLine = "{\"time\":\"2026-11-22T03:15:00.123Z\",\"dhost\":\"a\"}";

class LogShipperTest : public ::testing::Test {
 protected:
  void write(const std::string& stream) {
    const auto directory = root_.path() / stream;
    std::filesystem::create_directories(directory);
    std::ofstream(directory / "20261122T031500.000Z-000001.jsonl", std::ios::app) << kLine << '\n';
  }
  std::unique_ptr<LogShipper> start(std::vector<std::string> streams = {"flow", "config"}) {
    LogShipperSettings settings;
    settings.state_dir = root_.path();
    settings.streams = std::move(streams);
    settings.random = [] { return 0U; };
    settings.on_problem = [this](const std::string& text) { say("problem: " + text); };
    settings.on_recovery = [this](const std::string& text) { say("recovery: " + text); };
    auto started = LogShipper::start(std::move(settings), service_.client());
    EXPECT_TRUE(started);
    return *std::move(started);
  }
  void say(std::string text) {
    const std::scoped_lock lock(mutex_);
    said_.push_back(std::move(text));
  }
  std::vector<std::string> said() {
    const std::scoped_lock lock(mutex_);
    return said_;
  }
  store::testing::TemporaryDirectory root_;
  FakeLogsService service_;
  std::mutex mutex_;
  std::vector<std::string> said_;
};

TEST_F(LogShipperTest, ShipsBothStreamsAndWhatComesLater) {
  write("flow");
  write("config");
  const auto shipper = start();
  EXPECT_TRUE(eventually([&] { return service_.messages("config").size() == 1; }));
  EXPECT_TRUE(eventually([&] { return service_.messages("flow").size() == 1; }));
  write("flow");
  EXPECT_TRUE(eventually([&] { return service_.messages("flow").size() == 2; }));
  EXPECT_TRUE(eventually([&] { return shipper->stats().at("flow").shipped == 2; }));
  EXPECT_TRUE(said().empty());
}

TEST_F(LogShipperTest, ShipsTheStreamsThatItIsTold) {
  write("flow");
  write("metrics");
  auto shipper = start();
  EXPECT_TRUE(eventually([&] { return service_.messages("flow").size() == 1; }));
  EXPECT_FALSE(shipper->stats().contains("metrics"));
  shipper.reset();
  EXPECT_FALSE(std::filesystem::exists(root_.path() / "shipped-metrics"));
  shipper = start({"flow", "config", "metrics"});
  EXPECT_TRUE(eventually([&] { return service_.messages("metrics").size() == 1; }));
}

TEST_F(LogShipperTest, TellsALastingFailureAndItsEndOnce) {
  for (int i = 0; i < 10; ++i) service_.faults.push_back({"AccessDeniedException"});
  write("flow");
  const auto shipper = start();
  EXPECT_TRUE(eventually([&] { return service_.messages("flow").size() == 1; }));
  EXPECT_TRUE(eventually([&] { return said().size() == 2; }));
  EXPECT_EQ(said()[0],
            "problem: the flow log cannot be shipped, and waits: AccessDeniedException: no");
  EXPECT_EQ(said()[1], "recovery: the flow log is shipped again");
}

TEST_F(LogShipperTest, DoesNotStartWithADamagedCursor) {
  std::ofstream(root_.path() / "shipped-config") << "what";
  LogShipperSettings settings;
  settings.state_dir = root_.path();
  const auto started = LogShipper::start(std::move(settings), service_.client());
  ASSERT_FALSE(started);
  EXPECT_NE(started.error().message.find("shipped-config"), std::string::npos);
}

}  // namespace
}  // namespace dn::shipper
