#include "net/notify.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "net/file_descriptor.h"

namespace dn::net {
namespace {

// Sets a variable and takes it away again.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) {
    ::setenv(name, value.c_str(), 1);
  }
  ~Variable() { ::unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
};

// Stands in for the supervisor: a datagram socket with a name.
class FakeSupervisor {
 public:
  explicit FakeSupervisor(const std::string& name)
      : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    std::ranges::copy(name, address.sun_path);
    if (name[0] == '@') address.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), size), 0);
  }
  std::string received() const {
    std::array<char, 256> text{};
    const ssize_t size = ::recv(socket_.get(), text.data(), text.size(), MSG_DONTWAIT);
    return size < 0 ? "nothing" : std::string(text.data(), static_cast<std::size_t>(size));
  }

 private:
  FileDescriptor socket_;
};

TEST(Notify, SaysNothingWithoutASupervisor) {
  ::unsetenv("NOTIFY_SOCKET");
  EXPECT_EQ(notify_supervisor("READY=1").value(), false);
}

TEST(Notify, SendsOneDatagramToAPath) {
  std::string directory = (std::filesystem::temp_directory_path() / "dn-notify-XXXXXX").string();
  ASSERT_NE(::mkdtemp(directory.data()), nullptr);
  const std::string path = directory + "/socket";
  {
    const FakeSupervisor supervisor(path);
    const Variable variable("NOTIFY_SOCKET", path);
    EXPECT_EQ(notify_supervisor("READY=1\nSTATUS=armed").value(), true);
    EXPECT_EQ(supervisor.received(), "READY=1\nSTATUS=armed");
    EXPECT_EQ(supervisor.received(), "nothing");
  }
  std::filesystem::remove_all(directory);
}

TEST(Notify, SendsToAnAbstractName) {
  const std::string name = "@dn-notify-test-" + std::to_string(::getpid());
  const FakeSupervisor supervisor(name);
  const Variable variable("NOTIFY_SOCKET", name);
  EXPECT_EQ(notify_supervisor("WATCHDOG=1").value(), true);
  EXPECT_EQ(supervisor.received(), "WATCHDOG=1");
}

TEST(Notify, FailsWhereNobodyListensOrTheAddressIsBad) {
  for (const std::string& address : {std::string("/nonexistent/socket"), std::string("relative"),
                                     std::string("vsock:2:1234"), "/" + std::string(200, 'x')}) {
    const Variable variable("NOTIFY_SOCKET", address);
    const auto sent = notify_supervisor("READY=1");
    ASSERT_FALSE(sent) << address;
    EXPECT_TRUE(sent.error().message.starts_with("cannot notify the supervisor: "));
  }
}

TEST(Notify, NeverWaitsForASupervisorThatDoesNotRead) {
  const std::string name = "@dn-notify-full-" + std::to_string(::getpid());
  const FakeSupervisor supervisor(name);
  const Variable variable("NOTIFY_SOCKET", name);
  bool refused = false;
  for (int i = 0; i < 100'000 && !refused; ++i) refused = !notify_supervisor("WATCHDOG=1");
  EXPECT_TRUE(refused);
}

TEST(Watchdog, ReadsTheIntervalThatIsMeantForThisProcess) {
  struct Case {
    std::string usec, pid;
    std::int64_t want;  // 0: not watched
  };
  const std::string self = std::to_string(::getpid());
  for (const Case& c : {Case{"30000000", self, 30'000'000}, Case{"30000000", "", 30'000'000},
                        Case{"30000000", "1", 0}, Case{"", self, 0}, Case{"0", self, 0},
                        Case{"-5", self, 0}, Case{"30s", self, 0}, Case{"1", "x", 0}}) {
    const Variable usec("WATCHDOG_USEC", c.usec);
    const Variable pid("WATCHDOG_PID", c.pid);
    EXPECT_EQ(watchdog_interval().value_or(std::chrono::microseconds(0)).count(), c.want)
        << c.usec << " " << c.pid;
  }
}

}  // namespace
}  // namespace dn::net
