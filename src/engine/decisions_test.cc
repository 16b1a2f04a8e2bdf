#include "engine/decisions.h"

#include <gtest/gtest.h>

#include <vector>

namespace dn::engine {
namespace {

using records::Outcome;
using records::PacketOrigin;

std::vector<Decision> all_decisions() {
  std::vector<Decision> all;
  for (const auto side : {PacketOrigin::Client, PacketOrigin::Server}) {
    for (const auto outcome : {Outcome::Allowed, Outcome::Disallowed}) {
      for (const ReasonRow& row : kReasons) {
        for (const auto protocol :
             {Protocol::Tls, Protocol::Ssh, Protocol::Http, Protocol::Unknown}) {
          all.push_back({side, outcome, row.reason, protocol});
        }
      }
    }
  }
  return all;
}

TEST(Decisions, EachHasAPlaceOfItsOwn) {
  Decisions decisions;
  std::uint64_t times = 0;
  for (const Decision& decision : all_decisions()) {
    ++times;
    for (std::uint64_t i = 0; i < times; ++i) decisions.count(decision);
  }
  times = 0;
  for (const Decision& decision : all_decisions()) {
    ASSERT_EQ(decisions.of(decision), ++times) << slug_of(decision.reason);
  }
  std::uint64_t visited = 0;
  decisions.for_each([&](const Decision& decision, std::uint64_t count) {
    EXPECT_EQ(decisions.of(decision), count);
    ++visited;
  });
  EXPECT_EQ(visited, times);
}

TEST(Decisions, SumAndMerge) {
  Decisions one, other;
  one.count({PacketOrigin::Client, Outcome::Allowed, Reason::None, Protocol::Tls});
  one.count({PacketOrigin::Client, Outcome::Disallowed, Reason::TlsNoSni, Protocol::Tls});
  other.count({PacketOrigin::Client, Outcome::Allowed, Reason::None, Protocol::Ssh});
  other.count({PacketOrigin::Server, Outcome::Allowed, Reason::TlsAlert, Protocol::Tls});
  one.merge(other);
  EXPECT_EQ(one.sum(PacketOrigin::Client, Outcome::Allowed), 2U);
  EXPECT_EQ(one.sum(PacketOrigin::Client, Outcome::Disallowed), 1U);
  EXPECT_EQ(one.sum(PacketOrigin::Server, Outcome::Allowed), 1U);
  EXPECT_EQ(one.sum(PacketOrigin::Server, Outcome::Disallowed), 0U);
}

}  // namespace
}  // namespace dn::engine
