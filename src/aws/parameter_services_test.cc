// The services that hold lists and preferences: Ssm and Secrets.
#include <gtest/gtest.h>

#include "aws/secrets.h"
#include "aws/ssm.h"
#include "aws/testing/fake_https.h"

namespace dn::aws {
namespace {

template <class Client>
struct Asked {
  std::vector<SeenRequest> seen;
  FakeWorld world;
  Client make(Outcome outcome) {
    SignedService service;
    service.endpoint = parse_endpoint_url("https://h").value();
    return Client(JsonClient(std::make_unique<FakeHttps>(std::deque<Outcome>{outcome}, seen),
                             Client::kTargetPrefix, std::move(service), world.surroundings()));
  }
};

TEST(Ssm, ReadsAParameter) {
  Asked<Ssm> asked;
  const auto found =
      asked
          .make(answer_of(200,
                          R"({"Parameter":{"ARN":"arn:aws:ssm:r:1:parameter/x","DataType":"text",)"
                          R"("LastModifiedDate":1795348800.123,"Name":"x","Type":"SecureString",)"
                          R"("Value":"a,\nü","Version":7}})"))
          .get_parameter("/x \"y\"");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->value, "a,\nü");
  EXPECT_EQ(found->version, 7);
  EXPECT_EQ(asked.seen.at(0).header("X-Amz-Target"), "AmazonSSM.GetParameter");
  EXPECT_EQ(asked.seen.at(0).body, R"({"Name":"/x \"y\"","WithDecryption":true})");
}

TEST(Ssm, TellsWhatIsMissing) {
  Asked<Ssm> none;
  const auto absent =
      none.make(answer_of(400, R"({"__type":"ParameterNotFound"})")).get_parameter("x");
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().type, "ParameterNotFound");
  for (const char* body : {"", "{}", "[]", R"({"Parameter":{}})", R"({"Parameter":"x"})"}) {
    Asked<Ssm> odd;
    const auto found = odd.make(answer_of(200, body)).get_parameter("x");
    ASSERT_FALSE(found) << body;
    EXPECT_EQ(to_text(found.error()), "the answer has no parameter; is this Systems Manager?");
  }
}

TEST(Secrets, ReadsASecret) {
  Asked<Secrets> asked;
  const auto found =
      asked.make(answer_of(200, R"({"ARN":"a","SecretString":"s","VersionId":"v-1"})"))
          .get_secret_value("arn:aws:secretsmanager:r:1:secret:s");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->value, "s");
  EXPECT_EQ(found->version_id, "v-1");
  EXPECT_EQ(asked.seen.at(0).header("X-Amz-Target"), "secretsmanager.GetSecretValue");
  EXPECT_EQ(asked.seen.at(0).body, R"({"SecretId":"arn:aws:secretsmanager:r:1:secret:s"})");
}

TEST(Secrets, WantsText) {
  for (const char* body : {"", "{}", R"({"SecretBinary":"AAAA"})"}) {
    Asked<Secrets> asked;
    const auto found = asked.make(answer_of(200, body)).get_secret_value("x");
    ASSERT_FALSE(found) << body;
    EXPECT_EQ(to_text(found.error()), "the secret is no text; store it as a string");
  }
}

}  // namespace
}  // namespace dn::aws
