// Terraform, a policy file and JSON, each read by eye; what HCL would take for its own.
#include "review/rule_forms.h"

#include <gtest/gtest.h>

#include <sstream>

namespace dn::review {
namespace {

WrittenRules two_rules() {
  return write_rules({{443, Protocol::Tls, "a.example"},
                      {443, Protocol::Tls, "*.b.example"},
                      {22, Protocol::Ssh, "198.51.100.7"}},
                     {});
}

TEST(RuleForms, PrintTerraform) {
  std::ostringstream out;
  print_rules_terraform(two_rules(), "sg-${x}", out);
  EXPECT_TRUE(out.str().ends_with(R"(
resource "aws_vpc_security_group_egress_rule" "discriminat_tls_443_0_0_0_0_0" {
  security_group_id = "sg-$${x}"
  description       = "discriminat:tls:*.b.example,a.example"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "0.0.0.0/0"
}
)")) << out.str();
}

TEST(RuleForms, PrintEntriesOfAPolicyFile) {
  std::ostringstream out;
  print_rules_policy_file(two_rules(), out);
  EXPECT_EQ(out.str(), R"([[group.egress]]
description = "discriminat:ssh:198.51.100.7"
ports = 22

[[group.egress]]
description = "discriminat:tls:*.b.example,a.example"
ports = 443
)");
}

TEST(RuleForms, PrintElementsOfAJsonList) {
  std::ostringstream out;
  print_rules_json(two_rules(), out);
  EXPECT_EQ(out.str(), R"(
  {"protocol": "tcp", "port": 22, "destination": "0.0.0.0/0", )"
                       R"("description": "discriminat:ssh:198.51.100.7"},
  {"protocol": "tcp", "port": 443, "destination": "0.0.0.0/0", )"
                       R"("description": "discriminat:tls:*.b.example,a.example"})");
}

TEST(RuleForms, TellWhatAwsWillRefuse) {
  std::vector<NameOnPort> names;
  for (Port port = 1; port <= 60; ++port) names.push_back({port, Protocol::Tls, "a.example"});
  EXPECT_TRUE(notes_of(write_rules(names, {})).empty());
  names.push_back({61, Protocol::Tls, "a.example"});
  names.push_back({61, Protocol::Tls, std::string(240, 'a')});
  const auto notes = notes_of(write_rules(names, {}));
  ASSERT_EQ(notes.size(), 2U);
  EXPECT_TRUE(notes[0].starts_with("too long for a description, put it into a list")) << notes[0];
  EXPECT_TRUE(notes[1].starts_with("61 rules are more than the 60 that AWS allows")) << notes[1];
}

TEST(HclText, EscapesWhatHclWouldRead) {
  EXPECT_EQ(hcl_text("plain"), "\"plain\"");
  EXPECT_EQ(hcl_text("a\"b\\c"), "\"a\\\"b\\\\c\"");
  EXPECT_EQ(hcl_text("${x} $x %{y} %y $${z}"), "\"$${x} $x %%{y} %y $$${z}\"");
  EXPECT_EQ(hcl_text("a\nb\x1b"), "\"a\\u000ab\\u001b\"");
}

}  // namespace
}  // namespace dn::review
