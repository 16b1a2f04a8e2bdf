#include "cli/served_policy.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace dn::cli {
namespace {

constexpr Date kToday{std::chrono::year(2026), std::chrono::month(11), std::chrono::day(22)};
constexpr std::string_view kPolicy = R"(
[gateway]
inside = ["lan0"]
outside = "wan0"
[[group]]
gid = "sg-web"
  [[group.egress]]
  description = "discriminat:tls:api.example.com"
  ports = 443
[[client]]
address = "10.0.1.10"
groups = ["sg-web"]
)";

class ServedPolicyTest : public testing::Test {
 protected:
  ~ServedPolicyTest() override { std::filesystem::remove(path_); }
  // Each version is a minute newer than the one before, whatever the clock's steps are.
  void write(std::string_view text) {
    std::ofstream(path_) << text;
    std::filesystem::last_write_time(
        path_, std::filesystem::file_time_type(std::chrono::minutes(++version_)));
  }
  std::unique_ptr<ServedPolicy> open() {
    World world{.in = in_, .out = out_, .err = err_, .today = kToday, .now = {}};
    return ServedPolicy::open(path_, world);
  }

  // Tests run side by side.
  const std::string path_ =
      testing::TempDir() + testing::UnitTest::GetInstance()->current_test_info()->name() + ".toml";
  int version_ = 0;
  std::istringstream in_;
  std::ostringstream out_, err_;
};

TEST_F(ServedPolicyTest, FollowsTheFileAndKeepsTheLastGoodOne) {
  write(kPolicy);
  const auto served = open();
  ASSERT_NE(served, nullptr) << err_.str();
  const auto first = served->get(kToday);
  EXPECT_EQ(first->revision, 1U);
  EXPECT_EQ(first->input.clients.size(), 1U);
  EXPECT_EQ(served->get(kToday), first) << "an unchanged file is not read again";
  write("[[group]]\n");
  EXPECT_EQ(served->get(kToday), first) << "a broken file changes nothing";
  write("[gateway]\ninside = [\"a\"]\noutside = \"b\"\nsource = \"aws\"\n");
  EXPECT_EQ(served->get(kToday), first) << "one without a policy neither";
  write(std::string(kPolicy) + "[[client]]\naddress = \"10.0.1.11\"\ngroups = [\"sg-web\"]\n");
  EXPECT_EQ(served->get(kToday)->input.clients.size(), 2U);
  std::filesystem::remove(path_);
  EXPECT_EQ(served->get(kToday)->input.clients.size(), 2U);
}

TEST_F(ServedPolicyTest, SaysWhyThereIsNone) {
  EXPECT_EQ(open(), nullptr);
  EXPECT_NE(err_.str().find(path_), std::string::npos);
  write("[gateway]\ninside = [\"a\"]\noutside = \"b\"\nsource = \"aws\"\n");
  err_.str("");
  EXPECT_EQ(open(), nullptr);
  EXPECT_NE(err_.str().find("in the cloud"), std::string::npos) << err_.str();
}

}  // namespace
}  // namespace dn::cli
