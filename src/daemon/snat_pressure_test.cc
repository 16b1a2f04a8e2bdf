#include "daemon/snat_pressure.h"

#include <gtest/gtest.h>

namespace dn::daemon {
namespace {

netfilter::ConntrackEntry entry(std::uint32_t server, Port port, bool translated = true) {
  netfilter::ConntrackEntry made;
  made.original = {{0x0a000001}, {server}, 40000, port};
  made.reply = {{server}, {translated ? 0xc0000201U : 0x0a000001U}, port, 40000};
  return made;
}

TEST(SnatPressure, CountsTranslatedConnectionsByDestination) {
  SnatPressure pressure;
  for (int i = 0; i < 3; ++i) pressure.add(entry(1, 443));
  for (int i = 0; i < 5; ++i) pressure.add(entry(1, 22));
  pressure.add(entry(2, 443));
  for (int i = 0; i < 9; ++i) pressure.add(entry(3, 443, false));  // the gateway's own
  const SnatUse use = pressure.use();
  EXPECT_EQ(use.destinations, 3U);
  EXPECT_EQ(use.top, (std::vector<SnatDestination>{{{1}, 22, 5}, {{1}, 443, 3}, {{2}, 443, 1}}));
}

TEST(SnatPressure, CountsWhereOnlyThePortWasChanged) {
  netfilter::ConntrackEntry same_address = entry(1, 443, false);
  same_address.reply.destination_port = 40001;
  SnatPressure pressure;
  pressure.add(same_address);
  EXPECT_EQ(pressure.use().destinations, 1U);
}

TEST(SnatPressure, ShowsTheTenFullestOfMany) {
  SnatPressure pressure;
  for (std::uint32_t server = 1; server <= 30; ++server) {
    for (std::uint32_t i = 0; i < server; ++i) pressure.add(entry(server, 443));
  }
  const SnatUse use = pressure.use();
  ASSERT_EQ(use.top.size(), SnatPressure::kTop);
  EXPECT_EQ(use.top.front(), (SnatDestination{{30}, 443, 30}));
  EXPECT_EQ(use.top.back(), (SnatDestination{{21}, 443, 21}));
}

TEST(SnatPressure, TellsABoundedNumberOfDestinationsApart) {
  SnatPressure pressure;
  const auto most = static_cast<std::uint32_t>(SnatPressure::kDestinationsMax);
  for (std::uint32_t server = 1; server <= most + 10; ++server) pressure.add(entry(server, 443));
  pressure.add(entry(1, 443));
  const SnatUse use = pressure.use();
  EXPECT_EQ(use.destinations, SnatPressure::kDestinationsMax);
  EXPECT_EQ(use.top.front(), (SnatDestination{{1}, 443, 2}));
}

}  // namespace
}  // namespace dn::daemon
