#include "policy/member.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace dn::policy {
namespace {

using ::testing::HasSubstr;

TEST(Member, AcceptsNamesPatternsAddressesAndLists) {
  const std::string label63(63, 'a');
  const struct {
    std::string text;
    MemberKind kind;
    std::string want;
  } cases[] = {
      {"api.github.com", MemberKind::Name, "api.github.com"},
      {"API.GitHub.COM.", MemberKind::Name, "api.github.com"},
      {"_dmarc.example.com", MemberKind::Name, "_dmarc.example.com"},
      {"xn--mnchen-3ya.de", MemberKind::Name, "xn--mnchen-3ya.de"},
      {"münchen.de", MemberKind::Name, "xn--mnchen-3ya.de"},
      {"MÜNCHEN.de", MemberKind::Name, "xn--mnchen-3ya.de"},
      {"straße.de", MemberKind::Name, "xn--strae-oqa.de"},  // non-transitional: not strasse.de
      {"ａ.com", MemberKind::Name, "a.com"},
      {label63 + ".com", MemberKind::Name, label63 + ".com"},
      {"*.github.com", MemberKind::Pattern, "*.github.com"},
      {"**.GitHub.com.", MemberKind::Pattern, "*.github.com"},
      {"api-?.*.example.com", MemberKind::Pattern, "api-?.*.example.com"},
      {"*.münchen.de", MemberKind::Pattern, "*.xn--mnchen-3ya.de"},
      {"*", MemberKind::Pattern, "*"},
      {"8.8.8.8", MemberKind::Address, "8.8.8.8"},
      {"arn:aws:ssm:eu-west-1:123456789012:parameter/egress/list", MemberKind::List,
       "arn:aws:ssm:eu-west-1:123456789012:parameter/egress/list"},
      {"arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:egress-AbCdEf", MemberKind::List,
       "arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:egress-AbCdEf"},
  };
  for (const auto& c : cases) {
    const auto member = parse_member(c.text);
    ASSERT_TRUE(member) << c.text << ": " << member.error().message;
    EXPECT_EQ(member->kind(), c.kind) << c.text;
    EXPECT_EQ(member->text(), c.want);
  }
}

TEST(Member, RejectsWithTheFix) {
  const struct {
    std::string text;
    std::string want;
  } cases[] = {
      {"", "an empty member; remove the extra comma"},
      {"https://api.github.com/v3", "a URL; write \"api.github.com\""},
      {"https://user@api.github.com:8443/", "a URL; write \"api.github.com\""},
      {"https://*/", "a URL; write the host name only"},
      {"api.github.com/v3", "a path; write \"api.github.com\""},
      {"api.github.com:443", "a port; ports are those of the rule; write \"api.github.com\""},
      {"8.8.8.8:443", "a port; ports are those of the rule; write \"8.8.8.8\""},
      {"*.github.com:443", "a port; ports are those of the rule; write the host name only"},
      {"git@github.com", "a user name; write \"github.com\""},
      {"git@github.com:org/repo", "a path; write \"github.com\""},
      {"8.8.8.0/24", "a block of addresses; list single addresses, or better the host names"},
      {"8.8.8.8/32", "a block; write \"8.8.8.8\""},
      {"0.0.0.0/0", "a block of addresses"},
      {"2001:db8::1", "an IPv6 address, and only IPv4 is forwarded"},
      {"[2001:db8::1]:443", "an IPv6 address, and only IPv4 is forwarded"},
      {"::ffff:8.8.8.8", "an IPv6 address, and only IPv4 is forwarded"},
      {"2001:db8::/32", "an IPv6 address, and only IPv4 is forwarded"},
      {"10.0.0.1", "a special address (private use)"},
      {"169.254.169.254", "a special address (link-local)"},
      {"8.8.8.256", "not an IPv4 address; write four numbers from 0 to 255"},
      {"8.8.8", "not an IPv4 address"},
      {"08.8.8.8", "not an IPv4 address"},
      {"8.8.8.*", "wildcards cover names, not addresses"},
      {"localhost",
       "not a fully qualified name; write all of it, such as \"localhost.example.com\""},
      {".example.com",
       "write \"example.com\" for the name itself or \"*.example.com\" for the names"},
      {"a..example.com", "an empty label"},
      {"*..com", "an empty label"},
      {".", "an empty label"},
      {"a.com..", "an empty label"},
      {"*.a.com..", "an empty label"},
      {"exa(mple.com", "\"(\" cannot stand in a host name"},
      {"\"a.com\"", "cannot stand in a host name"},
      {"a;b.com", "\";\" cannot stand in a host name"},
      {std::string("a\0b.com", 7), "cannot stand in a host name"},
      {std::string(64, 'a') + ".com", "a label of more than 63 characters"},
      {"*" + std::string(64, '?') + ".com", "a label of more than 63 characters"},
      {std::string(300, 'a') + ".com", "more than 253 characters"},
      {"mün*chen.de", "a label with a wildcard must be ASCII"},
      {"ü\xff.de", "not a valid internationalised name"},
      {"＊.com", "not a valid internationalised name"},  // a full-width asterisk is no wildcard
      {"１.２.３.４", "not a host name"},                // nor are full-width digits an address
      {"*.１.com．", "not a valid internationalised name"},
      {"arn:aws:s3:::bucket", "not a complete ARN"},
      {"arn:aws:sqs:eu-west-1:123456789012:queue", "not the ARN of a list"},
      {"arn:aws:ssm:eu-west-1:123456789012:parameter/", "not the ARN of a list"},
      {"arn:evil:ssm:eu-west-1:123456789012:parameter/x", "not the ARN of a list"},
      {"arn:aws:ssm", "not a complete ARN"},
      {"arn:aws:ssm:e:1:parameter/" + std::string(2048, 'a'), "more than 2048 characters"},
  };
  for (const auto& c : cases) {
    const auto member = parse_member(c.text);
    ASSERT_FALSE(member) << c.text;
    EXPECT_THAT(member.error().message, HasSubstr(c.want)) << c.text;
  }
}

}  // namespace
}  // namespace dn::policy
