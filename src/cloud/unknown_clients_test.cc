// Questions, batches and outcomes in simulated time.
#include "cloud/unknown_clients.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/limits.h"

namespace dn::cloud {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Answer = UnknownClients::Answer;

constexpr Ipv4Address kOne{1}, kTwo{2};

struct UnknownClientsTest : ::testing::Test {
  Answer ask(Ipv4Address address) { return clients.on_question(address, now); }
  std::vector<Ipv4Address> take() { return clients.take_batch(now); }

  UnknownClients clients;
  MonotonicTime now{1000s};
};

TEST_F(UnknownClientsTest, AsksForTheFirstAtOnceAndForWhatGathersInOneCall) {
  EXPECT_EQ(ask(kOne), Answer::Asked);
  EXPECT_LE(clients.next_due(), now);
  EXPECT_THAT(take(), ElementsAre(kOne));
  now += 10ms;
  EXPECT_EQ(ask(kOne), Answer::Asked);  // under way
  EXPECT_EQ(ask(kTwo), Answer::Asked);
  EXPECT_EQ(ask(kTwo), Answer::Asked);
  EXPECT_EQ(ask({3}), Answer::Asked);
  EXPECT_THAT(take(), IsEmpty());
  EXPECT_EQ(clients.next_due(), now + kCallInterval - 10ms);
  now += kCallInterval - 10ms;
  EXPECT_THAT(take(), ElementsAre(kTwo, Ipv4Address{3}));
  EXPECT_EQ(clients.next_due(), std::nullopt);
}

TEST_F(UnknownClientsTest, MakesAtMostTwoCallsASecondOfSoManyAddresses) {
  std::size_t calls = 0, addresses = 0;
  for (std::uint32_t i = 0; i < 3000; ++i) {
    for (std::uint32_t j = 0; j < 2; ++j) ask({i * 2 + j});
    const auto batch = take();
    EXPECT_LE(batch.size(), kAddressesPerCallMax);
    if (!batch.empty()) ++calls;
    addresses += batch.size();
    now += 1ms;
  }
  EXPECT_EQ(calls, 6U);
  EXPECT_EQ(addresses, 1 + 5 * kAddressesPerCallMax + 1);
}

TEST_F(UnknownClientsTest, AsksNoMoreThanItCanInTimeForAHeldHandshake) {
  for (std::uint32_t i = 0; i < kWaitingMax; ++i) EXPECT_EQ(ask({i}), Answer::Asked);
  EXPECT_EQ(ask({kWaitingMax}), Answer::Full);
  EXPECT_EQ(clients.remembered(), kWaitingMax);
  Duration last{};
  while (clients.waiting() > 0) {
    if (take().empty())
      now += kCallInterval;
    else
      last = now - MonotonicTime(1000s);
  }
  EXPECT_LT(last, limits::kClientSearchDeadline);
}

TEST_F(UnknownClientsTest, RemembersAnAbsentAddressTwiceAsLongEachTime) {
  for (const Duration want : {5s, 10s, 20s, 40s, 60s, 60s}) {
    EXPECT_EQ(ask(kOne), Answer::Asked);
    EXPECT_THAT(take(), ElementsAre(kOne));
    clients.on_absent(kOne, now);
    now += want - 1ms;
    EXPECT_EQ(ask(kOne), Answer::Absent);
    EXPECT_THAT(take(), IsEmpty());
    now += 1ms;
  }
}

TEST_F(UnknownClientsTest, ForgetsAnAbsenceThatNobodyAsksAboutAnyMore) {
  ask(kOne);
  take();
  clients.on_absent(kOne, now);
  now += kAbsentFirst + kAbsentMax;
  ask(kTwo);
  take();
  clients.on_absent(kTwo, now);
  EXPECT_EQ(clients.remembered(), 1U);
  ask(kOne);
  now += kCallInterval;
  take();
  clients.on_absent(kOne, now);
  now += kAbsentFirst;
  EXPECT_EQ(ask(kOne), Answer::Asked);  // the first time again
}

TEST_F(UnknownClientsTest, AnAddressThatWasFoundIsForgotten) {
  ask(kOne);
  take();
  clients.on_absent(kOne, now);
  now += kAbsentFirst;
  ask(kOne);
  take();
  clients.on_found(kOne);
  clients.on_found(kTwo);  // by a sweep
  EXPECT_EQ(clients.remembered(), 0U);
  EXPECT_EQ(ask(kOne), Answer::Asked);
}

TEST_F(UnknownClientsTest, AFailedCallSaysNothing) {
  ask(kOne);
  take();
  clients.on_failed(kOne);
  clients.on_failed(kTwo);
  EXPECT_EQ(clients.remembered(), 0U);
  now += kCallInterval;
  EXPECT_EQ(ask(kOne), Answer::Asked);
  EXPECT_THAT(take(), ElementsAre(kOne));
  clients.on_absent(kOne, now);
  now += kAbsentFirst;
  ask(kOne);
  take();
  clients.on_failed(kOne);  // what was known before stays
  EXPECT_EQ(clients.remembered(), 1U);
}

TEST_F(UnknownClientsTest, ForgetsTheOldestAbsenceBeyondItsLimit) {
  for (std::uint32_t i = 0; i <= kAbsentAddressesMax; ++i) {
    clients.on_absent({i}, now);
    now += 1us;
  }
  EXPECT_EQ(clients.remembered(), kAbsentAddressesMax);
  EXPECT_EQ(ask({0}), Answer::Asked);
  EXPECT_EQ(ask({1}), Answer::Absent);
}

}  // namespace
}  // namespace dn::cloud
