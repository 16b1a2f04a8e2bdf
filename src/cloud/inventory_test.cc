// Sweeps and look-ups in, clients and problems out. Compared with a naive model:
// inventory_property_test.cc.
#include "cloud/inventory.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "policy/policy_snapshot.h"

namespace dn::cloud {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

struct Eni {
  std::string id;
  std::vector<std::string> addresses;  // or blocks
  std::vector<std::string> groups = {"sg-web"};
  std::string vpc = "vpc-own";
  std::string instance = "i-client";
};

aws::NetworkInterface interface(const Eni& eni) {
  aws::NetworkInterface made;
  made.id = eni.id;
  made.vpc_id = eni.vpc;
  made.instance_id = eni.instance;
  made.group_ids = eni.groups;
  for (const std::string& text : eni.addresses) {
    const Ipv4Prefix prefix = parse_ipv4_prefix(text).value();
    if (prefix.length == 32) {
      made.addresses.push_back(prefix.base);
    } else {
      made.prefixes.push_back(prefix);
    }
  }
  return made;
}

aws::SecurityGroup group(std::string id, std::vector<std::string> descriptions = {}) {
  aws::SecurityGroup made{.id = std::move(id), .vpc_id = "vpc-own", .owner_id = "1", .egress = {}};
  for (auto& description : descriptions) {
    made.egress.push_back({.description = std::move(description),
                           .ip_protocol = "tcp",
                           .from_port = 443,
                           .to_port = 443,
                           .destination = "0.0.0.0/0"});
  }
  return made;
}

struct InventoryTest : ::testing::Test {
  InventoryTest() { inventory.add_groups(std::vector{group("sg-web"), group("sg-db")}); }

  void add(const std::vector<Eni>& enis) {
    for (const Eni& eni : enis) inventory.add_interfaces(std::vector{interface(eni)});
  }
  // A complete sweep, which ends after `later`.
  void sweep(const std::vector<Eni>& enis, Duration later = 60s) {
    inventory.begin_interfaces();
    add(enis);
    now += later;
    inventory.finish_interfaces(now);
  }
  // "10.0.0.1/32 eni-1 sg-web,sg-db"
  std::vector<std::string> clients() {
    policy::PolicyInput input;
    inventory.fill(input);
    std::vector<std::string> texts;
    for (const auto& client : input.clients) {
      texts.push_back(fmt::format("{} {} {}", to_text(client.prefix), client.where,
                                  fmt::join(client.gids, ",")));
    }
    return texts;
  }

  Inventory inventory{{.instance_id = "i-gateway", .vpc_id = "vpc-own"}};
  MonotonicTime now{1000s};
};

TEST_F(InventoryTest, AllAddressesAndBlocksOfAnInterfaceAreClientsAtOnce) {
  inventory.begin_interfaces();
  add({{.id = "eni-1",
        .addresses = {"10.0.0.9", "10.0.0.1", "10.0.1.16/28"},
        .groups = {"sg-web", "sg-db"}}});
  EXPECT_THAT(clients(),
              ElementsAre("10.0.0.1/32 eni-1 sg-db,sg-web", "10.0.0.9/32 eni-1 sg-db,sg-web",
                          "10.0.1.16/28 eni-1 sg-db,sg-web"));
  EXPECT_TRUE(inventory.is_client({0x0a000109 + 16}));
  EXPECT_FALSE(inventory.is_client({0x0a000002}));
  EXPECT_THAT(inventory.problems(), IsEmpty());
}

TEST_F(InventoryTest, ChangesOfAnInterfaceCountAtOnce) {
  add({{.id = "eni-1", .addresses = {"10.0.0.1", "10.0.0.2"}}});
  add({{.id = "eni-1", .addresses = {"10.0.0.2", "10.0.0.3"}, .groups = {"sg-db"}}});
  EXPECT_THAT(clients(), ElementsAre("10.0.0.2/32 eni-1 sg-db", "10.0.0.3/32 eni-1 sg-db"));
}

TEST_F(InventoryTest, AbsenceIsBelievedAfterTwoCompleteSweepsThatAreApart) {
  const Eni gone{.id = "eni-1", .addresses = {"10.0.0.1"}};
  sweep({gone});
  sweep({});
  EXPECT_THAT(clients(), SizeIs(1));
  sweep({}, 14s);
  EXPECT_THAT(clients(), SizeIs(1)) << "the sweeps are too near";
  sweep({}, 1s);
  EXPECT_THAT(clients(), IsEmpty());
  EXPECT_EQ(inventory.interfaces(), 0U);
}

TEST_F(InventoryTest, ASightInBetweenBeginsAnew) {
  const Eni flickering{.id = "eni-1", .addresses = {"10.0.0.1"}};
  sweep({flickering});
  sweep({});
  add({flickering});  // a look-up
  sweep({});
  EXPECT_THAT(clients(), SizeIs(1));
  sweep({});
  EXPECT_THAT(clients(), IsEmpty());
}

TEST_F(InventoryTest, AnUnfinishedSweepRemovesNothing) {
  sweep({{.id = "eni-1", .addresses = {"10.0.0.1"}}});
  for (int i = 0; i < 5; ++i) {
    inventory.begin_interfaces();
    add({{.id = "eni-2", .addresses = {"10.0.0.2"}}});
    now += 60s;
  }
  inventory.finish_interfaces(now);
  EXPECT_THAT(clients(), SizeIs(2));
}

TEST_F(InventoryTest, ALookUpDuringASweepCountsAsSeen) {
  const Eni seen{.id = "eni-1", .addresses = {"10.0.0.1"}};
  sweep({seen});
  for (int i = 0; i < 3; ++i) {
    inventory.begin_interfaces();
    add({seen});
    now += 60s;
    inventory.finish_interfaces(now);
  }
  EXPECT_THAT(clients(), SizeIs(1));
}

TEST_F(InventoryTest, AnAddressThatMovedBelongsToTheNewerInterfaceOnly) {
  const Eni old{.id = "eni-2", .addresses = {"10.0.0.1", "10.0.0.2"}, .groups = {"sg-web"}};
  const Eni heir{.id = "eni-1", .addresses = {"10.0.0.1"}, .groups = {"sg-db"}};
  sweep({old});
  add({heir});
  EXPECT_THAT(clients(), ElementsAre("10.0.0.1/32 eni-1 sg-db", "10.0.0.2/32 eni-2 sg-web"));
  sweep({heir, old});  // the cloud still tells both
  sweep({old, heir});
  EXPECT_THAT(clients(), ElementsAre("10.0.0.1/32 eni-1 sg-db", "10.0.0.2/32 eni-2 sg-web"));
  sweep({old});
  sweep({old});  // the heir is gone after all
  EXPECT_THAT(clients(), ElementsAre("10.0.0.1/32 eni-2 sg-web", "10.0.0.2/32 eni-2 sg-web"));
}

TEST_F(InventoryTest, AnAddressThatCameBackIsANewSight) {
  sweep({{.id = "eni-1", .addresses = {"10.0.0.1"}, .groups = {"sg-web"}}});
  sweep({{.id = "eni-1", .addresses = {"10.0.0.7"}, .groups = {"sg-web"}},
         {.id = "eni-2", .addresses = {"10.0.0.1"}, .groups = {"sg-db"}}});
  add({{.id = "eni-1", .addresses = {"10.0.0.1"}, .groups = {"sg-web"}}});
  EXPECT_THAT(clients(), ElementsAre("10.0.0.1/32 eni-1 sg-web"));
}

TEST_F(InventoryTest, TheGatewayIsNeverAClient) {
  const Eni own{.id = "eni-gw", .addresses = {"10.0.0.4", "10.0.2.0/28"}, .instance = "i-gateway"};
  add({own, {.id = "eni-1", .addresses = {"10.0.0.4", "10.0.2.3", "10.0.0.5"}}});
  EXPECT_THAT(clients(), ElementsAre("10.0.0.5/32 eni-1 sg-web"));
  EXPECT_THAT(inventory.problems(), IsEmpty());
  add({{.id = "eni-1", .addresses = {"10.0.0.0/24"}}});
  EXPECT_THAT(clients(), IsEmpty());
}

TEST_F(InventoryTest, TheGroupsOfTheGatewayAreNotLookedUp) {
  add({{.id = "eni-gw", .addresses = {"10.0.0.4"}, .groups = {"sg-gw"}, .instance = "i-gateway"}});
  EXPECT_THAT(inventory.missing_groups(10), IsEmpty());
  EXPECT_THAT(inventory.used_groups(), IsEmpty());
}

TEST_F(InventoryTest, OffTheCloudNoInterfaceIsTheGateways) {
  Inventory without({});
  without.add_groups(std::vector{group("sg-web")});
  without.add_interfaces(
      std::vector{interface({.id = "eni-1", .addresses = {"10.0.0.1"}, .instance = ""})});
  EXPECT_TRUE(without.is_client({0x0a000001}));
}

// -- several VPCs ---------------------------------------------------------------------------------

TEST_F(InventoryTest, TheSameAddressInTwoOtherVpcsIsNoClient) {
  add({{.id = "eni-1", .addresses = {"10.0.0.1", "10.0.0.2"}, .vpc = "vpc-a"},
       {.id = "eni-2", .addresses = {"10.0.0.1", "10.0.0.3"}, .vpc = "vpc-b"}});
  EXPECT_THAT(clients(), ElementsAre("10.0.0.2/32 eni-1 sg-web", "10.0.0.3/32 eni-2 sg-web"));
  EXPECT_THAT(inventory.problems(),
              ElementsAre(AllOf(HasSubstr("10.0.0.1/32 (eni-1 in vpc-a)"),
                                HasSubstr("(eni-2 in vpc-b)"), HasSubstr("neither is a client"))));
  add({{.id = "eni-2", .addresses = {"10.0.0.3"}, .vpc = "vpc-b"}});
  EXPECT_THAT(clients(), SizeIs(3));
  EXPECT_THAT(inventory.problems(), IsEmpty());
}

TEST_F(InventoryTest, WithoutAVpcOfItsOwnNobodyWins) {
  Inventory without({});
  without.add_groups(std::vector{group("sg-web")});
  without.add_interfaces(
      std::vector{interface({.id = "eni-1", .addresses = {"10.0.0.1"}, .vpc = ""}),
                  interface({.id = "eni-2", .addresses = {"10.0.0.1"}, .vpc = "vpc-b"})});
  EXPECT_FALSE(without.is_client({0x0a000001}));
}

TEST_F(InventoryTest, ABlockOverAnAddressOfAnotherVpcIsInDisputeAsAWhole) {
  add({{.id = "eni-1", .addresses = {"10.0.0.16/28", "10.0.0.2"}, .vpc = "vpc-a"},
       {.id = "eni-2", .addresses = {"10.0.0.20", "10.0.0.40"}, .vpc = "vpc-b"}});
  EXPECT_THAT(clients(), ElementsAre("10.0.0.2/32 eni-1 sg-web", "10.0.0.40/32 eni-2 sg-web"));
}

TEST_F(InventoryTest, TheGatewaysOwnVpcWinsWhileItsInterfaceIsSeen) {
  const Eni own{.id = "eni-1", .addresses = {"10.0.0.1"}, .groups = {"sg-web"}};
  const Eni foreign{
      .id = "eni-2", .addresses = {"10.0.0.1"}, .groups = {"sg-db"}, .vpc = "vpc-peer"};
  sweep({own, foreign});
  EXPECT_THAT(clients(), ElementsAre("10.0.0.1/32 eni-1 sg-web"));
  EXPECT_THAT(inventory.problems(), ElementsAre(HasSubstr("only that in the gateway's own VPC")));
  sweep({foreign});  // perhaps gone: whose packets are they now?
  EXPECT_THAT(clients(), IsEmpty());
  EXPECT_THAT(inventory.problems(), ElementsAre(HasSubstr("neither is a client")));
  sweep({foreign});
  EXPECT_THAT(clients(), ElementsAre("10.0.0.1/32 eni-2 sg-db"));
  EXPECT_THAT(inventory.problems(), IsEmpty());
  add({own});
  EXPECT_THAT(clients(), ElementsAre("10.0.0.1/32 eni-1 sg-web"));
  sweep({foreign});
  EXPECT_THAT(clients(), IsEmpty());
  add({own});  // it was there all the time
  EXPECT_THAT(clients(), ElementsAre("10.0.0.1/32 eni-1 sg-web"));
}

TEST_F(InventoryTest, AForeignInterfaceWithTheGatewaysAddressIsNoClient) {
  add({{.id = "eni-gw", .addresses = {"10.0.0.4"}, .instance = "i-gateway"},
       {.id = "eni-2", .addresses = {"10.0.0.4"}, .vpc = "vpc-peer"}});
  EXPECT_THAT(clients(), IsEmpty());
}

// -- groups ---------------------------------------------------------------------------------------

TEST_F(InventoryTest, ANewClientWaitsForItsGroups) {
  add({{.id = "eni-1", .addresses = {"10.0.0.1"}, .groups = {"sg-new", "sg-web", "sg-far"}}});
  EXPECT_THAT(clients(), IsEmpty());
  EXPECT_THAT(inventory.missing_groups(10), ElementsAre("sg-far", "sg-new"));
  EXPECT_THAT(inventory.missing_groups(1), ElementsAre("sg-far"));
  EXPECT_THAT(inventory.used_groups(), ElementsAre("sg-far", "sg-new", "sg-web"));
  inventory.add_groups(std::vector{group("sg-new")});
  EXPECT_THAT(clients(), IsEmpty());
  inventory.note_missing_group("sg-far");
  EXPECT_THAT(inventory.missing_groups(10), IsEmpty());
  EXPECT_THAT(clients(), ElementsAre("10.0.0.1/32 eni-1 sg-new,sg-web"));
  EXPECT_THAT(inventory.problems(), ElementsAre(AllOf(HasSubstr("eni-1"), HasSubstr("sg-far"))));
  inventory.add_groups(std::vector{group("sg-far")});
  EXPECT_THAT(clients(), ElementsAre("10.0.0.1/32 eni-1 sg-far,sg-new,sg-web"));
  EXPECT_THAT(inventory.problems(), IsEmpty());
}

TEST_F(InventoryTest, AKnownClientKeepsItsRulesWhileAnotherGroupIsLookedUp) {
  add({{.id = "eni-1", .addresses = {"10.0.0.1"}}});
  EXPECT_THAT(clients(), SizeIs(1));
  add({{.id = "eni-1", .addresses = {"10.0.0.1"}, .groups = {"sg-web", "sg-new"}}});
  EXPECT_THAT(clients(), ElementsAre("10.0.0.1/32 eni-1 sg-web"));
  EXPECT_THAT(inventory.missing_groups(10), ElementsAre("sg-new"));
}

TEST_F(InventoryTest, AnAddressThatMovedToAnInterfaceThatWaitsIsNobodys) {
  add({{.id = "eni-1", .addresses = {"10.0.0.1"}}});
  add({{.id = "eni-2", .addresses = {"10.0.0.1"}, .groups = {"sg-new"}}});
  EXPECT_THAT(clients(), IsEmpty());
}

TEST_F(InventoryTest, AGroupGoesAfterTwoCompleteSweepsWithoutIt) {
  add({{.id = "eni-1", .addresses = {"10.0.0.1"}, .groups = {"sg-db", "sg-web"}}});
  clients();
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(inventory.groups(), 2U);
    inventory.begin_groups();
    inventory.add_groups(std::vector{group("sg-web")});
    now += 60s;
    inventory.finish_groups(now);
  }
  EXPECT_EQ(inventory.groups(), 1U);
  EXPECT_THAT(clients(), ElementsAre("10.0.0.1/32 eni-1 sg-web"));
  EXPECT_THAT(inventory.missing_groups(10), ElementsAre("sg-db"));
}

TEST_F(InventoryTest, AGroupIsInUseAsLongAsAnInterfaceHasIt) {
  add({{.id = "eni-1", .addresses = {"10.0.0.1"}, .groups = {"sg-web", "sg-db"}},
       {.id = "eni-2", .addresses = {"10.0.0.2"}, .groups = {"sg-web"}}});
  add({{.id = "eni-1", .addresses = {"10.0.0.1"}, .groups = {"sg-web"}}});
  EXPECT_THAT(inventory.used_groups(), ElementsAre("sg-web"));
  sweep({});
  sweep({});
  EXPECT_THAT(inventory.used_groups(), IsEmpty());
}

TEST_F(InventoryTest, NamesGroupAndDestinationOfARule) {
  inventory.add_groups(std::vector{group("sg-web", {"discriminat:tls:a.test", "plain text"})});
  policy::PolicyInput input;
  inventory.fill(input);
  ASSERT_THAT(input.groups, SizeIs(2));
  EXPECT_EQ(input.groups[1].gid, "sg-web");
  ASSERT_THAT(input.groups[1].egress, SizeIs(1));
  const policy::EgressRule& rule = input.groups[1].egress[0];
  EXPECT_EQ(rule.description, "discriminat:tls:a.test");
  EXPECT_EQ(rule.ip_protocol, "tcp");
  EXPECT_EQ(rule.from_port, 443);
  EXPECT_EQ(rule.to_port, 443);
  EXPECT_EQ(rule.where, "sg-web to 0.0.0.0/0");
}

TEST_F(InventoryTest, KeepsBrokenAnnotationsForTheCompilerToTell) {
  inventory.add_groups(std::vector{group("sg-web", {"discriminat:tsl:a.test"})});
  policy::PolicyInput input;
  inventory.fill(input);
  EXPECT_THAT(input.groups[1].egress, SizeIs(1));
}

// -- changes, limits ------------------------------------------------------------------------------

TEST_F(InventoryTest, IsUnchangedByWhatItKnowsInAnyOrder) {
  const Eni one{
      .id = "eni-1", .addresses = {"10.0.0.1", "10.0.0.2"}, .groups = {"sg-web", "sg-db"}};
  const Eni same{
      .id = "eni-1", .addresses = {"10.0.0.2", "10.0.0.1"}, .groups = {"sg-db", "sg-web"}};
  EXPECT_TRUE(inventory.changed());
  sweep({one});
  EXPECT_TRUE(inventory.changed());
  clients();
  EXPECT_FALSE(inventory.changed());
  sweep({same});
  inventory.add_groups(std::vector{group("sg-db"), group("sg-web", {"another comment"})});
  EXPECT_FALSE(inventory.changed());
  sweep({});  // may come back
  EXPECT_FALSE(inventory.changed());
  sweep({});
  EXPECT_TRUE(inventory.changed());
  clients();
  inventory.add_groups(std::vector{group("sg-db", {"discriminat:tls:a.test"})});
  EXPECT_TRUE(inventory.changed());
}

TEST_F(InventoryTest, AChangeThatIsTakenBackIsNone) {
  const Eni before{.id = "eni-1", .addresses = {"10.0.0.1"}};
  add({before});
  clients();
  add({{.id = "eni-1", .addresses = {"10.0.0.9"}}});
  EXPECT_TRUE(inventory.changed());
  add({before});
  EXPECT_FALSE(inventory.changed());
}

TEST_F(InventoryTest, LeavesTheRestOfThePolicyAlone) {
  policy::PolicyInput input;
  input.lists["arn"] = "a.test";
  input.groups.resize(7);
  input.clients.resize(7);
  inventory.fill(input);
  EXPECT_EQ(input.lists.size(), 1U);
  EXPECT_THAT(input.groups, SizeIs(2));
  EXPECT_THAT(input.clients, IsEmpty());
}

TEST_F(InventoryTest, IgnoresABlockLargerThanAnyVpc) {
  add({{.id = "eni-1", .addresses = {"0.0.0.0/0", "10.0.0.1"}}});
  EXPECT_THAT(clients(), ElementsAre("10.0.0.1/32 eni-1 sg-web"));
  EXPECT_THAT(inventory.problems(), ElementsAre(HasSubstr("0.0.0.0/0 of eni-1")));
}

TEST_F(InventoryTest, TellsTheNumberOfProblemsBeyondItsLimit) {
  for (std::size_t i = 0; i < kInventoryProblemsMax + 3; ++i) {
    add({{.id = fmt::format("eni-{:04}", i), .addresses = {"0.0.0.0/1"}}});
  }
  EXPECT_THAT(inventory.problems(), SizeIs(kInventoryProblemsMax + 1));
  EXPECT_EQ(inventory.problems().back(), "3 more problems of this kind");
}

std::vector<aws::NetworkInterface> many_interfaces(std::uint32_t count) {
  std::vector<aws::NetworkInterface> interfaces;
  for (std::uint32_t i = 0; i < count; ++i) {
    aws::NetworkInterface made = interface({.id = fmt::format("eni-{:06}", i), .addresses = {}});
    made.addresses.push_back({0x0a000000 + i});
    made.group_ids = {fmt::format("sg-{:04}", i % 2500)};
    interfaces.push_back(std::move(made));
  }
  return interfaces;
}

TEST_F(InventoryTest, TakesTenThousandInterfacesInPages) {
  for (int i = 0; i < 2500; ++i) {
    inventory.add_groups(
        std::vector{group(fmt::format("sg-{:04}", i), {"discriminat:tls:a.test"})});
  }
  const auto interfaces = many_interfaces(10'000);
  for (int round = 0; round < 3; ++round) {
    inventory.begin_interfaces();
    for (std::size_t at = 0; at < interfaces.size(); at += 1000) {
      inventory.add_interfaces(std::span(interfaces).subspan(at, 1000));
    }
    now += 60s;
    inventory.finish_interfaces(now);
    EXPECT_EQ(inventory.changed(), round == 0);
    EXPECT_THAT(clients(), SizeIs(10'000));
  }
}

TEST_F(InventoryTest, LeavesOutInterfacesBeyondItsLimit) {
  inventory.begin_interfaces();
  inventory.add_interfaces(many_interfaces(kInterfacesMax + 2));
  inventory.finish_interfaces(now);
  EXPECT_EQ(inventory.interfaces(), kInterfacesMax);
  EXPECT_THAT(inventory.problems(), ElementsAre(HasSubstr("the last 2 have no effect")));

  // Neither a look-up nor a sweep that was abandoned adds to the number.
  const auto beyond = many_interfaces(kInterfacesMax + 2);
  const auto last = std::span(beyond).last(2);
  inventory.add_interfaces(last);
  inventory.begin_interfaces();
  inventory.add_interfaces(last);
  inventory.begin_interfaces();
  inventory.add_interfaces(beyond);
  inventory.finish_interfaces(now);
  EXPECT_THAT(inventory.problems(), ElementsAre(HasSubstr("the last 2 have no effect")));
}

}  // namespace
}  // namespace dn::cloud
