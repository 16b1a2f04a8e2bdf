#include "aws/query_client.h"

#include <gtest/gtest.h>

#include "aws/testing/fake_https.h"

namespace dn::aws {
namespace {

std::string error_body(std::string_view code, std::string_view message = "why") {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response><Errors><Error><Code>" +
         std::string(code) + "</Code><Message>" + std::string(message) +
         "</Message></Error></Errors><RequestID>1-2</RequestID></Response>";
}

struct Conversation {
  ServiceResult<std::string> result;
  std::vector<SeenRequest> seen;
};

Conversation ask(std::deque<Outcome> outcomes, const QueryParameters& parameters = {},
                 std::shared_ptr<CredentialProvider> credentials = nullptr) {
  Conversation said;
  FakeWorld world;
  SignedService service;
  service.endpoint = parse_endpoint_url("https://ec2.eu-west-1.amazonaws.com").value();
  service.scope = {"eu-west-1", "ec2"};
  service.credentials = std::move(credentials);
  QueryClient client(std::make_unique<FakeHttps>(std::move(outcomes), said.seen, "<R/>"),
                     "2016-11-15", std::move(service), world.surroundings());
  said.result = client.call("DescribeNetworkInterfaces", parameters);
  return said;
}

TEST(QueryClient, SendsAForm) {
  const Conversation said =
      ask({}, {{"Filter.1.Name", "tag:a b"}, {"Filter.1.Value.1", "ü&=+*~/"}});
  EXPECT_EQ(said.result, "<R/>");
  EXPECT_EQ(said.seen.at(0).body,
            "Action=DescribeNetworkInterfaces&Version=2016-11-15&Filter.1.Name=tag%3Aa%20b&"
            "Filter.1.Value.1=%C3%BC%26%3D%2B%2A~%2F");
  EXPECT_EQ(said.seen[0].header("Content-Type"),
            "application/x-www-form-urlencoded; charset=utf-8");
  EXPECT_EQ(said.seen[0].path, "/");
}

TEST(QueryClient, SignsForItsService) {
  const Credentials credentials{"AKID", "secret", "token"};
  const Conversation said = ask({}, {}, std::make_shared<FixedCredentials>(credentials));
  SignableRequest request;
  request.headers = said.seen.at(0).headers;
  request.body = said.seen.at(0).body;
  EXPECT_EQ(verify(request, {&credentials, 1}, "ec2", kNoon), SignatureFault::None);
}

TEST(QueryClient, TriesAgainWhatMayPass) {
  for (const auto& [status, code] :
       std::vector<std::pair<int, std::string>>{{503, "RequestLimitExceeded"},
                                                {400, "RequestLimitExceeded"},
                                                {400, "Throttling"},
                                                {400, "EC2ThrottledException"},
                                                {400, "SlowDown"},
                                                {503, "Unavailable"},
                                                {500, "InternalError"},
                                                {503, "ServiceUnavailable"},
                                                {502, ""}}) {
    const Outcome outcome = answer_of(status, code.empty() ? "<html>" : error_body(code));
    const Conversation said = ask({outcome, outcome});
    EXPECT_EQ(said.result.value_or(""), "<R/>") << code;
    EXPECT_EQ(said.seen.size(), 3U) << code;
  }
}

TEST(QueryClient, ReadsTheErrorsOfBothProtocols) {
  const std::string other =
      "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender"
      "</Type><Code>AccessDenied</Code><Message>no &amp; no</Message></Error>"
      "<RequestId>1</RequestId></ErrorResponse>";
  struct Case {
    int status;
    std::string body, want;
    bool denied;
  };
  const std::vector<Case> cases = {
      {403, error_body("UnauthorizedOperation"), "UnauthorizedOperation: why", true},
      {403, other, "AccessDenied: no & no", true},
      {400, error_body("InvalidParameterValue"), "InvalidParameterValue: why", false},
      {401, error_body("AuthFailure"), "AuthFailure: why", false},
      {412, error_body("DryRunOperation", ""), "DryRunOperation: HTTP status 412", false},
      {404, "not here", "not here", false},
      {400, "<Response/>", "HTTP status 400", false},
      {400, "", "HTTP status 400", false},
  };
  for (const Case& c : cases) {
    const Conversation said = ask({answer_of(c.status, c.body)});
    ASSERT_FALSE(said.result) << c.want;
    EXPECT_EQ(said.seen.size(), 1U) << c.want;
    EXPECT_EQ(said.result.error().status, c.status) << c.want;
    EXPECT_EQ(to_text(said.result.error()), c.want);
    EXPECT_EQ(is_denied(said.result.error()), c.denied) << c.want;
  }
}

// EC2 says RequestExpired of a wrong clock and of a session token.
TEST(QueryClient, TellsAWrongClockFromAnExpiredToken) {
  class Pair final : public CredentialProvider {
   public:
    Result<Credentials> current() override { return Credentials{id, "secret", "token"}; }
    bool replace(const Credentials&) override { return std::exchange(id, "NEW") != "NEW"; }
    std::string id = "OLD";
  };
  const auto expired = [](std::string date) {
    return answer_of(400, error_body("RequestExpired"), {{"Date", std::move(date)}});
  };
  const auto right_clock =
      ask({expired("Sun, 22 Nov 2026 12:00:03 GMT")}, {}, std::make_shared<Pair>());
  EXPECT_TRUE(right_clock.result);
  ASSERT_EQ(right_clock.seen.size(), 2U);
  EXPECT_EQ(right_clock.seen[1].header("X-Amz-Date"), "20261122T120000Z");
  EXPECT_NE(right_clock.seen[1].header("Authorization").find("=NEW/"), std::string::npos);
  const auto wrong_clock =
      ask({expired("Sun, 22 Nov 2026 13:00:00 GMT")}, {}, std::make_shared<Pair>());
  EXPECT_TRUE(wrong_clock.result);
  EXPECT_EQ(wrong_clock.seen.at(1).header("X-Amz-Date"), "20261122T130000Z");
  EXPECT_NE(wrong_clock.seen.at(1).header("Authorization").find("=OLD/"), std::string::npos);
}

}  // namespace
}  // namespace dn::aws
