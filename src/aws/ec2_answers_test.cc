#include "aws/ec2_answers.h"

#include <gtest/gtest.h>

namespace dn::aws {
namespace {

constexpr std::string_view kNamespace = " xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"";

std::string answer(std::string_view operation, std::string_view inside) {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<" + std::string(operation) + "Response" +
         std::string(kNamespace) + ">\n  <requestId>1-2</requestId>\n" + std::string(inside) +
         "</" + std::string(operation) + "Response>";
}

Page<NetworkInterface> interfaces(std::string_view items, std::string_view behind = "") {
  auto page = parse_network_interfaces(
      answer("DescribeNetworkInterfaces", "<networkInterfaceSet>" + std::string(items) +
                                              "</networkInterfaceSet>" + std::string(behind)));
  EXPECT_TRUE(page) << page.error().message;
  return std::move(page.value());
}

Page<SecurityGroup> groups(std::string_view items) {
  auto page = parse_security_groups(
      answer("DescribeSecurityGroups",
             "<securityGroupInfo>" + std::string(items) + "</securityGroupInfo>"));
  EXPECT_TRUE(page) << page.error().message;
  return std::move(page.value());
}

std::string permission(std::string_view protocol, std::string_view ports,
                       std::string_view ranges =
                           "<ipRanges><item><cidrIp>0.0.0.0/0</cidrIp>"
                           "<description>d</description></item></ipRanges>") {
  return "<item><groupId>sg-1</groupId><ipPermissionsEgress><item><ipProtocol>" +
         std::string(protocol) + "</ipProtocol>" + std::string(ports) + std::string(ranges) +
         "</item></ipPermissionsEgress></item>";
}

Ipv4Address ipv4(std::string_view text) {
  return parse_ipv4(text).value();
}

// The shape of the answer of moto 5.2.1 and of the API reference, with what is passed over.
TEST(Ec2Answers, HaveInterfacesWithAllTheirAddresses) {
  const auto page = interfaces(
      "<item><networkInterfaceId>eni-0a</networkInterfaceId><subnetId>subnet-1</subnetId>"
      "<vpcId>vpc-1</vpcId><availabilityZone>eu-west-1a</availabilityZone><description>d"
      "</description><ownerId>123456789012</ownerId><requesterManaged>false</requesterManaged>"
      "<status>in-use</status><macAddress>02:00:00:00:00:01</macAddress>"
      "<privateIpAddress>10.0.0.5</privateIpAddress><sourceDestCheck>true</sourceDestCheck>"
      "<groupSet><item><groupId>sg-b</groupId><groupName>b</groupName></item>"
      "<item><groupId>sg-a</groupId></item></groupSet>"
      "<attachment><attachmentId>eni-attach-1</attachmentId><instanceId>i-1</instanceId>"
      "</attachment><association><publicIp>203.0.113.1</publicIp></association><tagSet/>"
      "<privateIpAddressesSet><item><privateIpAddress>10.0.0.5</privateIpAddress>"
      "<primary>true</primary></item><item><privateIpAddress>10.0.0.6</privateIpAddress></item>"
      "</privateIpAddressesSet><ipv6AddressesSet><item><ipv6Address>2001:db8::1</ipv6Address>"
      "</item></ipv6AddressesSet><ipv4PrefixSet><item><ipv4Prefix>10.0.1.16/28</ipv4Prefix>"
      "</item></ipv4PrefixSet><novelty><item>x</item></novelty></item>",
      "<nextToken>more==</nextToken>");
  NetworkInterface want;
  want.id = "eni-0a";
  want.vpc_id = "vpc-1";
  want.owner_id = "123456789012";
  want.instance_id = "i-1";
  want.group_ids = {"sg-b", "sg-a"};
  want.addresses = {ipv4("10.0.0.5"), ipv4("10.0.0.6")};
  want.prefixes = {*parse_ipv4_prefix("10.0.1.16/28")};
  ASSERT_EQ(page.items.size(), 1U);
  EXPECT_EQ(page.items[0], want);
  EXPECT_EQ(page.next_token, "more==");
  EXPECT_EQ(page.odd_items, 0U);
}

TEST(Ec2Answers, HaveInterfacesWithLittle) {
  const auto page = interfaces(
      "<item><networkInterfaceId>eni-1</networkInterfaceId><groupSet/></item>"
      "<item><privateIpAddress>10.0.0.7</privateIpAddress>"
      "<networkInterfaceId>eni-2</networkInterfaceId></item>");
  ASSERT_EQ(page.items.size(), 2U);
  EXPECT_TRUE(page.items[0].addresses.empty());
  EXPECT_EQ(page.items[1].addresses, std::vector{ipv4("10.0.0.7")});
  EXPECT_EQ(page.next_token, "");
  EXPECT_EQ(page.odd_items, 0U);
}

TEST(Ec2Answers, LoseOnlyWhatIsOdd) {
  const auto page = interfaces(
      "<item><privateIpAddress>10.0.0.1</privateIpAddress></item>"
      "<item><networkInterfaceId>eni-1</networkInterfaceId><privateIpAddressesSet><item>"
      "<privateIpAddress>10.0.0.999</privateIpAddress></item><item><privateIpAddress>10.0.0.2"
      "</privateIpAddress></item></privateIpAddressesSet><ipv4PrefixSet><item><ipv4Prefix>"
      "10.0.0.1/28</ipv4Prefix></item></ipv4PrefixSet></item>"
      "<item><networkInterfaceId>eni-2</networkInterfaceId></item>");
  ASSERT_EQ(page.items.size(), 2U);
  EXPECT_EQ(page.items[0].addresses, std::vector{ipv4("10.0.0.2")});
  EXPECT_TRUE(page.items[0].prefixes.empty());
  EXPECT_EQ(page.items[1].id, "eni-2");
  EXPECT_EQ(page.odd_items, 2U);
}

TEST(Ec2Answers, HaveNoInterfaceWithoutEnd) {
  std::string items;
  for (std::uint32_t i = 0; i <= kPerInterfaceMax; ++i) {
    items += "<item><privateIpAddress>" + to_text(Ipv4Address{0x0a000000U + i}) +
             "</privateIpAddress></item>";
  }
  const auto page = interfaces(
      "<item><networkInterfaceId>eni-1</networkInterfaceId>"
      "<privateIpAddressesSet>" +
      items + "</privateIpAddressesSet></item>");
  ASSERT_EQ(page.items.size(), 1U);
  EXPECT_EQ(page.items[0].addresses.size(), kPerInterfaceMax);
  EXPECT_EQ(page.odd_items, 1U);
}

TEST(Ec2Answers, HaveGroupsWithADescriptionForEachRange) {
  const auto page = groups(
      "<item><ownerId>1</ownerId><groupId>sg-1</groupId><groupName>n</groupName>"
      "<groupDescription>not this</groupDescription><vpcId>vpc-1</vpcId>"
      "<ipPermissions><item><ipProtocol>tcp</ipProtocol><fromPort>22</fromPort><toPort>22</toPort>"
      "<ipRanges><item><cidrIp>0.0.0.0/0</cidrIp></item></ipRanges></item></ipPermissions>"
      "<ipPermissionsEgress><item><ipProtocol>tcp</ipProtocol><fromPort>443</fromPort>"
      "<toPort>444</toPort><groups><item><userId>1</userId><groupId>sg-2</groupId>"
      "<description>g</description></item></groups><ipRanges><item><cidrIp>0.0.0.0/1</cidrIp>"
      "<description>discriminat:tls:a.example</description></item><item><cidrIp>128.0.0.0/1"
      "</cidrIp></item></ipRanges><ipv6Ranges><item><cidrIpv6>::/0</cidrIpv6><description>six"
      "</description></item></ipv6Ranges><prefixListIds><item><prefixListId>pl-1</prefixListId>"
      "<description>p</description></item></prefixListIds></item>"
      "<item><ipProtocol>-1</ipProtocol><ipRanges><item><cidrIp>10.0.0.0/8</cidrIp></item>"
      "</ipRanges></item></ipPermissionsEgress></item>");
  ASSERT_EQ(page.items.size(), 1U);
  const SecurityGroup& group = page.items[0];
  EXPECT_EQ(group.id, "sg-1");
  EXPECT_EQ(group.vpc_id, "vpc-1");
  EXPECT_EQ(group.owner_id, "1");
  const std::vector<EgressPermission> want = {
      {"discriminat:tls:a.example", "tcp", 443, 444, "0.0.0.0/1"},
      {"", "tcp", 443, 444, "128.0.0.0/1"},
      {"six", "tcp", 443, 444, "::/0"},
      {"p", "tcp", 443, 444, "pl-1"},
      {"g", "tcp", 443, 444, "sg-2"},
      {"", "-1", 0, 65535, "10.0.0.0/8"},
  };
  EXPECT_EQ(group.egress, want);
  EXPECT_EQ(page.odd_items, 0U);
}

TEST(Ec2Answers, HavePortsOnlyOfProtocolsWithPorts) {
  const auto ports = [](std::string_view from, std::string_view to) {
    return "<fromPort>" + std::string(from) + "</fromPort><toPort>" + std::string(to) + "</toPort>";
  };
  struct Case {
    std::string_view protocol;
    std::string ports;
    bool read;
    Port from = 0, to = 65535;
  };
  const std::vector<Case> cases = {
      {"tcp", ports("443", "443"), true, 443, 443},
      {"udp", ports("0", "65535"), true},
      {"6", ports("1", "2"), true, 1, 2},
      {"17", ports("1", "2"), true, 1, 2},
      {"icmp", ports("8", "-1"), true},
      {"-1", "", true},
      {"50", "", true},
      {"tcp", "", false},
      {"tcp", ports("444", "443"), false},
      {"tcp", ports("-1", "-1"), false},
      {"tcp", ports("0", "65536"), false},
      {"tcp", ports("1", ""), false},
      {"tcp", ports("1", "2x"), false},
      {"", ports("1", "2"), false},
  };
  for (const Case& c : cases) {
    const auto page = groups(permission(c.protocol, c.ports));
    ASSERT_EQ(page.items.size(), 1U);
    EXPECT_EQ(page.odd_items, c.read ? 0U : 1U) << c.protocol << c.ports;
    ASSERT_EQ(page.items[0].egress.size(), c.read ? 1U : 0U) << c.protocol << c.ports;
    if (!c.read) continue;
    EXPECT_EQ(page.items[0].egress[0].from_port, c.from);
    EXPECT_EQ(page.items[0].egress[0].to_port, c.to);
  }
}

TEST(Ec2Answers, HaveElasticAddresses) {
  const auto page = parse_addresses(answer(
      "DescribeAddresses",
      "<addressesSet><item><publicIp>203.0.113.1</publicIp><allocationId>eipalloc-1</allocationId>"
      "</item><item><publicIp>203.0.113.2</publicIp><allocationId>eipalloc-2</allocationId>"
      "<associationId>eipassoc-2</associationId></item><item><publicIp>203.0.113.3</publicIp>"
      "</item><item><allocationId>eipalloc-4</allocationId></item></addressesSet>"));
  ASSERT_TRUE(page) << page.error().message;
  const std::vector<ElasticAddress> want = {{"eipalloc-1", "", ipv4("203.0.113.1")},
                                            {"eipalloc-2", "eipassoc-2", ipv4("203.0.113.2")},
                                            {"eipalloc-4", "", std::nullopt}};
  EXPECT_EQ(page->items, want);
  EXPECT_EQ(page->odd_items, 2U);
}

TEST(Ec2Answers, MayBeEmpty) {
  EXPECT_TRUE(interfaces("").items.empty());
  EXPECT_TRUE(parse_addresses(answer("DescribeAddresses", "<addressesSet/>"))->items.empty());
}

TEST(Ec2Answers, SayWhatWasDone) {
  EXPECT_EQ(parse_association_id(answer("AssociateAddress",
                                        "<return>true</return><associationId>eipassoc-1"
                                        "</associationId>")),
            "eipassoc-1");
  const auto modified = [](std::string_view inside) {
    return parse_return(answer("ModifyInstanceAttribute", inside),
                        "ModifyInstanceAttributeResponse");
  };
  EXPECT_TRUE(modified("<return>true</return>"));
  EXPECT_FALSE(modified("<return>false</return>"));
  EXPECT_TRUE(modified(""));
}

TEST(Ec2Answers, AreNoOtherDocuments) {
  for (const std::string& body :
       {std::string(), std::string("{}"), std::string("<html/>"),
        answer("DescribeSecurityGroups", ""), answer("DescribeNetworkInterfaces", ""),
        answer("DescribeNetworkInterfaces", "<networkInterfaceSet>")}) {
    EXPECT_FALSE(parse_network_interfaces(body)) << body;
  }
  EXPECT_EQ(parse_network_interfaces("<html/>").error().message,
            "the answer is no DescribeNetworkInterfacesResponse; is this EC2?");
}

}  // namespace
}  // namespace dn::aws
