// Which lines count, what becomes of each destination, and how complete the picture is.
#include "review/allowlist_picture.h"

#include <gtest/gtest.h>

namespace dn::review {
namespace {

constexpr std::int64_t kDay = 86'400'000;
constexpr std::int64_t kStart = 20'000 * kDay;  // 2024-10-04

FlowLine line(std::string_view host, std::string_view reason = "not-allowlisted",
              std::string_view src = "10.0.1.10", Port port = 443, std::string_view proto = "tls") {
  FlowLine made;
  made.dhost = host;
  made.cat = "client";
  made.outcome = "allowed";
  made.src = src;
  made.dst = "198.51.100.7";
  made.spt = 40000;
  made.dpt = port;
  made.proto = proto;
  made.reason = std::string(reason) + ": a sentence";
  made.see_thru_gid = "sg-open";
  made.see_thru_exerted = true;
  made.see_thru_days = 5;
  return made;
}

TEST(AllowlistPicture, CountsOnlyWhatThisSeeThruLetThrough) {
  AllowlistPicture picture("sg-open");
  auto other = line("a.example");
  other.see_thru_gid = "sg-other";
  picture.add(kStart, other);
  auto by_rule = line("a.example");
  by_rule.see_thru_exerted = false;
  picture.add(kStart, by_rule);
  auto refused = line("a.example");
  refused.outcome = "disallowed";
  picture.add(kStart, refused);
  auto server = line("a.example");
  server.cat = "server";
  picture.add(kStart, server);
  EXPECT_EQ(picture.connections(), 0U);
  EXPECT_TRUE(picture.destinations().empty());
  EXPECT_FALSE(picture.completeness().last_new);
}

TEST(AllowlistPicture, GathersHitsTimesAndClients) {
  AllowlistPicture picture("sg-open");
  picture.add(kStart + 5000, line("B.example"));
  picture.add(kStart + 1000, line("b.example", "port-not-allowed", "10.0.1.11"));
  picture.add(kStart + 2000, line("b.example", "not-allowlisted", "10.0.1.11"));
  picture.add(kStart + 3000, line("b.example", "not-allowlisted", "10.0.1.10", 8443));
  const auto seen = picture.destinations();
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0].dhost, "b.example");
  EXPECT_EQ(seen[0].slug, "not-allowlisted");
  EXPECT_EQ(seen[0].hits, 3U);
  EXPECT_EQ(seen[0].first, kStart + 1000);
  EXPECT_EQ(seen[0].last, kStart + 5000);
  EXPECT_EQ(seen[0].clients.size(), 2U);
  EXPECT_EQ(to_text(seen[0].first_client), "10.0.1.11");
  EXPECT_EQ(seen[1].port, 8443);
  EXPECT_EQ(picture.connections(), 4U);
  EXPECT_EQ(picture.first(), kStart + 1000);
  EXPECT_EQ(picture.last(), kStart + 5000);
}

TEST(AllowlistPicture, TellsReasonsApartWhereNoRuleHelps) {
  AllowlistPicture picture("sg-open");
  picture.add(kStart, line("198.51.100.7", "tls-no-sni"));
  picture.add(kStart, line("198.51.100.7", "tls-version-client-too-old"));
  picture.add(kStart, line("a.example", "tls-version-client-too-old"));
  picture.add(kStart, line("a.example", "port-not-allowed"));
  picture.add(kStart, line("a.example", "client-unknown"));
  const auto seen = picture.destinations();
  ASSERT_EQ(seen.size(), 4U);
  EXPECT_EQ(seen[0].slug, "tls-no-sni");
  EXPECT_EQ(seen[1].slug, "tls-version-client-too-old");
  EXPECT_EQ(seen[2].slug, "client-unknown");
  EXPECT_EQ(seen[2].hits, 2U);
  EXPECT_EQ(seen[3].slug, "tls-version-client-too-old");
  EXPECT_EQ(picture.unknown_clients(), 1U);
}

struct Apart {
  std::string_view host, reason, proto, advice;  // no advice: a rule expresses it
};

TEST(AllowlistPicture, SaysWhatNoRuleCanExpress) {
  for (const Apart& c : {
           Apart{"a.example", "not-allowlisted", "tls", ""},
           Apart{"a.example", "port-not-allowed", "tls", ""},
           Apart{"a.example", "client-unknown", "tls", ""},
           Apart{"git.example", "port-not-allowed", "ssh", ""},
           Apart{"198.51.100.7", "tls-no-sni", "tls",
                 "have the client name the server (SNI), or allow the address: "
                 "discriminat:tls:198.51.100.7"},
           Apart{"10.1.1.1", "tls-no-sni", "tls",
                 "have the client name the server (SNI); no rule can allow this address"},
           Apart{"198.51.100.7", "not-allowlisted", "ssh",
                 "write the host's name: discriminat:ssh:NAME, or allow the address: "
                 "discriminat:ssh:198.51.100.7"},
           Apart{"localhost", "not-allowlisted", "tls",
                 "\"localhost\": not a fully qualified name; write all of it, such as "
                 "\"localhost.example.com\""},
           Apart{"a.example", "tls-version-client-too-old", "tls",
                 "no rule can allow it: have the client offer TLS 1.2 or newer"},
           Apart{"a.example", "dns-mismatch", "tls",
                 "a rule names it already, but the gateway's own look-ups do not give this address "
                 "for the name"},
           Apart{"a.example", "http-not-allowed", "http", "no rule can allow plain HTTP: use TLS"},
           Apart{"198.51.100.7", "proto-unknown", "unknown",
                 "no rule can allow it: the protocol is neither TLS, SSH nor HTTP"},
           Apart{"a.example", "brand-new-reason", "tls", "no rule is known to allow it"},
           Apart{"*.example.com", "not-allowlisted", "tls", ""},
       }) {
    AllowlistPicture picture("sg-open");
    picture.add(kStart, line(c.host, c.reason, "10.0.1.10", 443, c.proto));
    ASSERT_EQ(picture.destinations().size(), 1U);
    const SeenDestination seen = picture.destinations()[0];
    if (c.host == "*.example.com") {
      // A pattern in a log line is no name of a host.
      EXPECT_FALSE(seen.name);
      continue;
    }
    EXPECT_EQ(seen.advice, c.advice) << c.host << " " << c.reason;
    EXPECT_EQ(seen.name.has_value(), c.advice.empty()) << c.host << " " << c.reason;
  }
}

TEST(AllowlistPicture, CountsServersThatWouldBeRefused) {
  AllowlistPicture picture("sg-open");
  auto server = line("old.example", "tls-version-server-too-old");
  server.cat = "server";
  server.src = "198.51.100.7";
  server.dst = "10.0.1.10";
  server.spt = 443;
  server.dpt = 40000;
  picture.add(kStart, server);
  const auto seen = picture.destinations();
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].port, 443);
  EXPECT_EQ(to_text(seen[0].clients.at(0)), "10.0.1.10");
  EXPECT_EQ(seen[0].advice, "no rule can allow it: have the server take TLS 1.2 or newer");
  EXPECT_EQ(picture.connections(), 0U);  // its client line is the connection
}

TEST(AllowlistPicture, MeasuresItsCompleteness) {
  AllowlistPicture picture("sg-open");
  const auto add = [&](int day, std::string_view host, std::string_view client) {
    auto made = line(host, "not-allowlisted", client);
    made.see_thru_days = 10 - day;
    picture.add(kStart + day * kDay + 1000, made);
  };
  add(0, "a.example", "10.0.1.1");
  add(0, "b.example", "10.0.1.1");
  add(1, "a.example", "10.0.1.2");
  add(2, "c.example", "10.0.1.3");
  add(2, "a.example", "10.0.1.3");
  add(4, "a.example", "10.0.1.1");
  const auto complete = picture.completeness();
  EXPECT_EQ(complete.last_new, kStart + 2 * kDay + 1000);
  EXPECT_EQ(complete.last_new_name, "c.example");
  EXPECT_EQ(complete.days, 4U);  // with lines
  EXPECT_EQ(complete.days_without_new, 2U);
  EXPECT_EQ(complete.clients, 3U);
  EXPECT_EQ(complete.clients_without_new, 1U);  // 10.0.1.2
  EXPECT_EQ(complete.see_thru_ends, kStart + 10 * kDay);
}

// The answer does not depend on the order of the lines.
TEST(AllowlistPicture, TakesLinesInAnyOrder) {
  std::vector<std::pair<std::int64_t, FlowLine>> lines;
  for (int i = 0; i < 50; ++i) {
    lines.emplace_back(kStart + (i * 7 % 50) * 3'600'000,
                       line("h" + std::to_string(i % 7) + ".example", "not-allowlisted",
                            "10.0.1." + std::to_string(i % 5)));
  }
  AllowlistPicture forward("sg-open");
  for (const auto& [time, one] : lines) forward.add(time, one);
  AllowlistPicture backward("sg-open");
  std::ranges::reverse(lines);
  for (const auto& [time, one] : lines) backward.add(time, one);
  EXPECT_EQ(forward.completeness().last_new, backward.completeness().last_new);
  EXPECT_EQ(forward.completeness().clients_without_new,
            backward.completeness().clients_without_new);
  const auto a = forward.destinations();
  const auto b = backward.destinations();
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].dhost, b[i].dhost);
    EXPECT_EQ(a[i].first, b[i].first);
    EXPECT_EQ(a[i].last, b[i].last);
    EXPECT_EQ(a[i].hits, b[i].hits);
    EXPECT_EQ(a[i].clients.size(), b[i].clients.size());
  }
}

TEST(AllowlistPicture, KeepsNoMoreThanItsLimit) {
  AllowlistPicture picture("sg-open");
  for (std::size_t i = 0; i < AllowlistPicture::kEntriesMax + 10; ++i) {
    picture.add(kStart, line("h" + std::to_string(i) + ".example"));
  }
  EXPECT_EQ(picture.destinations().size(), AllowlistPicture::kEntriesMax);
  EXPECT_EQ(picture.left_out(), 10U);
  EXPECT_EQ(picture.connections(), AllowlistPicture::kEntriesMax + 10);
}

TEST(AllowlistPicture, TellsHowManyNamesWereKnownOnEachDay) {
  const auto day = [](int number) {
    return Date(std::chrono::sys_days(std::chrono::days(number)));
  };
  AllowlistPicture picture("sg-open");
  EXPECT_TRUE(picture.curve().empty());
  picture.add(3 * kDay, line("c.example", "not-allowlisted"));
  picture.add(2 * kDay - 1, line("b.example", "not-allowlisted"));
  picture.add(kDay, line("a.example", "not-allowlisted"));
  picture.add(7 * kDay, line("a.example", "not-allowlisted"));
  picture.add(8 * kDay, line("198.51.100.7", "tls-no-sni"));
  const std::vector<AllowlistPicture::CurvePoint> want = {
      {day(1), 2}, {day(3), 3}, {day(7), 3}, {day(8), 3}};
  EXPECT_EQ(picture.curve(), want);
}

}  // namespace
}  // namespace dn::review
