// Tests of sysctls.h on a small tree of ordinary files.
#include "netfilter/sysctls.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace dn::netfilter {
namespace {

class Sysctls : public testing::Test {
 protected:
  Sysctls() {
    std::string pattern = (std::filesystem::temp_directory_path() / "sysctls-XXXXXX").string();
    root_ = ::mkdtemp(pattern.data());
  }
  ~Sysctls() override { std::filesystem::remove_all(root_); }

  void write(const std::string& path, const std::string& value) {
    std::filesystem::create_directories(std::filesystem::path(root_ + "/" + path).parent_path());
    std::ofstream(root_ + "/" + path) << value;
  }
  std::string read(const std::string& path) {
    std::ifstream file(root_ + "/" + path);
    std::string line;
    std::getline(file, line);
    return line;
  }

  std::string root_;
};

TEST_F(Sysctls, WritesAndReportsWhatStoodThere) {
  write("net/a", "1\n");
  write("net/b", "0\n");
  const auto changes = apply_sysctls({{"net/a", "0"}, {"net/b", "0"}}, root_);
  ASSERT_TRUE(changes) << changes.error().message;
  ASSERT_EQ(changes->size(), 2U);
  EXPECT_EQ((*changes)[0].before, "1");
  EXPECT_EQ((*changes)[0].after, "0");
  EXPECT_EQ((*changes)[1].before, "0");
  EXPECT_EQ(read("net/a"), "0");
}

TEST_F(Sysctls, MissingIsAnErrorOnlyWhereRequired) {
  EXPECT_TRUE(apply_sysctls({{.path = "net/gone", .value = "0", .required = false}}, root_));
  const auto missing = apply_sysctls({{"net/gone", "0"}}, root_);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().message,
            root_ + "/net/gone: cannot be read: No such file or directory");
}

TEST_F(Sysctls, ValueThatDoesNotStickIsAnError) {
  // A file that takes any write and still reads as before.
  write("net/x", "");
  std::filesystem::remove(root_ + "/net/x");
  std::filesystem::create_symlink("/dev/null", root_ + "/net/x");
  const auto stuck = apply_sysctls({{"net/x", "1"}}, root_);
  ASSERT_FALSE(stuck);
  EXPECT_EQ(stuck.error().message, root_ + "/net/x: was set to 1 but is ");
}

TEST_F(Sysctls, ForwardingIsOneValue) {
  write("net/ipv4/ip_forward", "0\n");
  ASSERT_TRUE(set_forwarding(true, root_));
  EXPECT_EQ(read("net/ipv4/ip_forward"), "1");
  ASSERT_TRUE(set_forwarding(false, root_));
  EXPECT_EQ(read("net/ipv4/ip_forward"), "0");
}

TEST(GatewaySysctls, NameEveryInsideInterfaceAndNeverForwarding) {
  const auto list = gateway_sysctls({.inside = {"lan0", "eth0.7"}, .outside = "wan0"});
  const auto value = [&](std::string_view path) -> std::string {
    for (const auto& setting : list) {
      if (setting.path == path) return setting.value;
    }
    return "absent";
  };
  EXPECT_EQ(value("net/netfilter/nf_conntrack_tcp_loose"), "0");
  EXPECT_EQ(value("net/netfilter/nf_conntrack_tcp_be_liberal"), "1");
  EXPECT_EQ(value("net/netfilter/nf_conntrack_checksum"), "1");
  EXPECT_EQ(value("net/ipv4/conf/all/accept_source_route"), "0");
  EXPECT_EQ(value("net/ipv4/conf/eth0.7/rp_filter"), "2");
  EXPECT_EQ(value("net/ipv4/conf/lan0/rp_filter"), "2");
  EXPECT_EQ(value(kIpForward), "absent");
}

}  // namespace
}  // namespace dn::netfilter
