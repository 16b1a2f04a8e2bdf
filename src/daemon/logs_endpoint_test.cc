#include "daemon/logs_endpoint.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "daemon/clock.h"
#include "http/testing/raw_client.h"

namespace dn::daemon {
namespace {

class LogsEndpointTest : public testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove_all(store_); }
  EndpointSettings settings() const {
    EndpointSettings made;
    made.store = store_;
    made.listen = "127.0.0.1:0";
    made.clock = [] { return read_clock(false); };
    made.on_problem = [](const std::string& text) { ADD_FAILURE() << text; };
    return made;
  }
  static http::RawAnswer ask(const LogsEndpoint& endpoint, std::string_view operation,
                             std::string_view body) {
    const std::string url = endpoint.url();
    const auto listen = parse_listen_address(url.substr(url.find("//") + 2));
    http::RawClient client(listen.value().port);
    client.send(
        fmt::format("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n"
                    "X-Amz-Target: Logs_20140328.{}\r\n\r\n{}",
                    body.size(), operation, body));
    return client.read_answer();
  }
  const std::filesystem::path store_ =
      testing::TempDir() + "logs-endpoint-test-" + std::to_string(getpid());
};

TEST_F(LogsEndpointTest, KeepsWhatClientsWrite) {
  {
    const auto endpoint = LogsEndpoint::start(settings());
    ASSERT_TRUE(endpoint) << endpoint.error().message;
    EXPECT_TRUE((*endpoint)->url().starts_with("http://127.0.0.1:")) << (*endpoint)->url();
    EXPECT_EQ(ask(**endpoint, "CreateLogGroup", R"({"logGroupName":"app"})").status, 200);
  }
  const auto again = LogsEndpoint::start(settings());
  ASSERT_TRUE(again) << again.error().message;
  const auto groups = ask(**again, "DescribeLogGroups", "{}");
  EXPECT_EQ(groups.status, 200);
  EXPECT_NE(groups.body.find("log-group:app:*"), std::string::npos) << groups.body;
}

TEST_F(LogsEndpointTest, DoesNotStartWhereItsSettingsAreWrong) {
  const auto refused = [&](auto change) {
    EndpointSettings wrong = settings();
    change(wrong);
    const auto endpoint = LogsEndpoint::start(std::move(wrong));
    return endpoint ? "it started" : endpoint.error().message;
  };
  EXPECT_NE(refused([](auto& s) { s.listen = "here"; }).find("write an address"),
            std::string::npos);
  EXPECT_NE(refused([](auto& s) { s.tls_key = "/key"; }).find("together"), std::string::npos);
  EXPECT_NE(refused([](auto& s) { s.credentials_file = "/none"; }).find("/none"),
            std::string::npos);
  EXPECT_NE(refused([](auto& s) { s.store = "/dev/null"; }).find("/dev/null"), std::string::npos);
}

}  // namespace
}  // namespace dn::daemon
