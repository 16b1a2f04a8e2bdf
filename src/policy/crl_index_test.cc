// Look-ups of revocation lists by sets of groups, compared with a plain search over generated
// rules.
#include "policy/crl_index.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

namespace dn::policy {
namespace {

HttpUri uri(std::string_view text) {
  return parse_http_uri(text).value();
}
DomainName name(std::string_view text) {
  return DomainName::parse(text).value();
}
const std::vector<std::string> kGids = {"sg-a", "sg-b", "sg-c"};

TEST(CrlIndex, FindsOnlyTheSamePlaceForTheSameGroups) {
  const CrlIndex index({{.uri = uri("http://crl.test/A.crl"), .group = 1, .name = 7},
                        {.uri = uri("http://crl.test:81/A.crl"), .group = 0, .name = 7}},
                       kGids);
  const std::vector<GroupIndex> all = {0, 1, 2};
  const std::vector<GroupIndex> without = {0, 2};
  const CrlIndex::Row* found = index.find(all, name("crl.test"), 80, "/A.crl");
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->group, 1U);
  EXPECT_EQ(found->name, 7U);
  EXPECT_EQ(found->grant, make_grant("sg-b", "x509-crl", "http://crl.test/A.crl"));
  EXPECT_EQ(index.find(without, name("crl.test"), 80, "/A.crl"), nullptr);
  EXPECT_NE(index.find(without, name("crl.test"), 81, "/A.crl"), nullptr);
  for (const std::string_view path : {"/a.crl", "/A.crl?", "/A.cr", "/A.crl/", "//A.crl", ""}) {
    EXPECT_EQ(index.find(all, name("crl.test"), 80, path), nullptr) << path;
  }
  EXPECT_EQ(index.find(all, name("a.crl.test"), 80, "/A.crl"), nullptr);
  EXPECT_EQ(index.find(all, name("crl.tes"), 80, "/A.crl"), nullptr);
  EXPECT_EQ(index.find({}, name("crl.test"), 80, "/A.crl"), nullptr);
}

TEST(CrlIndex, KnowsItsSitesAndGrants) {
  const CrlIndex index({{.uri = uri("http://crl.test/b"), .group = 1, .name = 0},
                        {.uri = uri("http://crl.test/a"), .group = 2, .name = 0},
                        {.uri = uri("http://d.test/a"), .group = 0, .name = 0}},
                       kGids);
  const std::vector<GroupIndex> first = {0};
  const std::vector<GroupIndex> second = {1};
  EXPECT_FALSE(index.has_site(first, name("crl.test"), 80));
  EXPECT_TRUE(index.has_site(second, name("crl.test"), 80));
  EXPECT_FALSE(index.has_site(second, name("crl.test"), 81));
  EXPECT_FALSE(index.has_site(second, name("d.test"), 80));
  EXPECT_FALSE(index.has_site(second, name("zz.test"), 80));
  const GrantId grant = make_grant("sg-b", "x509-crl", "http://crl.test/b");
  EXPECT_TRUE(index.grants(second, grant, 80));
  EXPECT_FALSE(index.grants(second, grant, 81));
  EXPECT_FALSE(index.grants(first, grant, 80));
  EXPECT_FALSE(index.grants(second, grant + 1, 80));
}

TEST(CrlIndex, NamesTheFirstGroupAndTheFirstNameWhateverTheOrderOfTheRules) {
  std::vector<CrlRule> rules = {{.uri = uri("http://crl.test/"), .group = 2, .name = 1},
                                {.uri = uri("http://crl.test/"), .group = 1, .name = 9},
                                {.uri = uri("http://crl.test/"), .group = 1, .name = 4}};
  const std::vector<GroupIndex> groups = {1, 2};
  for (int turn = 0; turn < 3; ++turn) {
    const CrlIndex index(rules, kGids);
    EXPECT_EQ(index.rows().size(), 2U);
    const CrlIndex::Row* found = index.find(groups, name("crl.test"), 80, "/");
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(found->group, 1U);
    EXPECT_EQ(found->name, 4U);
    std::rotate(rules.begin(), rules.begin() + 1, rules.end());
  }
}

TEST(CrlIndex, IsEmptyWithoutRules) {
  const CrlIndex index;
  const std::vector<GroupIndex> groups = {0};
  EXPECT_EQ(index.find(groups, name("crl.test"), 80, "/"), nullptr);
  EXPECT_FALSE(index.has_site(groups, name("crl.test"), 80));
  EXPECT_FALSE(index.grants(groups, 1, 80));
}

TEST(CrlIndex, AgreesWithAPlainSearch) {
  std::mt19937 random(20261122);
  const auto pick = [&](std::uint32_t most) { return static_cast<std::uint32_t>(random() % most); };
  const auto random_uri = [&] {
    return uri("http://h" + std::to_string(pick(4)) + ".test:" + std::to_string(80 + pick(2)) +
               "/" + std::string(pick(3), 'x'));
  };
  for (int game = 0; game < 100; ++game) {
    std::vector<CrlRule> rules;
    for (unsigned i = pick(30); i > 0; --i) {
      rules.push_back({.uri = random_uri(), .group = pick(3), .name = pick(5)});
    }
    const CrlIndex index(rules, kGids);
    for (int question = 0; question < 50; ++question) {
      const HttpUri wanted = random_uri();
      std::vector<GroupIndex> groups;
      for (GroupIndex group = 0; group < 3; ++group) {
        if (pick(2) == 0) groups.push_back(group);
      }
      const auto mine = [&](const CrlRule& rule) {
        return std::find(groups.begin(), groups.end(), rule.group) != groups.end();
      };
      const bool want = std::any_of(rules.begin(), rules.end(), [&](const CrlRule& rule) {
        return mine(rule) && rule.uri == wanted;
      });
      const bool site = std::any_of(rules.begin(), rules.end(), [&](const CrlRule& rule) {
        return mine(rule) && rule.uri.host == wanted.host && rule.uri.port == wanted.port;
      });
      const CrlIndex::Row* found = index.find(groups, wanted.host, wanted.port, wanted.path);
      EXPECT_EQ(found != nullptr, want);
      EXPECT_EQ(index.has_site(groups, wanted.host, wanted.port), site);
      if (found != nullptr) {
        EXPECT_TRUE(index.grants(groups, found->grant, wanted.port));
      }
    }
  }
}

}  // namespace
}  // namespace dn::policy
