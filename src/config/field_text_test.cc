// Fields as text: what is taken, and what the advice says.
#include "config/field_text.h"

#include <gtest/gtest.h>

#include <array>

namespace dn::config {
namespace {

using std::chrono::seconds;

template <class T>
std::string error_of(const Result<T>& result) {
  return result ? "" : result.error().message;
}

TEST(Nearest, FindsMisspellingsOnly) {
  constexpr std::array<std::string_view, 4> kWords = {"inside", "outside", "queues", "state_dir"};
  EXPECT_EQ(nearest("otside", kWords), "outside");
  EXPECT_EQ(nearest("OUTSIDE", kWords), "outside");
  EXPECT_EQ(nearest("statedir", kWords), "state_dir");
  EXPECT_EQ(nearest("quuees", kWords), "queues");
  EXPECT_EQ(nearest("password", kWords), "");
  EXPECT_EQ(nearest("", kWords), "");
  EXPECT_EQ(nearest(std::string(1000, 'x'), kWords), "");
}

TEST(ParseDuration, ReadsNumberAndUnit) {
  EXPECT_EQ(parse_duration("90s"), seconds(90));
  EXPECT_EQ(parse_duration("30m"), seconds(1800));
  EXPECT_EQ(parse_duration("1h"), seconds(3600));
  EXPECT_EQ(parse_duration("90d"), seconds(90 * 86400));
  for (const std::string_view text : {"", "1", "h", "1 h", "-1h", "+1h", "1.5h", "01h", "1w", "1hh",
                                      "99999999999999999999s", "1h30m"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

TEST(FormatDuration, UsesTheLargestUnitThatDivides) {
  for (const std::string_view text : {"0s", "59s", "90s", "1m", "90m", "1h", "25h", "1d", "90d"}) {
    EXPECT_EQ(format_duration(*parse_duration(text)), text);
  }
}

TEST(ParsePorts, ReadsPortsAndRanges) {
  EXPECT_EQ(*parse_ports("443"), (PortRange{443, 443}));
  EXPECT_EQ(*parse_ports("8000-8100"), (PortRange{8000, 8100}));
  EXPECT_EQ(*parse_ports("0-65535"), PortRange{});
  EXPECT_EQ(*parse_ports("all"), PortRange{});
}

TEST(ParsePorts, NamesTheFix) {
  EXPECT_EQ(error_of(parse_ports("443,8443")),
            "one rule covers one range; write one [[group.egress]] per port");
  EXPECT_EQ(error_of(parse_ports("20-10")), "write the lower port first: \"10-20\"");
  EXPECT_EQ(error_of(parse_ports("0")),
            "no connection goes to port 0; write \"all\" for all ports");
  for (const std::string_view text :
       {"", "65536", "-1", "1-", "-", " 443", "443 ", "1-2-3", "*", "0443", "+1", "https"}) {
    EXPECT_EQ(error_of(parse_ports(text)),
              "write a port from 1 to 65535, a range like \"8000-8100\", or \"all\"")
        << text;
  }
}

TEST(ParseIpProtocol, TakesWhatSecurityGroupsTake) {
  for (const std::string_view text : {"tcp", "udp", "icmp", "icmpv6", "-1", "6", "0", "255"}) {
    EXPECT_EQ(parse_ip_protocol(text), std::string(text));
  }
  EXPECT_EQ(error_of(parse_ip_protocol("TCP")), "write \"tcp\"");
  EXPECT_EQ(error_of(parse_ip_protocol("all")), "write \"-1\" for all");
  EXPECT_EQ(error_of(parse_ip_protocol("256")), "write \"tcp\", or \"-1\" for all protocols");
  EXPECT_EQ(error_of(parse_ip_protocol("tls")), "write \"tcp\", or \"-1\" for all protocols");
}

TEST(ParseInterface, AllowsNothingThatCouldChangeAFirewallRule) {
  for (const std::string_view text : {"eth0", "ens5", "br-lan.100", "wg_0", "a"}) {
    EXPECT_TRUE(parse_interface(text)) << text;
  }
  for (const std::string_view text : {"", "abcdefghijklmnop", ".", "..", "eth 0", "eth0;", "eth\"0",
                                      "eth/0", "-i", "eth0\n", "eth*", "eth0:1", "{", "é"}) {
    EXPECT_FALSE(parse_interface(text)) << text;
  }
}

TEST(ParseLocalService, NeedsTransportAndPort) {
  EXPECT_EQ(*parse_local_service("udp/53"), (LocalService{LocalService::Transport::Udp, 53}));
  EXPECT_EQ(*parse_local_service("tcp/8080"), (LocalService{LocalService::Transport::Tcp, 8080}));
  for (const std::string_view text :
       {"", "53", "udp", "udp/", "udp/0", "udp/65536", "sctp/1", "UDP/53", "53/udp", "udp/53/1"}) {
    EXPECT_FALSE(parse_local_service(text)) << text;
  }
}

TEST(ParseUpstream, TakesIpv4WithOptionalPort) {
  EXPECT_EQ(*parse_upstream("192.0.2.53"), (DnsUpstream{{0xc0000235}, 53}));
  EXPECT_EQ(*parse_upstream("127.0.0.53:5353"), (DnsUpstream{{0x7f000035}, 5353}));
  for (const std::string_view text :
       {"", "dns.example", "::1", "2001:db8::1", "192.0.2.53:", "192.0.2.53:0", "192.0.2.53:99999",
        "0.0.0.0", "224.0.0.1", "255.255.255.255", "192.0.2.53:1:2"}) {
    EXPECT_FALSE(parse_upstream(text)) << text;
  }
}

TEST(ParsePath, IsAbsoluteAndStraight) {
  EXPECT_TRUE(parse_path("/var/lib/discriminat"));
  EXPECT_TRUE(parse_path("/a..b/.c"));
  for (const std::string_view text : {"", "var/lib", "./x", "/a/../b", "/a/./b", "/..", "/a\nb"}) {
    EXPECT_FALSE(parse_path(text)) << text;
  }
}

TEST(ParseListen, IsAnAddressAndAPort) {
  for (const std::string_view text :
       {"127.0.0.1:1043", "0.0.0.0:1", "[::1]:1043", "[::]:65535", "[::ffff:10.0.0.1]:1", ""}) {
    EXPECT_EQ(parse_listen(text).value_or("wrong"), text);
  }
  for (const std::string_view text :
       {"127.0.0.1", "localhost:1", ":1043", "::1:1043", "[]:1", "[::1]", "[::1]:x", "[lo]:1",
        "127.0.0.1:65536", "127.0.0.1:1 ", "010.0.0.1:1", "[fe80::1%lo]:1", "[12345]:80",
        "[1.2.3.4]:80"}) {
    EXPECT_FALSE(parse_listen(text)) << text;
  }
}

TEST(ParseRegionAndAccount, AreWhatArnsCarry) {
  for (const std::string_view text : {"eu-west-1", "us-gov-east-1", "local"}) {
    EXPECT_TRUE(parse_region(text)) << text;
  }
  for (const std::string_view text : {"", "EU-west-1", "eu west", "a:b", "a/b"}) {
    EXPECT_FALSE(parse_region(text)) << text;
  }
  EXPECT_FALSE(parse_region(std::string(65, 'a')));
  EXPECT_TRUE(parse_account("123456789012"));
  for (const std::string_view text : {"", "12345678901", "1234567890123", "12345678901x"}) {
    EXPECT_FALSE(parse_account(text)) << text;
  }
}

TEST(ParseCloud, TakesWhatTheCloudCallsSo) {
  EXPECT_EQ(parse_source("aws").value(), PolicySource::Aws);
  EXPECT_FALSE(parse_source("AWS"));
  EXPECT_TRUE(parse_vpc("vpc-0a1b2c3d4e5f60718"));
  for (const char* text : {"", "vpc", "vpc-", "vpc-0g", "eni-0a", "vpc-0a,vpc-1b", "vpc-*"}) {
    EXPECT_FALSE(parse_vpc(text)) << text;
  }
  for (const char* text : {"", "blue", "a.b-c_9", "%default", "self-manage"}) {
    EXPECT_TRUE(parse_deployment_id(text)) << text;
  }
  for (const char* text : {"a b", "a/b", "%", "\u00e4"}) {
    EXPECT_FALSE(parse_deployment_id(text)) << text;
  }
  EXPECT_TRUE(parse_external_id("a:b/c-d_e+f=g,h.i@j"));
  for (const std::string& text : {std::string("a"), std::string("a b"), std::string(1225, 'a')}) {
    EXPECT_FALSE(parse_external_id(text)) << text;
  }
  EXPECT_TRUE(parse_log_group("/net/DiscrimiNAT#1"));
  for (const char* text : {"", "a b", "a:b", "a*"}) EXPECT_FALSE(parse_log_group(text)) << text;
}

TEST(ParseRole, TakesTheArnOfARoleAndNothingElse) {
  const std::string arn = "arn:aws:iam::111122223333:role/";
  for (const std::string& text :
       {arn + "discriminat-read", arn + "a/path/to/a_+=,.@-9", arn + std::string(64, 'r'),
        std::string("arn:aws-us-gov:iam::111122223333:role/r")}) {
    EXPECT_EQ(parse_role(text).value_or("none"), text);
  }
  for (const std::string& text :
       {arn, arn + "path/", arn + "*", arn + "a b", arn + "a b/r", arn + std::string(65, 'r'),
        arn + std::string(600, 'p') + "/r", std::string("discriminat-read"), std::string(),
        std::string("arn:aws:iam::111122223333:user/u"),
        std::string("arn:aws:iam::11112222333:role/r"), std::string("arn:aws:iam::*:role/r"),
        std::string("arn:aws:iam:eu-west-1:111122223333:role/r"),
        std::string("arn:aws:sts::111122223333:role/r")}) {
    EXPECT_FALSE(parse_role(text)) << text;
  }
}

TEST(ParseClientAddress, PointsToSubnetsForBlocks) {
  EXPECT_EQ(*parse_client_address("10.0.1.10"), *parse_ipv4_prefix("10.0.1.10/32"));
  EXPECT_EQ(error_of(parse_client_address("10.0.1.0/24")),
            "for a block write a [[subnet]] with prefix = \"10.0.1.0/24\"");
  EXPECT_EQ(error_of(parse_client_address("010.0.1.1")),
            "write one IPv4 address, like \"10.0.1.10\"");
}

TEST(ParseClientAddress, RefusesWhatNoClientCanHave) {
  EXPECT_EQ(error_of(parse_client_address("127.0.0.1")),
            "write the address of a client; this one is loopback");
  EXPECT_EQ(error_of(parse_client_address("224.0.0.1")),
            "write the address of a client; this one is multicast");
}

TEST(ParseClientPrefix, RoundsDownInItsAdvice) {
  EXPECT_TRUE(parse_client_prefix("10.0.2.0/24"));
  EXPECT_TRUE(parse_client_prefix("0.0.0.0/0"));
  EXPECT_TRUE(parse_client_prefix("100.64.0.0/10"));
  EXPECT_EQ(error_of(parse_client_prefix("10.0.2.7/24")),
            "bits beyond the length must be zero: write \"10.0.2.0/24\"");
  EXPECT_EQ(error_of(parse_client_prefix("127.0.0.0/8")),
            "write a block of clients; this one is loopback");
  EXPECT_EQ(error_of(parse_client_prefix("10.0.2.0/33")),
            "write an IPv4 block, like \"10.0.2.0/24\"");
}

TEST(ParseGid, KeepsReservedNamesAway) {
  EXPECT_TRUE(parse_gid("sg-0123456789abcdef0"));
  EXPECT_TRUE(parse_gid("build/ci:main"));
  EXPECT_EQ(error_of(parse_gid("%default")),
            "names that begin with '%' are reserved; write another one");
  for (const std::string_view text : {"", "a b", "a,b", "a\"b", "a\nb", "é"}) {
    EXPECT_FALSE(parse_gid(text)) << text;
  }
  EXPECT_FALSE(parse_gid(std::string(256, 'a')));
}

}  // namespace
}  // namespace dn::config
