// `status`: fresh, old, missing and broken status files.
#include "cli/status.h"

#include <gtest/gtest.h>

#include <chrono>

#include "cli/exit_codes.h"
#include "cli/testing/cli_test_kit.h"

namespace dn::cli {
namespace {

class Status : public CliTest {
 protected:
  Status() {
    file_ = put("p.toml", "[gateway]\ninside = [\"lan0\"]\noutside = \"wan0\"\nstate_dir = \"" +
                              path_of("state") + "\"\n");
    std::filesystem::create_directories(path_of("state"));
  }
  void put_status(std::string_view text, std::chrono::seconds age) {
    const std::string path = put("state/status.json", text);
    std::filesystem::last_write_time(path, now - age);
  }

  std::string file_;
};

constexpr std::string_view kStatus =
    R"({"version": "0.1.0", "healthy": true, "flows": 12,
        "loops": [{"queue": 1040, "packets": 7}], "dns": {"names": 3, "note": "a\u001bb"}})";

TEST_F(Status, PrintsWhatTheGatewayWrote) {
  put_status(kStatus, std::chrono::seconds(3));
  EXPECT_EQ(call({"status", "--config", file_}), kExitGood);
  EXPECT_EQ(out, R"(version                     0.1.0
healthy                     true
flows                       12
loops
  [0]
    queue                       1040
    packets                     7
dns
  names                       3
  note                        a\x1bb
)");
}

TEST_F(Status, PrintsJson) {
  put_status("{\"flows\": 12}", std::chrono::seconds(3));
  EXPECT_EQ(call({"status", "--json", "--config", file_}), kExitGood);
  EXPECT_EQ(out, "{\"running\": true, \"age_seconds\": 3, \"status\": {\"flows\":12}}\n");
}

TEST_F(Status, SaysThatNoGatewayRuns) {
  EXPECT_EQ(call({"status", "--config", file_}), kExitNotRunning);
  EXPECT_EQ(err, "discriminat: no gateway runs: state/status.json does not exist\n");
  put_status(kStatus, std::chrono::seconds(15));
  EXPECT_EQ(call({"status", "--config", file_}), kExitGood);
  put_status(kStatus, std::chrono::seconds(42));
  EXPECT_EQ(call({"status", "--config", file_}), kExitNotRunning);
  EXPECT_EQ(err,
            "discriminat: no gateway runs: state/status.json was last written 42 seconds ago\n");
  EXPECT_EQ(call({"status", "--json", "--config", file_}), kExitNotRunning);
  EXPECT_EQ(out,
            "{\"running\": false, \"reason\": \"state/status.json was last written 42 seconds "
            "ago\"}\n");
}

TEST_F(Status, RefusesWhatIsNoObject) {
  for (const std::string_view text : {"", "[]", "{", "{\"a\": }", "1"}) {
    put_status(text, std::chrono::seconds(1));
    EXPECT_EQ(call({"status", "--config", file_}), kExitCannot) << text;
    EXPECT_EQ(err, "discriminat: state/status.json: this is no JSON object\n");
  }
}

TEST_F(Status, NeedsTheConfigurationOnlyForThePath) {
  EXPECT_EQ(call({"status", "--config", path_of("none.toml")}), kExitCannot);
  EXPECT_EQ(err, "discriminat: none.toml: No such file or directory\n");
  put_status(kStatus, std::chrono::seconds(1));
  put("p.toml", "[gateway]\nfoo = 1\nstate_dir = \"" + path_of("state") + "\"\n");
  EXPECT_EQ(call({"status", "--config", file_}), kExitGood);
}

}  // namespace
}  // namespace dn::cli
