#include "policy/grant.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace dn::policy {
namespace {

// These values are written in conntrack marks of running gateways: they never change.
TEST(Grant, MeansTheSameForever) {
  EXPECT_EQ(make_grant("sg-0123456789abcdef0", "tls", "api.github.com"), 115472967U);
  EXPECT_EQ(make_grant("sg-web", "ssh", "github.com"), 54356261U);
  EXPECT_EQ(make_grant("%default", "see-thru", ""), 80995001U);
}

TEST(Grant, FitsIntoTheMarkAndIsNeverZero) {
  std::set<GrantId> seen;
  for (int i = 0; i < 100'000; ++i) {
    const GrantId grant = make_grant("sg-1", "tls", "host-" + std::to_string(i) + ".example.com");
    EXPECT_NE(grant, 0U);
    EXPECT_LT(grant, 1U << kGrantBits);
    seen.insert(grant);
  }
  EXPECT_GT(seen.size(), 99'900U) << "about 37 pairs are expected to share an id";
}

TEST(Grant, TellsItsPartsApart) {
  EXPECT_NE(make_grant("ab", "tls", "c.com"), make_grant("a", "tls", "bc.com"));
  EXPECT_NE(make_grant("a", "tls", "c.com"), make_grant("a", "ssh", "c.com"));
}

}  // namespace
}  // namespace dn::policy
