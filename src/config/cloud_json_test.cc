// The three documents on samples of our own making, in the form that the tools print.
#include "config/cloud_json.h"

#include <gtest/gtest.h>

#include <string>

namespace dn::config {
namespace {

// Groups and rules as text, one per line.
std::string rules_of(const CloudGroups& cloud) {
  std::string text;
  for (const auto& group : cloud.groups) {
    text += group.gid + "\n";
    for (const auto& rule : group.egress) {
      text += "  " + rule.where + "\n    " + rule.ip_protocol + " " +
              std::to_string(rule.from_port) + "-" + std::to_string(rule.to_port) + " " +
              rule.description + "\n";
    }
  }
  for (const auto& problem : cloud.problems) {
    text += problem.where + "\n  " + problem.what + "\n  " + problem.fix + "\n";
  }
  return text;
}

std::string read(std::string_view text) {
  const auto cloud = parse_cloud_json(text, "doc.json");
  return cloud ? rules_of(*cloud) : "refused: " + cloud.error().message;
}

constexpr std::string_view kSecurityGroups = R"({
  "SecurityGroups": [
    {
      "Description": "web tier", "GroupName": "web", "OwnerId": "111122223333",
      "GroupId": "sg-0aaaaaaaaaaaaaaaa", "VpcId": "vpc-0bbbbbbbbbbbbbbbb",
      "IpPermissions": [
        {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80,
         "IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "discriminat:tls:inbound.example"}]}
      ],
      "IpPermissionsEgress": [
        {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443,
         "UserIdGroupPairs": [{"GroupId": "sg-0cccccccccccccccc", "UserId": "111122223333",
                               "Description": "discriminat:tls:d.example"}],
         "IpRanges": [
           {"CidrIp": "0.0.0.0/0", "Description": "discriminat:tls:a.example,*.a.example"},
           {"CidrIp": "0.0.0.0/1"},
           {"CidrIp": "128.0.0.0/1", "Description": "discriminat:tls:b.example"}],
         "Ipv6Ranges": [{"CidrIpv6": "::/0", "Description": "discriminat:tls:c.example"}],
         "PrefixListIds": [{"PrefixListId": "pl-63a5400a", "Description": "S3"}]},
        {"IpProtocol": "-1", "UserIdGroupPairs": [], "Ipv6Ranges": [], "PrefixListIds": [],
         "IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "discriminat:see-thru:2026-12-24"}]},
        {"IpProtocol": "icmp", "FromPort": -1, "ToPort": -1,
         "IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "ping"}]}
      ]
    },
    {"GroupId": "sg-0dddddddddddddddd", "IpPermissionsEgress": []}
  ]
})";

TEST(CloudJson, ReadsDescribeSecurityGroups) {
  EXPECT_EQ(read(kSecurityGroups),
            R"(sg-0aaaaaaaaaaaaaaaa
  sg-0aaaaaaaaaaaaaaaa IpPermissionsEgress[0].IpRanges[0]
    tcp 443-443 discriminat:tls:a.example,*.a.example
  sg-0aaaaaaaaaaaaaaaa IpPermissionsEgress[0].IpRanges[2]
    tcp 443-443 discriminat:tls:b.example
  sg-0aaaaaaaaaaaaaaaa IpPermissionsEgress[0].Ipv6Ranges[0]
    tcp 443-443 discriminat:tls:c.example
  sg-0aaaaaaaaaaaaaaaa IpPermissionsEgress[0].PrefixListIds[0]
    tcp 443-443 S3
  sg-0aaaaaaaaaaaaaaaa IpPermissionsEgress[0].UserIdGroupPairs[0]
    tcp 443-443 discriminat:tls:d.example
  sg-0aaaaaaaaaaaaaaaa IpPermissionsEgress[1].IpRanges[0]
    -1 0-65535 discriminat:see-thru:2026-12-24
  sg-0aaaaaaaaaaaaaaaa IpPermissionsEgress[2].IpRanges[0]
    icmp 0-65535 ping
sg-0dddddddddddddddd
)");
  EXPECT_EQ(parse_cloud_json(kSecurityGroups, "f")->kind, CloudDocument::AwsSecurityGroups);
}

TEST(CloudJson, ReadsDescribeSecurityGroupRules) {
  constexpr std::string_view kText = R"({
  "SecurityGroupRules": [
    {"SecurityGroupRuleId": "sgr-01", "GroupId": "sg-0a", "GroupOwnerId": "111122223333",
     "IsEgress": false, "IpProtocol": "tcp", "FromPort": 22, "ToPort": 22,
     "CidrIpv4": "10.0.0.0/8", "Description": "discriminat:ssh:inbound.example", "Tags": []},
    {"SecurityGroupRuleId": "sgr-02", "GroupId": "sg-0a", "IsEgress": true, "IpProtocol": "tcp",
     "FromPort": 22, "ToPort": 22, "CidrIpv4": "0.0.0.0/0",
     "Description": "discriminat:ssh:github.com", "Tags": []},
    {"SecurityGroupRuleId": "sgr-03", "GroupId": "sg-0b", "IsEgress": true, "IpProtocol": "-1",
     "FromPort": -1, "ToPort": -1, "CidrIpv4": "0.0.0.0/0",
     "Description": "discriminat:tls:example.com"},
    {"SecurityGroupRuleId": "sgr-04", "GroupId": "sg-0a", "IsEgress": true, "IpProtocol": "-1",
     "FromPort": -1, "ToPort": -1, "CidrIpv6": "::/0"}
  ]
})";
  EXPECT_EQ(read(kText), R"(sg-0a
  sgr-02
    tcp 22-22 discriminat:ssh:github.com
sg-0b
  sgr-03
    -1 0-65535 discriminat:tls:example.com
)");
}

constexpr std::string_view kPlan = R"({
  "format_version": "1.2", "terraform_version": "1.9.5",
  "planned_values": {"root_module": {
    "resources": [
      {"address": "aws_security_group.web", "mode": "managed", "type": "aws_security_group",
       "name": "web", "provider_name": "registry.terraform.io/hashicorp/aws", "schema_version": 1,
       "values": {"name": "web", "description": "discriminat:tls:not-a-rule.example",
         "egress": [
           {"cidr_blocks": ["0.0.0.0/0"], "description": "discriminat:tls:api.example.com",
            "from_port": 443, "ipv6_cidr_blocks": [], "prefix_list_ids": [], "protocol": "tcp",
            "security_groups": [], "self": false, "to_port": 443},
           {"cidr_blocks": ["0.0.0.0/0"], "description": "discriminat:see-thru:2026-1-1",
            "from_port": 0, "protocol": "-1", "to_port": 0},
           {"cidr_blocks": ["10.0.0.0/8"], "description": "", "from_port": 0, "protocol": "-1",
            "to_port": 0}],
         "ingress": [{"description": "discriminat:tls:in.example", "from_port": 80,
                      "protocol": "tcp", "to_port": 80}]}},
      {"address": "data.aws_security_group.other", "mode": "data", "type": "aws_security_group",
       "values": {"egress": [{"description": "discriminat:tls:data.example", "from_port": 1,
                              "to_port": 1, "protocol": "tcp"}]}},
      {"address": "aws_security_group_rule.git[0]", "mode": "managed",
       "type": "aws_security_group_rule",
       "values": {"type": "egress", "security_group_id": "sg-0known", "from_port": 22,
                  "to_port": 22, "protocol": "tcp", "description": "discriminat:ssh:github.com"}},
      {"address": "aws_security_group_rule.in", "mode": "managed",
       "type": "aws_security_group_rule",
       "values": {"type": "ingress", "from_port": 22, "to_port": 22, "protocol": "tcp",
                  "description": "discriminat:ssh:in.example"}},
      {"address": "aws_instance.vm", "mode": "managed", "type": "aws_instance", "values": {}}
    ],
    "child_modules": [
      {"address": "module.a",
       "resources": [
        {"address": "module.a.aws_vpc_security_group_egress_rule.x[\"k\"]", "mode": "managed",
         "type": "aws_vpc_security_group_egress_rule",
         "values": {"cidr_ipv4": "0.0.0.0/0", "description": "discriminat:tls:x.example",
                    "from_port": 8443, "to_port": 8444, "ip_protocol": "tcp"}}],
       "child_modules": [{"address": "module.a.module.b", "resources": [
        {"address": "module.a.module.b.aws_vpc_security_group_egress_rule.all", "mode": "managed",
         "type": "aws_vpc_security_group_egress_rule",
         "values": {"description": "discriminat:tls:all.example", "from_port": null,
                    "to_port": null, "ip_protocol": "-1"}},
        {"address": "module.a.module.b.aws_default_security_group.d", "mode": "managed",
         "type": "aws_default_security_group",
         "values": {"id": "sg-0default", "egress": [{"description": "discriminat:tls:d.example",
                    "from_port": 443, "to_port": 443, "protocol": "6"}]}}]}]}
    ]
  }},
  "resource_changes": []
})";

TEST(CloudJson, ReadsTerraformPlansWithAllTheirModules) {
  EXPECT_EQ(read(kPlan), R"(aws_security_group.web
  aws_security_group.web.egress[0]
    tcp 443-443 discriminat:tls:api.example.com
  aws_security_group.web.egress[1]
    -1 0-65535 discriminat:see-thru:2026-1-1
sg-0known
  aws_security_group_rule.git[0]
    tcp 22-22 discriminat:ssh:github.com
module.a.aws_vpc_security_group_egress_rule.x["k"]
  module.a.aws_vpc_security_group_egress_rule.x["k"]
    tcp 8443-8444 discriminat:tls:x.example
module.a.module.b.aws_vpc_security_group_egress_rule.all
  module.a.module.b.aws_vpc_security_group_egress_rule.all
    -1 0-65535 discriminat:tls:all.example
sg-0default
  module.a.module.b.aws_default_security_group.d.egress[0]
    6 443-443 discriminat:tls:d.example
)");
}

TEST(CloudJson, ReadsTerraformStatesToo) {
  EXPECT_EQ(
      read(R"({"format_version": "1.0", "terraform_version": "1.9.5", "values": {"root_module":
    {"resources": [{"address": "aws_security_group.a", "mode": "managed",
                    "type": "aws_security_group", "values": {"id": "sg-1", "egress": []}}]}}})"),
      "sg-1\n");
}

TEST(CloudJson, OddRulesCostTheirNeighboursNothing) {
  EXPECT_EQ(read(R"({"SecurityGroups": [{"GroupName": "x"}, {"GroupId": "sg-1",
    "IpPermissionsEgress": [
      {"FromPort": 1, "ToPort": 1, "IpRanges": [{"Description": "a"}]},
      {"IpProtocol": "tcp", "IpRanges": [{"Description": "b"}]},
      {"IpProtocol": "tcp", "FromPort": 2, "ToPort": 1, "IpRanges": [{"Description": "c"}]},
      {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 65536, "IpRanges": [{"Description": "d"}]},
      {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 2, "IpRanges": [{"Description": "good"}]}
    ]}], "NextToken": "more"})"),
            R"(sg-1
  sg-1 IpPermissionsEgress[4].IpRanges[0]
    tcp 1-2 good
doc.json: NextToken
  this is only one page of the answer
  run the command without --max-items and --no-paginate
doc.json: SecurityGroups[0]
  the group has no GroupId
  print the document again, without a query that drops parts of it
doc.json: sg-1 IpPermissionsEgress[0].IpRanges[0]
  the rule has no IpProtocol
  print the document again, without a query that drops parts of it
doc.json: sg-1 IpPermissionsEgress[1].IpRanges[0]
  the rule has no port range in FromPort and ToPort
  write a range from 0 to 65535
doc.json: sg-1 IpPermissionsEgress[2].IpRanges[0]
  the rule has no port range in FromPort and ToPort
  write a range from 0 to 65535
doc.json: sg-1 IpPermissionsEgress[3].IpRanges[0]
  the rule has no port range in FromPort and ToPort
  write a range from 0 to 65535
)");
}

TEST(CloudJson, KeepsDestinationsOfRulesForOnePort) {
  const auto destinations_of = [](std::string_view text) {
    std::string told;
    const auto cloud = parse_cloud_json(text, "f").value();
    for (const auto& [gid, port, block] : cloud.destinations) {
      told += gid + " " + std::to_string(port) + " " + dn::to_text(block) + "\n";
    }
    return told;
  };
  EXPECT_EQ(destinations_of(kSecurityGroups), R"(sg-0aaaaaaaaaaaaaaaa 443 0.0.0.0/0
sg-0aaaaaaaaaaaaaaaa 443 0.0.0.0/1
sg-0aaaaaaaaaaaaaaaa 443 128.0.0.0/1
)");
  EXPECT_EQ(destinations_of(R"({"SecurityGroups": [{"GroupId": "g", "IpPermissionsEgress": [
    {"IpProtocol": "6", "FromPort": 1, "ToPort": 1, "IpRanges": [
      {"CidrIp": "10.0.0.0/8"}, {"CidrIp": "10.0.0.1/8"}, {"CidrIp": 7}, 7]},
    {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 2, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]},
    {"IpProtocol": "tcp", "FromPort": 65536, "ToPort": 65536,
     "IpRanges": [{"CidrIp": "0.0.0.0/0"}]},
    {"IpProtocol": "udp", "FromPort": 1, "ToPort": 1, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]},
    {"IpProtocol": "tcp", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]}]})"),
            "g 1 10.0.0.0/8\n");
  EXPECT_EQ(destinations_of(R"({"SecurityGroupRules": [
    {"GroupId": "g", "IsEgress": true, "IpProtocol": "tcp", "FromPort": 8443, "ToPort": 8443,
     "CidrIpv4": "0.0.0.0/1"},
    {"GroupId": "g", "IsEgress": false, "IpProtocol": "tcp", "FromPort": 22, "ToPort": 22,
     "CidrIpv4": "0.0.0.0/0"}]})"),
            "g 8443 0.0.0.0/1\n");
  EXPECT_EQ(destinations_of(kPlan), "");
}

TEST(CloudJson, SurvivesWrongTypesEverywhere) {
  for (const std::string_view text :
       {R"({"SecurityGroups": 1})", R"({"SecurityGroups": [1, null, "x", []]})",
        R"({"SecurityGroups": [{"GroupId": 1}]})",
        R"({"SecurityGroups": [{"GroupId": "g", "IpPermissionsEgress": {"a": 1}}]})",
        R"({"SecurityGroups": [{"GroupId": "g", "IpPermissionsEgress": [7, {"IpRanges": [1]}]}]})",
        R"({"SecurityGroupRules": [{"GroupId": "g", "IsEgress": "true"}]})",
        R"({"planned_values": {"root_module": []}})",
        R"({"planned_values": {"root_module": {"resources": [1, {"values": 2}]}}})",
        R"({"planned_values": {"root_module": {"child_modules": [1, {"child_modules": 2}]}}})"}) {
    EXPECT_TRUE(parse_cloud_json(text, "f")) << text;
  }
}

TEST(CloudJson, SaysWhatOtherDocumentsAre) {
  const std::string wanted =
      "; print it with `aws ec2 describe-security-groups`, `aws ec2 describe-security-group-rules` "
      "or `terraform show -json PLAN`";
  EXPECT_EQ(read("{}"), "refused: the document is none that can be checked" + wanted);
  EXPECT_EQ(read("[]"), "refused: the document is a list; drop --query" + wanted);
  EXPECT_EQ(
      read(R"({"version": 4, "terraform_version": "1.9.5", "resources": []})"),
      "refused: this is Terraform's state file, not the output of `terraform show -json`" + wanted);
  EXPECT_EQ(read(R"({"format_version": "1.2", "terraform_version": "1.9.5"})"),
            "refused: the plan has no planned_values; it may be empty or have failed" + wanted);
  EXPECT_EQ(read("PK\x03\x04"),
            "refused: this is a plan file of Terraform, not JSON; check the output of `terraform "
            "show -json FILE`");
  EXPECT_TRUE(read("{\"a\": ").starts_with("refused: not JSON: "));
  EXPECT_TRUE(read("").starts_with("refused: not JSON: "));
}

TEST(CloudJson, BoundsTheDepth) {
  std::string deep = "{\"SecurityGroups\": ";
  deep += std::string(100'000, '[') + std::string(100'000, ']') + "}";
  EXPECT_TRUE(read(deep).starts_with("refused: not JSON: "));
}

TEST(CloudJson, EveryTruncationIsRefused) {
  for (std::size_t size = 0; size < kPlan.size(); ++size) {
    EXPECT_FALSE(parse_cloud_json(kPlan.substr(0, size), "f")) << size;
  }
}

TEST(LooksLikeJson, TellsObjectsFromConfigurationFiles) {
  EXPECT_TRUE(looks_like_json(" \n{}"));
  EXPECT_TRUE(looks_like_json("[\n {\"GroupId\": 1}]"));
  EXPECT_TRUE(looks_like_json("PK\x03\x04"));
  EXPECT_FALSE(looks_like_json("[gateway]"));
  EXPECT_FALSE(looks_like_json("["));
  EXPECT_FALSE(looks_like_json("# {"));
  EXPECT_FALSE(looks_like_json(""));
}

}  // namespace
}  // namespace dn::config
