#include "daemon/name_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/testing/fake_disk.h"

namespace dn::daemon {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Status = engine::DnsStatus;

class NameWatchTest : public ::testing::Test {
 protected:
  void answer(std::string_view name, Status status, const std::vector<const char*>& addresses) {
    engine::DnsAnswer answer{DomainName::parse(name).value(), status, {}};
    for (const char* text : addresses) answer.addresses.push_back({*parse_ipv4(text), {}});
    watch_.on_answer(answer);
  }
  // "name address… problem"
  std::vector<std::string> shown() {
    std::vector<std::string> list;
    for (const console::ResolvedName& name : watch_.resolved()) {
      std::string line = name.name;
      for (const Ipv4Address address : name.addresses) line += " " + to_text(address);
      if (!name.problem.empty()) line += " ; " + name.problem.substr(0, name.problem.find(';'));
      list.push_back(line);
    }
    return list;
  }

  store::testing::TemporaryDirectory root_;
  std::unique_ptr<store::LogStore> store_ = [this] {
    store::LogStoreSettings settings;
    settings.directory = root_.path();
    settings.clock = [] { return Now{}; };
    return *store::LogStore::open_without_thread_for_test(settings);
  }();
  ConfigLog log_{*store_, "gw-1"};
  NameWatch watch_{log_, false};
};

TEST_F(NameWatchTest, ShowsWhatNamesResolveToAndWhyNot) {
  answer("b.test", Status::Answered, {"203.0.113.9", "203.0.113.1", "10.0.0.1"});
  answer("a.test", Status::NoName, {});
  EXPECT_THAT(shown(),
              ElementsAre("a.test ; does not exist (NXDOMAIN)", "b.test 203.0.113.1 203.0.113.9"));
  EXPECT_EQ(watch_.problems(), 1U);
  answer("a.test", Status::Answered, {"203.0.113.2"});
  answer("b.test", Status::Failed, {});  // the last good answer stays
  EXPECT_THAT(shown(), ElementsAre("a.test 203.0.113.2",
                                   "b.test 203.0.113.1 203.0.113.9 ; cannot be looked up"));
  EXPECT_EQ(watch_.problems(), 1U);
}

TEST_F(NameWatchTest, ForgetsNamesThatNoRuleHas) {
  answer("a.test", Status::Answered, {"203.0.113.1"});
  answer("b.test", Status::NoName, {});
  answer("c.test", Status::NoData, {});
  policy::TextArena arena;
  const policy::TextOffset rules[] = {arena.add("b.other.test"), arena.add("c.test")};
  watch_.on_policy({arena.data(), rules});
  EXPECT_THAT(shown(), ElementsAre("c.test ; has no IPv4 address"));
  EXPECT_EQ(watch_.problems(), 1U);
  watch_.on_policy({});
  EXPECT_THAT(shown(), IsEmpty());
  EXPECT_EQ(watch_.problems(), 0U);
}

}  // namespace
}  // namespace dn::daemon
