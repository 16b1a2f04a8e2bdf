// Ten thousand clients that say nothing: what they cost, and that others are served meanwhile.
//
// The clients live in a process of their own, because both ends of so many connections are more
// descriptors than one process may usually have.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <vector>

#include "http/http_server.h"
#include "http/testing/raw_client.h"
#include "http/testing/test_certificate.h"

namespace dn::http {
namespace {

constexpr std::size_t kClients = 10'000;
constexpr std::size_t kTlsClients = 1000;  // a handshake costs a millisecond of two processes
constexpr std::size_t kSpareDescriptors = 600;
// Allocators of sanitizers keep what is freed.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t kSanitizerFactor = 32;
#else
constexpr std::size_t kSanitizerFactor = 1;
#endif

bool may_open(std::size_t files) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return false;
  limit.rlim_cur = limit.rlim_max;
  return setrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur >= files;
}

std::size_t resident_bytes() {
  std::size_t total = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

// The clients' process. Forked before the server has threads; told the port by a pipe; answers 'y'
// when all clients stand, and ends when the pipe does.
class Crowd {
 public:
  explicit Crowd(std::size_t clients, const TestCertificate* certificate = nullptr) {
    int down[2], up[2];
    EXPECT_EQ(pipe(down), 0);
    EXPECT_EQ(pipe(up), 0);
    child_ = fork();
    if (child_ == 0) {
      close(down[1]);
      close(up[0]);
      be_clients(clients, certificate, down[0], up[1]);
    }
    close(down[0]);
    close(up[1]);
    down_ = down[1];
    up_ = up[0];
  }

  ~Crowd() {
    close(down_);
    waitpid(child_, nullptr, 0);
    close(up_);
  }

  // Lets the clients connect; false when one of them did not get through.
  bool connect(std::uint16_t port) {
    char answer = 0;
    return ::write(down_, &port, sizeof port) == sizeof port && ::read(up_, &answer, 1) == 1 &&
           answer == 'y';
  }

 private:
  [[noreturn]] static void be_clients(std::size_t count, const TestCertificate* certificate,
                                      int from, int to) {
    std::uint16_t port = 0;
    if (::read(from, &port, sizeof port) != sizeof port) _exit(1);
    std::vector<RawClient> clients;
    bool good = true;
    for (std::size_t i = 0; i < count && good; ++i) {
      clients.emplace_back(port);
      if (certificate != nullptr) {
        good = clients.back().start_tls(certificate->certificate(), "localhost");
      }
    }
    // The first has not been closed for the last.
    char byte = 0;
    good = good && ::recv(clients.front().socket(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) != 0;
    const char answer = good ? 'y' : 'n';
    if (::write(to, &answer, 1) != 1) _exit(1);
    [[maybe_unused]] const ssize_t ended = ::read(from, &byte, 1);
    _exit(0);
  }

  pid_t child_ = 0;
  int down_ = -1, up_ = -1;
};

Response answer(const Request&) {
  Response response;
  response.body = "served";
  return response;
}

TEST(IdleConnections, CostLittleAndKeepNobodyOut) {
  if (!may_open(kClients + kSpareDescriptors)) {
    GTEST_SKIP() << "RLIMIT_NOFILE allows fewer than " << kClients + kSpareDescriptors << " files";
  }
  Crowd crowd(kClients);
  const auto server = HttpServer::start({}, answer);
  ASSERT_TRUE(server) << server.error().message;
  ASSERT_EQ(RawClient((*server)->port()).get().body, "served");
  const std::size_t before = resident_bytes();
  ASSERT_TRUE(crowd.connect((*server)->port()));
  for (int i = 0; i < 20; ++i) {
    RawClient client((*server)->port());
    EXPECT_EQ(client.get().body, "served");
    EXPECT_EQ(client.get().body, "served");
  }
  const std::size_t each = (resident_bytes() - before) / kClients;
  RecordProperty("bytes_per_connection", static_cast<int>(each));
  EXPECT_LT(each, kSanitizerFactor * 3000);
}

TEST(IdleConnections, CostLittleBehindTlsToo) {
  if (!may_open(kTlsClients + kSpareDescriptors)) {
    GTEST_SKIP() << "RLIMIT_NOFILE allows fewer than " << kTlsClients + kSpareDescriptors
                 << " files";
  }
  const TestCertificate certificate;
  Crowd crowd(kTlsClients, &certificate);
  HttpSettings settings;
  settings.tls = TlsFiles{certificate.certificate(), certificate.key()};
  const auto server = HttpServer::start(settings, answer);
  ASSERT_TRUE(server) << server.error().message;
  const auto is_served = [&] {
    RawClient client((*server)->port());
    return client.start_tls(certificate.certificate(), "localhost") &&
           client.get().body == "served";
  };
  ASSERT_TRUE(is_served());
  const std::size_t before = resident_bytes();
  ASSERT_TRUE(crowd.connect((*server)->port()));
  EXPECT_TRUE(is_served());
  const std::size_t each = (resident_bytes() - before) / kTlsClients;
  RecordProperty("bytes_per_connection", static_cast<int>(each));
  EXPECT_LT(each, kSanitizerFactor * 32'000);
}

}  // namespace
}  // namespace dn::http
