#include "base/arn.h"

#include <gtest/gtest.h>

#include <string>

namespace dn {
namespace {

TEST(Arn, HasItsParts) {
  const auto parameter = parse_arn("arn:aws-cn:ssm:cn-north-1:123456789012:parameter/egress/list");
  ASSERT_TRUE(parameter);
  EXPECT_EQ(parameter->partition, "aws-cn");
  EXPECT_EQ(parameter->service, "ssm");
  EXPECT_EQ(parameter->region, "cn-north-1");
  EXPECT_EQ(parameter->account, "123456789012");
  EXPECT_EQ(parameter->resource, "parameter/egress/list");
  EXPECT_EQ(parse_arn("arn:aws:secretsmanager:eu-west-1:1:secret:a:b")->resource, "secret:a:b");
  const auto role = parse_arn("arn:aws:iam::123456789012:role/x");
  ASSERT_TRUE(role);
  EXPECT_EQ(role->region, "");
}

TEST(Arn, IsNothingElse) {
  for (const std::string text :
       {"", "arn", "arn:aws:ssm:eu-west-1:1", "arn:aws:ssm:eu-west-1:1:", "arn::ssm:eu-west-1:1:x",
        "arn:aws::eu-west-1:1:x", "urn:aws:ssm:eu-west-1:1:x", "ARN:aws:ssm:eu-west-1:1:x",
        " arn:aws:ssm:eu-west-1:1:x", "arn:aws:ssm:evil.example/:1:x", "arn:aws:ssm:EU-WEST-1:1:x",
        "arn:aws:ssm:eu west:1:x"}) {
    EXPECT_FALSE(parse_arn(text)) << text;
  }
}

TEST(Arn, HasALimit) {
  const std::string start = "arn:aws:ssm:eu-west-1:1:";
  EXPECT_TRUE(parse_arn(start + std::string(kArnBytesMax - start.size(), 'x')));
  EXPECT_FALSE(parse_arn(start + std::string(kArnBytesMax - start.size() + 1, 'x')));
}

TEST(Arn, KnowsWhatCanBeARegion) {
  EXPECT_TRUE(is_region("eu-west-1"));
  EXPECT_TRUE(is_region("us-isob-east-1"));
  EXPECT_TRUE(is_region(std::string(kRegionBytesMax, 'a')));
  EXPECT_FALSE(is_region(std::string(kRegionBytesMax + 1, 'a')));
  for (const std::string_view text : {"", "-a", "a-", "a.b", "a/b", "a:1", "A", "a@b", "ü"}) {
    EXPECT_FALSE(is_region(text)) << text;
  }
}

}  // namespace
}  // namespace dn
