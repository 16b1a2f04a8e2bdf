// Rules in, ARNs out.
#include "policy/list_references.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dn::policy {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

SecurityGroup group(std::vector<std::string> descriptions) {
  SecurityGroup made{.gid = "sg-1", .egress = {}, .where = ""};
  for (auto& description : descriptions) {
    made.egress.push_back({.description = std::move(description), .where = ""});
  }
  return made;
}

TEST(ListReferences, AreTheArnsOfTlsAndSshRulesEachOnce) {
  const std::vector<SecurityGroup> groups = {
      group({"discriminat:tls:a.test, arn:aws:ssm:eu-west-1:1:parameter/web ,b.test",
             "Discriminat:SSH:arn:aws-cn:secretsmanager:cn-north-1:1:secret:git comment"}),
      group({"discriminat:tls:arn:aws:ssm:eu-west-1:1:parameter/web"})};
  EXPECT_THAT(list_references(groups),
              ElementsAre("arn:aws-cn:secretsmanager:cn-north-1:1:secret:git",
                          "arn:aws:ssm:eu-west-1:1:parameter/web"));
}

TEST(ListReferences, LeaveOutWhatNamesNoList) {
  const std::vector<SecurityGroup> groups = {group(
      {"", "see arn:aws:ssm:eu-west-1:1:parameter/web", "discriminat:tls:arn:aws:s3:::bucket",
       "discriminat:tls:arn:aws:ssm:eu-west-1:1:parameter/", "discriminat:tls:",
       "discriminat:see-thru:arn:aws:ssm:eu-west-1:1:parameter/web", "discriminat:tls:api.test"})};
  EXPECT_THAT(list_references(groups), IsEmpty());
  EXPECT_THAT(list_references({}), IsEmpty());
}

}  // namespace
}  // namespace dn::policy
