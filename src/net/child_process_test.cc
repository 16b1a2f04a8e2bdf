// Tests of child_process.h with programs that every Debian system has.
#include "net/child_process.h"

#include <gtest/gtest.h>

namespace dn::net {
namespace {

using std::chrono_literals::operator""ms;

TEST(ChildProcess, PassesInputAndReturnsOutput) {
  const std::string text(100'000, 'x');
  const auto outcome = run_child({.arguments = {"cat"}, .input = text});
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(outcome->exit_code, 0);
  EXPECT_EQ(outcome->output, text);
  EXPECT_EQ(outcome->errors, "");
}

TEST(ChildProcess, ProgramMayOpenItsInputByName) {
  const auto outcome = run_child({.arguments = {"cat", "/dev/stdin"}, .input = "table"});
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(outcome->output, "table");
}

TEST(ChildProcess, ReturnsErrorsAndExitCode) {
  const auto outcome = run_child({.arguments = {"cat", "/nonexistent"}, .input = ""});
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(outcome->exit_code, 1);
  EXPECT_NE(outcome->errors.find("/nonexistent"), std::string::npos);
}

TEST(ChildProcess, ArgumentsAreNotReadByAShell) {
  const auto outcome = run_child({.arguments = {"echo", "$HOME;", "`id`"}, .input = ""});
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(outcome->output, "$HOME; `id`\n");
}

TEST(ChildProcess, EnvironmentIsOnlyASearchPath) {
  const auto outcome = run_child({.arguments = {"env"}, .input = ""});
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(outcome->output, "PATH=/usr/sbin:/usr/bin:/sbin:/bin\n");
}

TEST(ChildProcess, OutputIsCutAtItsLimit) {
  const auto outcome =
      run_child({.arguments = {"head", "-c", "1000000", "/dev/zero"}, .input = ""});
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(outcome->output.size(), kChildOutputBytesMax);
}

TEST(ChildProcess, KillsAProgramThatDoesNotEnd) {
  const auto outcome = run_child({.arguments = {"sleep", "600"}, .input = "", .time_limit = 20ms});
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().message, "sleep: did not end within 20 ms and was killed");
}

TEST(ChildProcess, NamesAProgramThatDoesNotExist) {
  const auto outcome = run_child({.arguments = {"no-such-program"}, .input = ""});
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().message,
            "no-such-program: cannot be started: No such file or directory");
}

}  // namespace
}  // namespace dn::net
