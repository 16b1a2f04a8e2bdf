// The line on standard error, and numbers for people.
#include "cli/progress.h"

#include <gtest/gtest.h>

#include <sstream>

namespace dn::cli {
namespace {

using namespace std::chrono_literals;

struct ProgressTest : testing::Test {
  World make_world() {
    return {.in = in,
            .out = out,
            .err = err,
            .today = std::chrono::year(2026) / 11 / 22,
            .now = {},
            .err_is_terminal = terminal,
            .clock = [this] { return now; }};
  }
  std::istringstream in;
  std::ostringstream out, err;
  bool terminal = true;
  WallTime now{};
};

TEST_F(ProgressTest, AppearsAfterASecondAndGoesAtTheEnd) {
  World world = make_world();
  {
    Progress progress(world);
    int asked = 0;
    const auto update = [&] { progress.update([&] { return "line " + std::to_string(++asked); }); };
    update();
    now += 999ms;
    update();
    EXPECT_EQ(err.str(), "");
    now += 1ms;
    update();
    update();
    EXPECT_EQ(err.str(), "\r\x1b[Kline 1");
    now += 200ms;
    update();
    EXPECT_EQ(err.str(), "\r\x1b[Kline 1\r\x1b[Kline 2");
    progress.clear();
    progress.clear();
    EXPECT_EQ(asked, 2);
    now += 200ms;
    update();
  }
  EXPECT_EQ(err.str(), "\r\x1b[Kline 1\r\x1b[Kline 2\r\x1b[K\r\x1b[Kline 3\r\x1b[K");
}

TEST_F(ProgressTest, IsSilentWithoutATerminalAndHarmlessOnOne) {
  terminal = false;
  {
    World world = make_world();
    Progress progress(world);
    now += 10s;
    progress.update([] { return std::string("x"); });
  }
  EXPECT_EQ(err.str(), "");
  terminal = true;
  {
    World world = make_world();
    Progress progress(world);
    now += 10s;
    progress.update([] { return "a\x1b]0;b\n" + std::string(200, 'c'); });
  }
  EXPECT_TRUE(err.str().starts_with("\r\x1b[Ka\\x1b]0;b\\nccc")) << err.str();
  EXPECT_LT(err.str().size(), 100U);
}

TEST(FormatBytes, ShortensThem) {
  EXPECT_EQ(format_bytes(999), "999 bytes");
  EXPECT_EQ(format_bytes(1000), "1.0 kB");
  EXPECT_EQ(format_bytes(999'949), "999.9 kB");
  EXPECT_EQ(format_bytes(999'950), "1.0 MB");
  EXPECT_EQ(format_bytes(12'345'678'901), "12.3 GB");
  EXPECT_TRUE(format_bytes(UINT64_MAX).ends_with(" PB"));
}

}  // namespace
}  // namespace dn::cli
