#include "policy/rule_index.h"

#include <gtest/gtest.h>

#include <string>

namespace dn::policy {
namespace {

constexpr PortRange kHttps{.from = 443, .to = 443};

TEST(RuleIndex, FindsAMemberWithThePostingsOfEveryGroup) {
  RuleIndexBuilder builder({"sg-a", "sg-b"});
  builder.add(make_key(1, Protocol::Tls), "a.com", kHttps);
  builder.add(make_key(0, Protocol::Ssh), "a.com", {.from = 22, .to = 22});
  builder.add(make_key(0, Protocol::Tls), "a.com", kHttps);
  builder.add(make_key(0, Protocol::Tls), "a.com", kHttps);  // repeated
  builder.add(make_key(0, Protocol::Tls), "b.com", {});
  const RuleIndex index = std::move(builder).build();
  const Postings postings = index.find("a.com");
  ASSERT_EQ(postings.size(), 3U);
  EXPECT_EQ(postings[0].key, make_key(0, Protocol::Tls));
  EXPECT_EQ(postings[1].key, make_key(0, Protocol::Ssh));
  EXPECT_EQ(postings[2].key, make_key(1, Protocol::Tls));
  EXPECT_EQ(postings[2].ports, kHttps);
  EXPECT_EQ(index.gid(group_of(postings[2].key)), "sg-b");
  EXPECT_EQ(postings[2].grant, make_grant("sg-b", "tls", "a.com"));
  EXPECT_TRUE(index.find("c.com").empty());
  EXPECT_EQ(index.postings().size(), 4U);
}

TEST(RuleIndex, FindsPostingsByGrantAndByGroup) {
  RuleIndexBuilder builder({"sg-a", "sg-b"});
  for (int i = 0; i < 1000; ++i) {
    builder.add(make_key(0, Protocol::Tls), "n" + std::to_string(i) + ".com", kHttps);
  }
  builder.add(make_key(1, Protocol::Ssh), "z.com", {});
  builder.add(make_key(1, Protocol::Ssh), "a.com", {});
  const RuleIndex index = std::move(builder).build();
  const auto found = index.find_grant(make_grant("sg-a", "tls", "n512.com"));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(index.text(index.postings()[found[0]].text), "n512.com");
  EXPECT_TRUE(index.find_grant(make_grant("sg-b", "tls", "n512.com")).empty());
  EXPECT_EQ(index.find_ssh(1).size(), 2U);
  EXPECT_TRUE(index.find_ssh(0).empty());
}

TEST(RuleIndex, KeepsAHundredThousandMembersApart) {
  RuleIndexBuilder builder({"sg-a"});
  const auto name = [](int i) { return "host-" + std::to_string(i) + ".example.com"; };
  for (int i = 0; i < 100'000; ++i) builder.add(0, name(i), kHttps);
  const RuleIndex index = std::move(builder).build();
  for (int i = 0; i < 100'000; ++i) {
    const Postings postings = index.find(name(i));
    ASSERT_EQ(postings.size(), 1U);
    ASSERT_EQ(index.text(postings[0].text), name(i));
  }
  EXPECT_TRUE(index.find(name(100'000)).empty());
  EXPECT_TRUE(index.find("").empty());
}

}  // namespace
}  // namespace dn::policy
