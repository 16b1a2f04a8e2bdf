// A world for tests: text in, text out, a clock that only pauses move, logs that a test makes up,
// files in a directory of their own.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "cli/run_cli.h"
#include "cli/testing/fake_logs_client.h"
#include "cli/world.h"
#include "daemon/testing/fake_cloud.h"

namespace dn::cli {

// Each test gets an empty directory, which goes when the test ends.
class CliTest : public testing::Test {
 protected:
  CliTest() {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    directory_ = std::filesystem::path(testing::TempDir()) /
                 (std::string("dn-cli-") + test->test_suite_name() + "-" + test->name());
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directories(directory_);
  }
  ~CliTest() override { std::filesystem::remove_all(directory_); }

  std::string put(const std::string& name, std::string_view text) {
    const std::string path = (directory_ / name).string();
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }
  std::string path_of(const std::string& name) const { return (directory_ / name).string(); }

  // The exit code; what was printed stands in `out` and `err` without the directory's name.
  int call(const std::vector<std::string>& arguments, std::string_view input = {}) {
    std::istringstream in{std::string(input)};
    std::ostringstream out_stream;
    std::ostringstream err_stream;
    World world{.in = in,
                .out = out_stream,
                .err = err_stream,
                .colour = colour,
                .today = std::chrono::year(2026) / 11 / 22,
                .now = now,
                .out_is_terminal = out_is_terminal,
                .err_is_terminal = err_is_terminal,
                .columns = columns,
                .clock = [this] { return wall; },
                .watch_interrupts = [] {},
                .interrupted = [this] { return interrupted; },
                .pause =
                    [this](std::chrono::milliseconds duration) {
                      wall += duration;
                      ++pauses;
                      if (on_pause) on_pause();
                    },
                .open_logs = [this](const LogsPlace& place, const std::string& default_store)
                    -> Result<std::unique_ptr<LogsClient>> {
                  logs.place = place;
                  logs.default_store = default_store;
                  return std::make_unique<FakeLogsClient>(logs);
                }};
    world.open_cloud = [this](const config::GatewaySettings& settings) -> Result<CloudAccess> {
      cloud_settings = settings;
      if (!cloud) return fail("this test has no cloud");
      return CloudAccess{{}, cloud->questions()};
    };
    const int code = run_cli_in(arguments, world);
    out = without_directory(out_stream.str());
    err = without_directory(err_stream.str());
    return code;
  }

  std::string out;
  std::string err;
  bool colour = false;
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  std::size_t columns = 0;
  WallTime wall = std::chrono::sys_days{std::chrono::year{2026} / 11 / 22} + std::chrono::hours(12);
  bool interrupted = false;
  int pauses = 0;
  std::function<void()> on_pause;
  FakeLogs logs;
  std::optional<daemon::testing::FakeCloud> cloud;
  config::GatewaySettings cloud_settings;  // as the command asked for it
  std::filesystem::file_time_type now = std::filesystem::file_time_type::clock::now();

 private:
  std::string without_directory(std::string text) const {
    const std::string prefix = directory_.string() + "/";
    for (std::size_t at = text.find(prefix); at != std::string::npos; at = text.find(prefix)) {
      text.erase(at, prefix.size());
    }
    return text;
  }

  std::filesystem::path directory_;
};

}  // namespace dn::cli
