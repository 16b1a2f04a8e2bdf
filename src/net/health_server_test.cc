#include "net/health_server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <string>
#include <vector>

namespace dn::net {
namespace {

using namespace std::chrono_literals;

constexpr Ipv4Address kLoopback{0x7f000001};

TEST(HealthAnswer, SaysHealthyOrNotAndNothingElse) {
  EXPECT_EQ(answer_health_request("GET / HTTP/1.1\r\nHost: gw\r\n\r\n", true),
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nCache-Control: no-store\r\n"
            "Content-Length: 21\r\nConnection: close\r\n\r\n{\"status\":\"healthy\"}\n");
  EXPECT_EQ(answer_health_request("GET / HTTP/1.1\r\nHost: gw\r\n\r\n", false),
            "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\n"
            "Cache-Control: no-store\r\nContent-Length: 23\r\nConnection: close\r\n\r\n"
            "{\"status\":\"unhealthy\"}\n");
}

TEST(HealthAnswer, AnswersEveryRequestByItsStatus) {
  struct Case {
    std::string name, request, want;
  };
  const Case cases[] = {
      {"plain", "GET / HTTP/1.1\r\n\r\n", "200"},
      {"old version", "GET / HTTP/1.0\r\n\r\n", "200"},
      {"bare line feeds", "GET / HTTP/1.1\nHost: x\n\n", "200"},
      {"a second request behind it", "GET / HTTP/1.1\r\n\r\nGET /x HTTP/1.1\r\n\r\n", "200"},
      {"other page", "GET /metrics HTTP/1.1\r\n\r\n", "404"},
      {"query", "GET /?x HTTP/1.1\r\n\r\n", "404"},
      {"absolute form", "GET http://gw/ HTTP/1.1\r\n\r\n", "404"},
      {"other method", "POST / HTTP/1.1\r\n\r\n", "405"},
      {"head", "HEAD / HTTP/1.1\r\n\r\n", "405"},
      {"lower-case method", "get / HTTP/1.1\r\n\r\n", "400"},
      {"no version", "GET /\r\n\r\n", "400"},
      {"version 2", "PRI * HTTP/2.0\r\n\r\n", "400"},
      {"no target", "GET  HTTP/1.1\r\n\r\n", "400"},
      {"blank in the target", "GET / x HTTP/1.1\r\n\r\n", "400"},
      {"control byte", "GET /\x01 HTTP/1.1\r\n\r\n", "400"},
      {"empty line", "\r\n", "400"},
      {"TLS hello", std::string("\x16\x03\x01\x02\x00", 5), "400"},
      {"line too long", "GET /" + std::string(kHealthRequestBytesMax, 'x'), "400"},
      {"head too long", "GET / HTTP/1.1\r\nX: " + std::string(kHealthRequestBytesMax, 'x'), "400"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(answer_health_request(c.request, true).substr(0, 12), "HTTP/1.1 " + c.want) << c.name;
  }
}

TEST(HealthAnswer, ReadsOnWhileTheHeadIsIncomplete) {
  const std::string request = "GET / HTTP/1.1\r\nHost: gw\r\n\r\n";
  for (std::size_t length = 0; length < request.size(); ++length) {
    EXPECT_EQ(answer_health_request(request.substr(0, length), true), "") << length;
  }
}

class HealthServerTest : public ::testing::Test {
 protected:
  std::unique_ptr<HealthServer> start(std::chrono::milliseconds deadline = 5s) {
    auto server = HealthServer::start({kLoopback, 0, [this] { return ready_.load(); }, deadline});
    EXPECT_TRUE(server) << server.error().message;
    return *std::move(server);
  }
  static FileDescriptor connect(const HealthServer& server) {
    FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(kLoopback.value);
    address.sin_port = htons(server.port());
    EXPECT_EQ(::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    return socket;
  }
  static void send(const FileDescriptor& socket, std::string_view text) {
    EXPECT_EQ(::send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(text.size()));
  }
  // Everything up to the end of the connection.
  static std::string receive(const FileDescriptor& socket) {
    std::string all;
    std::array<char, 1024> bytes{};
    ssize_t got = 0;
    while ((got = ::recv(socket.get(), bytes.data(), bytes.size(), 0)) > 0) {
      all.append(bytes.data(), static_cast<std::size_t>(got));
    }
    return all;
  }
  static std::string ask(const HealthServer& server, std::string_view request) {
    const FileDescriptor socket = connect(server);
    send(socket, request);
    return receive(socket).substr(0, 12);
  }

  std::atomic<bool> ready_ = true;
};

TEST_F(HealthServerTest, FollowsTheStateOfTheGateway) {
  const auto server = start();
  ready_ = false;
  EXPECT_EQ(ask(*server, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"), "HTTP/1.1 503");
  ready_ = true;
  EXPECT_EQ(ask(*server, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"), "HTTP/1.1 200");
}

TEST_F(HealthServerTest, AnswersARequestThatComesByteByByte) {
  const auto server = start();
  const FileDescriptor socket = connect(*server);
  for (const char c : std::string_view("GET / HTTP/1.1\r\n\r\n")) send(socket, {&c, 1});
  EXPECT_EQ(receive(socket).substr(0, 12), "HTTP/1.1 200");
}

TEST_F(HealthServerTest, AnswersGarbageAndGoesOn) {
  const auto server = start();
  EXPECT_EQ(ask(*server, std::string_view("\x16\x03\x01\x00", 4)), "HTTP/1.1 400");
  EXPECT_EQ(ask(*server, "GET /x HTTP/1.1\r\n\r\n"), "HTTP/1.1 404");
  EXPECT_EQ(ask(*server, "PUT / HTTP/1.1\r\n\r\n"), "HTTP/1.1 405");
  EXPECT_EQ(ask(*server, "GET / HTTP/1.1\r\n\r\n"), "HTTP/1.1 200");
}

TEST_F(HealthServerTest, ClosesASilentConnectionAtItsDeadline) {
  const auto server = start(20ms);
  const FileDescriptor silent = connect(*server);
  EXPECT_EQ(receive(silent), "");
}

TEST_F(HealthServerTest, ClosesAConnectionThatNeverStopsSending) {
  const auto server = start();
  const FileDescriptor socket = connect(*server);
  const std::string flood(1UL << 16U, 'x');
  // Ends with an error once the server has closed; the deadline would be seconds away.
  while (::send(socket.get(), flood.data(), flood.size(), MSG_NOSIGNAL) > 0) continue;
  EXPECT_EQ(ask(*server, "GET / HTTP/1.1\r\n\r\n"), "HTTP/1.1 200");
}

TEST_F(HealthServerTest, MakesRoomForANewClientWhenSlowOnesHoldEveryPlace) {
  const auto server = start(1h);
  std::vector<FileDescriptor> slow;
  for (std::size_t i = 0; i < kHealthConnectionsMax + 10; ++i) {
    slow.push_back(connect(*server));
    send(slow.back(), "GET");
  }
  EXPECT_EQ(ask(*server, "GET / HTTP/1.1\r\n\r\n"), "HTTP/1.1 200");
  EXPECT_EQ(receive(slow.front()), "") << "the oldest was closed";
}

TEST_F(HealthServerTest, SaysWhatToDoWhenThePortIsTaken) {
  const auto server = start();
  const auto second = HealthServer::start({kLoopback, server->port(), [] { return true; }, 1s});
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().message.find("set another health_port"), std::string::npos)
      << second.error().message;
}

TEST_F(HealthServerTest, FreesItsPortWhenItEnds) {
  auto server = start();
  const FileDescriptor open = connect(*server);
  const Port port = server->port();
  server.reset();
  EXPECT_EQ(receive(open), "");
  EXPECT_TRUE(HealthServer::start({kLoopback, port, [] { return true; }, 1s}));
}

}  // namespace
}  // namespace dn::net
