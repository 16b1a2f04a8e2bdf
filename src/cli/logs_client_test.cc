#include "cli/logs_client.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <map>

#include "daemon/clock.h"
#include "daemon/logs_endpoint.h"
#include "http/testing/test_certificate.h"

namespace dn::cli {
namespace {

namespace json = boost::json;

class LogsClientTest : public testing::Test {
 protected:
  LogsClientTest() {
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directories(directory_);
  }
  ~LogsClientTest() override { std::filesystem::remove_all(directory_); }

  Result<std::unique_ptr<LogsClient>> open(const LogsPlace& place,
                                           std::map<std::string, std::string> variables = {}) {
    return open_logs_client(place, store_,
                            [variables](const char* name) -> std::optional<std::string> {
                              const auto found = variables.find(name);
                              if (found == variables.end()) return {};
                              return found->second;
                            });
  }
  std::string why_not(const LogsPlace& place, std::map<std::string, std::string> variables = {}) {
    const auto opened = open(place, std::move(variables));
    return opened ? "opened" : opened.error().message;
  }
  std::string put(const std::string& name, std::string_view text) {
    const std::string path = directory_ + "/" + name;
    std::ofstream(path) << text;
    ::chmod(path.c_str(), 0600);
    return path;
  }
  std::unique_ptr<daemon::LogsEndpoint> serve(std::string keys = "",
                                              const http::TestCertificate* certificate = nullptr) {
    daemon::EndpointSettings settings;
    settings.store = store_;
    settings.listen = "127.0.0.1:0";
    settings.credentials_file = std::move(keys);
    if (certificate != nullptr) {
      settings.tls_certificate = certificate->certificate();
      settings.tls_key = certificate->key();
    }
    settings.clock = [] { return daemon::read_clock(false); };
    settings.on_problem = [](const std::string&) {};
    auto endpoint = daemon::LogsEndpoint::start(std::move(settings));
    EXPECT_TRUE(endpoint) << endpoint.error().message;
    return std::move(endpoint.value());
  }

  const std::string directory_ =
      testing::TempDir() + "dn-logs-client-test-" + std::to_string(getpid());
  const std::string store_ = directory_ + "/store";
  const std::map<std::string, std::string> keys_ = {{"AWS_ACCESS_KEY_ID", "LOCAL"},
                                                    {"AWS_SECRET_ACCESS_KEY", "secret"}};
};

std::string error_of(const LogsResult<json::object>& result) {
  return result ? json::serialize(*result) : to_text(result.error());
}

void make_group(LogsClient& client) {
  const json::object group = {{"logGroupName", "app"}};
  EXPECT_EQ(error_of(client.call("CreateLogGroup", group)), "{}");
  EXPECT_EQ(error_of(client.call("CreateLogGroup", group)),
            "ResourceAlreadyExistsException: The specified log group already exists");
  const json::object stream = {{"logGroupName", "app"}, {"logStreamName", "s"}};
  EXPECT_EQ(error_of(client.call("CreateLogStream", stream)), "{}");
  const auto now = daemon::read_clock(false).wall.time_since_epoch().count();
  json::object events = stream;
  events["logEvents"] = json::array{json::object{{"timestamp", now}, {"message", "naïve \"ü\""}}};
  const auto stored = client.call("PutLogEvents", events);
  EXPECT_TRUE(stored) << error_of(stored);
}

// What every way of asking must do alike.
void ask(LogsClient& client) {
  const auto found = client.call("FilterLogEvents", {{"logGroupName", "app"}});
  ASSERT_TRUE(found) << error_of(found);
  ASSERT_EQ(found->at("events").as_array().size(), 1U);
  EXPECT_EQ(found->at("events").as_array()[0].at("message").as_string(), "naïve \"ü\"");
  EXPECT_EQ(error_of(client.call("FilterLogEvents", {{"logGroupName", "none"}})),
            "ResourceNotFoundException: The specified log group does not exist.");
  EXPECT_TRUE(
      error_of(client.call("NoSuchOperation", {})).starts_with("UnknownOperationException"));
  const auto malformed =
      client.call("StartQuery", {{"logGroupName", "app"},
                                 {"startTime", 0},
                                 {"endTime", 1},
                                 {"queryString", "fields @message | srot @message"}});
  ASSERT_FALSE(malformed);
  EXPECT_EQ(malformed.error().type, "MalformedQueryException");
  ASSERT_TRUE(malformed.error().location);
  EXPECT_EQ(malformed.error().location->start, 18U);
  EXPECT_EQ(malformed.error().location->end, 22U);
}

void make_group_and_ask(LogsClient& client) {
  make_group(client);
  ask(client);
}

TEST_F(LogsClientTest, AsksADirectory) {
  LogsPlace place;
  {
    const auto endpoint = serve();
    place.endpoint_url = endpoint->url();
    make_group(**open(place));
  }
  place.endpoint_url.clear();
  place.store = store_;
  const auto client = open(place);
  ASSERT_TRUE(client) << client.error().message;
  ask(**client);
}

TEST_F(LogsClientTest, AsksTheDefaultDirectoryWhenNothingIsSaid) {
  EXPECT_NE(why_not({}).find(store_), std::string::npos) << "which is not there yet";
  std::filesystem::create_directories(store_);
  const auto client = open({});
  ASSERT_TRUE(client) << client.error().message;
  EXPECT_TRUE((*client)->call("DescribeLogGroups", {}));
  const auto made = (*client)->call("CreateLogGroup", {{"logGroupName", "app"}});
  EXPECT_FALSE(made) << "it is not writable";
}

TEST_F(LogsClientTest, AsksAnEndpointOnLoopbackWithoutSignature) {
  const auto endpoint = serve();
  LogsPlace place;
  place.endpoint_url = endpoint->url();
  const auto client = open(place);
  ASSERT_TRUE(client) << client.error().message;
  make_group_and_ask(**client);
}

TEST_F(LogsClientTest, SignsWhereKeysAreFound) {
  const auto endpoint = serve(put("keys", "LOCAL secret\n"));
  LogsPlace place;
  place.endpoint_url = endpoint->url();
  const auto client = open(place, keys_);
  ASSERT_TRUE(client) << client.error().message;
  make_group_and_ask(**client);
  EXPECT_TRUE(error_of((*open(place))->call("DescribeLogGroups", {}))
                  .starts_with("MissingAuthenticationTokenException: "));
}

TEST_F(LogsClientTest, TrustsOnlyTheCertificatesItIsTold) {
  const http::TestCertificate certificate, other;
  const auto endpoint = serve("", &certificate);
  LogsPlace place;
  place.endpoint_url = endpoint->url();
  const auto client = open(place, {{"AWS_CA_BUNDLE", certificate.certificate()}});
  ASSERT_TRUE(client) << client.error().message;
  make_group_and_ask(**client);
  for (const auto& variables : {std::map<std::string, std::string>{},
                                {{"AWS_CA_BUNDLE", other.certificate()}},
                                {{"AWS_CA_BUNDLE", "/nowhere"}}}) {
    const auto refused = (*open(place, variables))->call("DescribeLogGroups", {});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().type, "");
    EXPECT_FALSE(refused.error().may_pass);
    EXPECT_NE(refused.error().message.find("ertificate"), std::string::npos)
        << refused.error().message;
  }
}

TEST_F(LogsClientTest, TakesTheEndpointOfTheEnvironment) {
  const auto endpoint = serve();
  const std::string nobody = "http://127.0.0.1:1";
  const auto answers = [&](std::map<std::string, std::string> variables) {
    const auto client = open({}, std::move(variables));
    return client && (*client)->call("DescribeLogGroups", {}).has_value();
  };
  EXPECT_TRUE(answers({{"AWS_ENDPOINT_URL", endpoint->url()}}));
  EXPECT_TRUE(answers(
      {{"AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", endpoint->url()}, {"AWS_ENDPOINT_URL", nobody}}));
  EXPECT_FALSE(answers({{"AWS_ENDPOINT_URL", "nonsense"}}));
  EXPECT_TRUE(
      answers({{"AWS_ENDPOINT_URL", "nonsense"}, {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"}}))
      << "the directory";
}

TEST_F(LogsClientTest, SaysWhatIsMissing) {
  LogsPlace place;
  place.region = "eu-west-1";
  EXPECT_NE(why_not(place).find("no credentials for https://logs.eu-west-1.amazonaws.com/"),
            std::string::npos);
  EXPECT_EQ(why_not(place, keys_), "opened");
  place.region = "cn-north-1";
  EXPECT_NE(why_not(place).find("https://logs.cn-north-1.amazonaws.com.cn/"), std::string::npos);
  place.region.clear();
  place.profile = "work";
  EXPECT_NE(why_not(place, {{"AWS_REGION", "eu-west-1"}}).find("the profile \"work\""),
            std::string::npos);
  const std::string file =
      put("credentials", "[work]\naws_access_key_id=A\naws_secret_access_key=b\n");
  EXPECT_EQ(why_not(place, {{"AWS_SHARED_CREDENTIALS_FILE", file}}),
            "which region? Write --region, or set AWS_REGION");
  EXPECT_EQ(why_not(place, {{"AWS_SHARED_CREDENTIALS_FILE", file}, {"AWS_REGION", "eu-west-1"}}),
            "opened");
  place.profile.clear();
  place.endpoint_url = "http://10.0.0.1:1043/path";
  EXPECT_NE(why_not(place, keys_).find("write the endpoint's address"), std::string::npos);
}

// A profile that cannot be used does not keep anybody from this host's own endpoint.
TEST_F(LogsClientTest, NeedsNoIdentityOnLoopback) {
  LogsPlace place;
  place.endpoint_url = "http://127.0.0.1:1043";
  EXPECT_EQ(why_not(place, {{"AWS_PROFILE", "gone"}}), "opened");
  place.profile = "gone";
  EXPECT_NE(why_not(place), "opened");
}

}  // namespace
}  // namespace dn::cli
