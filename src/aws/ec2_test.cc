#include "aws/ec2.h"

#include <gtest/gtest.h>

#include "aws/testing/fake_https.h"
#include "aws/xml.h"

namespace dn::aws {
namespace {

// One operation against one answer.
struct Asked {
  std::vector<SeenRequest> seen;
  FakeWorld world;
  Ec2 make(std::deque<Outcome> outcomes) {
    SignedService service;
    service.endpoint = parse_endpoint_url("https://h").value();
    return Ec2(QueryClient(std::make_unique<FakeHttps>(std::move(outcomes), seen), Ec2::kVersion,
                           std::move(service), world.surroundings()));
  }
  std::string body() const { return seen.at(0).body; }
};

constexpr const char* kInterfaces =
    "<DescribeNetworkInterfacesResponse><networkInterfaceSet><item><networkInterfaceId>eni-1"
    "</networkInterfaceId></item></networkInterfaceSet><nextToken>t</nextToken>"
    "</DescribeNetworkInterfacesResponse>";

TEST(Ec2, AsksForAPageOfInterfaces) {
  Asked asked;
  const auto page = asked.make({answer_of(200, kInterfaces)})
                        .describe_network_interfaces(
                            {.filters = {{"vpc-id", {"vpc-1", "vpc-2"}}, {"status", {"in-use"}}},
                             .next_token = "a=="});
  ASSERT_TRUE(page);
  EXPECT_EQ(page->items.at(0).id, "eni-1");
  EXPECT_EQ(page->next_token, "t");
  EXPECT_EQ(asked.body(),
            "Action=DescribeNetworkInterfaces&Version=2016-11-15&Filter.1.Name=vpc-id&"
            "Filter.1.Value.1=vpc-1&Filter.1.Value.2=vpc-2&Filter.2.Name=status&"
            "Filter.2.Value.1=in-use&MaxResults=1000&NextToken=a%3D%3D");
}

TEST(Ec2, AsksForGroupsByIdWithoutASize) {
  Asked asked;
  const auto page = asked
                        .make({answer_of(200,
                                         "<DescribeSecurityGroupsResponse><securityGroupInfo/>"
                                         "</DescribeSecurityGroupsResponse>")})
                        .describe_security_groups({.ids = {"sg-1", "sg-2"}});
  EXPECT_TRUE(page);
  EXPECT_EQ(asked.body(),
            "Action=DescribeSecurityGroups&Version=2016-11-15&GroupId.1=sg-1&GroupId.2=sg-2");
}

TEST(Ec2, TellsAnAnswerThatIsTooLargeFromOneThatIsOdd) {
  Asked asked;
  Ec2 ec2 = asked.make({answer_of(200, std::string(kXmlBytesMax + 1, 'x')), answer_of(200, "x")});
  EXPECT_EQ(ec2.describe_security_groups({}).error().type, kAnswerTooLarge);
  EXPECT_EQ(ec2.describe_security_groups({}).error().type, "");
}

// The connection refuses it before there is a text to look at.
TEST(Ec2, TellsSoOfAnAnswerThatWasNotTakenInWhole) {
  Asked asked;
  Ec2 ec2 = asked.make({tl::unexpected(HttpsFailure{false, "larger than it may be", true})});
  EXPECT_EQ(ec2.describe_security_groups({}).error().type, kAnswerTooLarge);
  EXPECT_EQ(asked.seen.size(), 1U);
}

TEST(Ec2, AsksForElasticAddresses) {
  Asked asked;
  const auto addresses =
      asked
          .make({answer_of(200,
                           "<DescribeAddressesResponse><addressesSet><item><publicIp>203.0.113.1"
                           "</publicIp><allocationId>a</allocationId></item></addressesSet>"
                           "</DescribeAddressesResponse>")})
          .describe_addresses({{"tag-key", {"discriminat"}}});
  ASSERT_TRUE(addresses);
  EXPECT_EQ(addresses->at(0).allocation_id, "a");
  EXPECT_EQ(asked.body(),
            "Action=DescribeAddresses&Version=2016-11-15&Filter.1.Name=tag-key&"
            "Filter.1.Value.1=discriminat");
}

TEST(Ec2, ChangesAnInstance) {
  Asked asked;
  EXPECT_TRUE(asked
                  .make({answer_of(200,
                                   "<ModifyInstanceAttributeResponse><return>true</return>"
                                   "</ModifyInstanceAttributeResponse>")})
                  .disable_source_dest_check("i-1"));
  EXPECT_EQ(asked.body(),
            "Action=ModifyInstanceAttribute&Version=2016-11-15&InstanceId=i-1&"
            "SourceDestCheck.Value=false");
}

TEST(Ec2, TakesNoAddressFromAnother) {
  Asked asked;
  EXPECT_EQ(asked
                .make({answer_of(200,
                                 "<AssociateAddressResponse><return>true</return><associationId>x"
                                 "</associationId></AssociateAddressResponse>")})
                .associate_address("eipalloc-1", "i-1"),
            "x");
  EXPECT_EQ(asked.body(),
            "Action=AssociateAddress&Version=2016-11-15&AllocationId=eipalloc-1&InstanceId=i-1&"
            "AllowReassociation=false");
}

TEST(Ec2, TellsErrorsAndOddAnswers) {
  Asked refused;
  const auto error =
      refused
          .make({answer_of(403,
                           "<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>no"
                           "</Message></Error></Errors></Response>")})
          .describe_addresses({});
  ASSERT_FALSE(error);
  EXPECT_TRUE(is_denied(error.error()));
  Asked odd;
  const auto page = odd.make({answer_of(200, "<html/>")}).describe_security_groups({});
  ASSERT_FALSE(page);
  EXPECT_EQ(to_text(page.error()), "the answer is no DescribeSecurityGroupsResponse; is this EC2?");
  EXPECT_EQ(odd.seen.size(), 1U);
}

}  // namespace
}  // namespace dn::aws
