#include "aws/temporary_credentials.h"

#include <gtest/gtest.h>

#include "aws/testing/fake_https.h"

namespace dn::aws {
namespace {

std::string why_not(std::string_view text) {
  const auto found = parse_credentials_document(text);
  return found ? "read" : found.error().message;
}

TEST(TemporaryCredentials, ComeFromADocument) {
  const auto found = parse_credentials_document(
      R"({"Code":"Success","LastUpdated":"2026-11-22T01:00:00Z","Type":"AWS-HMAC",)"
      R"("AccessKeyId":"ASIA","SecretAccessKey":"s","Token":"t",)"
      R"("Expiration":"2026-11-22T12:00:00Z"})");
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->keys, (Credentials{"ASIA", "s", "t"}));
  EXPECT_EQ(found->expiration, kNoon);
  const auto endless = parse_credentials_document(R"({"AccessKeyId":"A","SecretAccessKey":"s"})");
  ASSERT_TRUE(endless);
  EXPECT_FALSE(endless->expiration);
}

TEST(TemporaryCredentials, AreNoOtherDocumentAndRepeatNothingOfIt) {
  EXPECT_EQ(why_not("HIDDEN"), "the credentials are no JSON object");
  EXPECT_EQ(why_not(R"({"Code":"HIDDEN","AccessKeyId":"A","SecretAccessKey":"s"})"),
            "the role of the instance gives no credentials; look at its trust policy");
  EXPECT_EQ(why_not(R"({"SecretAccessKey":"HIDDEN"})"),
            "the credentials have no AccessKeyId or no SecretAccessKey");
  EXPECT_EQ(why_not(R"({"AccessKeyId":"A","SecretAccessKey":"s","Expiration":"HIDDEN"})"),
            "the credentials' Expiration is no time");
}

TEST(TemporaryCredentials, EndAtTimesOfOneForm) {
  EXPECT_EQ(parse_iso_time("2026-11-22T12:00:00Z"), kNoon);
  EXPECT_EQ(parse_iso_time("2026-11-22T12:00:00.123456789Z"), kNoon);
  for (const char* text :
       {"", "Z", "2026-11-22T12:00:00", "2026-11-22 12:00:00Z", "20261122T120000Z",
        "2026-11-31T12:00:00Z", "2026-11-22T24:00:00Z", "2026-11-22T12:00:00.Z",
        "2026-11-22T12:00:00.1234567890Z", "2026-11-22T12:00:00+01:00Z", "2026-1x-22T12:00:00Z"}) {
    EXPECT_FALSE(parse_iso_time(text)) << text;
  }
}

}  // namespace
}  // namespace dn::aws
