#include "daemon/cloud_reader.h"

#include <gtest/gtest.h>

#include "daemon/testing/fake_cloud.h"
#include "daemon/testing/reader_run.h"

namespace dn::daemon {
namespace {

using namespace std::chrono_literals;
using testing::FakeCloud;

const std::string kList = "arn:aws:ssm:eu-west-1:111122223333:parameter/allowed";

class CloudReaderTest : public ::testing::Test {
 protected:
  CloudReaderTest() {
    cloud_.add_client("eni-1", "10.0.0.1", {"sg-1"});
    cloud_.set_group("sg-1", "discriminat:tls:api.example.com");
  }
  CloudReader& reader() {
    if (!reader_) {
      CloudReaderSettings settings;
      settings.inventory = {"i-gateway", "vpc-1"};
      settings.vpcs = {"vpc-1"};
      settings.groups_interval = groups_interval_;
      reader_.emplace(settings, cloud_.questions(), [] { return 0U; }, now_);
    }
    return *reader_;
  }
  // What there is to do within that time, as the thread does it.
  void run_for(std::chrono::milliseconds time) {
    testing::run_reader(reader(), now_, time, [this] { take(); });
  }
  void take() {
    CloudNews news = reader().take();
    if (news.input) {
      input_ = std::move(news.input);
      ++inputs_;
    }
    absent_.insert(absent_.end(), news.absent.begin(), news.absent.end());
  }
  std::vector<std::string> clients() const {
    std::vector<std::string> found;
    for (const auto& client : input_->clients) found.push_back(to_text(client.prefix.base));
    return found;
  }
  bool has_problem(std::string_view part) {
    return std::ranges::any_of(reader().problems(), [&](const std::string& problem) {
      return problem.find(part) != std::string::npos;
    });
  }

  FakeCloud cloud_;
  Duration groups_interval_ = 20s;
  MonotonicTime now_ = MonotonicTime(1h);
  std::optional<CloudReader> reader_;
  std::optional<policy::PolicyInput> input_;
  std::vector<Ipv4Address> absent_;
  int inputs_ = 0;
};

TEST_F(CloudReaderTest, HandsOverOnePolicyOnceAllIsRead) {
  cloud_.page_size = 1;
  cloud_.add_client("eni-2", "10.0.0.2", {"sg-2"});
  cloud_.set_group("sg-2", "discriminat:tls:" + kList);
  cloud_.lists[kList] = "a.example.com";
  cloud_.parameters["DiscrimiNAT"] = R"({"%default": {"wildcard_exposure": "none"}})";
  run_for(1s);
  ASSERT_EQ(inputs_, 1);
  EXPECT_EQ(clients(), (std::vector<std::string>{"10.0.0.1", "10.0.0.2"}));
  EXPECT_EQ(input_->groups.size(), 2U);
  EXPECT_EQ(input_->lists.at(kList), "a.example.com");
  EXPECT_EQ(input_->preferences.wildcard_exposure, policy::WildcardExposure::None);
  EXPECT_TRUE(input_->clients_may_be_found);
  EXPECT_TRUE(reader().problems().empty());
}

TEST_F(CloudReaderTest, HandsOverNothingOfHalfASweep) {
  for (int i = 0; i < 4; ++i) cloud_.fault(403, "UnauthorizedOperation");
  run_for(10s);
  EXPECT_EQ(inputs_, 0);
  EXPECT_TRUE(has_problem("interfaces cannot be listed: UnauthorizedOperation: no"));
  EXPECT_TRUE(has_problem("security groups cannot be listed"));
  run_for(10min);
  EXPECT_GE(inputs_, 1);
  EXPECT_TRUE(reader().problems().empty());
}

TEST_F(CloudReaderTest, WaitsForListsOnlyBeforeTheFirstPolicy) {
  cloud_.set_group("sg-1", "discriminat:tls:" + kList);
  cloud_.fault(0, "");  // preferences
  for (int i = 0; i < 2; ++i) cloud_.fault(0, "");
  for (int i = 0; i < 2; ++i) cloud_.fault(400, "AccessDeniedException");  // new, and in its round
  run_for(10s);
  EXPECT_EQ(inputs_, 1);
  EXPECT_FALSE(input_->lists.contains(kList));
  EXPECT_TRUE(has_problem("AccessDeniedException"));
  cloud_.lists[kList] = "a.example.com";
  run_for(6min);
  EXPECT_EQ(input_->lists.at(kList), "a.example.com");
  cloud_.lists.clear();
  run_for(6min);
  EXPECT_EQ(input_->lists.at(kList), "a.example.com") << "the last good content";
  EXPECT_TRUE(has_problem("ParameterNotFound"));
}

TEST_F(CloudReaderTest, SeesAnEditedRuleWithinHalfAMinute) {
  run_for(1min);
  cloud_.set_group("sg-1", "discriminat:tls:new.example.com");
  run_for(30s);
  EXPECT_EQ(input_->groups.at(0).egress.at(0).description, "discriminat:tls:new.example.com");
}

TEST_F(CloudReaderTest, ReadsGroupsInUseAtTheIntervalThatIsGiven) {
  groups_interval_ = 2min;
  run_for(1s);
  cloud_.set_group("sg-1", "discriminat:tls:new.example.com");
  run_for(118s);
  EXPECT_EQ(input_->groups.at(0).egress.at(0).description, "discriminat:tls:api.example.com");
  run_for(2s);
  EXPECT_EQ(input_->groups.at(0).egress.at(0).description, "discriminat:tls:new.example.com");
}

TEST_F(CloudReaderTest, TellsNothingWhereNothingChanges) {
  run_for(20min);
  EXPECT_EQ(inputs_, 1);
}

TEST_F(CloudReaderTest, BelievesAbsenceAfterTwoCompleteSweeps) {
  cloud_.add_client("eni-2", "10.0.0.2", {"sg-1"});
  run_for(1s);
  cloud_.interfaces.pop_back();
  run_for(65s);
  EXPECT_EQ(clients().size(), 2U);
  run_for(65s);
  EXPECT_EQ(clients(), std::vector<std::string>{"10.0.0.1"});
}

TEST_F(CloudReaderTest, AsksForAnUnknownClientAndItsGroupsAtOnce) {
  run_for(30s);
  cloud_.add_client("eni-2", "10.0.0.2", {"sg-1", "sg-2"});
  cloud_.set_group("sg-2", "discriminat:tls:b.example.com");
  reader().ask(*parse_ipv4("10.0.0.2"), now_);
  reader().ask(*parse_ipv4("10.9.9.9"), now_);
  run_for(10ms);
  EXPECT_EQ(clients(), (std::vector<std::string>{"10.0.0.1", "10.0.0.2"}));
  EXPECT_EQ(input_->groups.size(), 2U);
  EXPECT_EQ(absent_, std::vector{*parse_ipv4("10.9.9.9")});
  const std::size_t asked = cloud_.asked.size();
  reader().ask(*parse_ipv4("10.9.9.9"), now_);
  run_for(10ms);
  EXPECT_EQ(cloud_.asked.size(), asked) << "remembered as absent";
  EXPECT_EQ(absent_.size(), 2U);
}

TEST_F(CloudReaderTest, LeavesAClientThatCouldNotBeAskedForToItsBound) {
  run_for(30s);
  cloud_.fault(503, "RequestLimitExceeded");
  reader().ask(*parse_ipv4("10.9.9.9"), now_);
  run_for(10ms);
  EXPECT_TRUE(absent_.empty());
  EXPECT_TRUE(has_problem("unknown clients cannot be looked up"));
  reader().ask(*parse_ipv4("10.9.9.9"), now_);
  run_for(1s);
  EXPECT_EQ(absent_.size(), 1U);
  EXPECT_FALSE(has_problem("unknown clients"));
}

TEST_F(CloudReaderTest, KeepsThePolicyWhileTheCloudIsAway) {
  cloud_.parameters["DiscrimiNAT"] = R"({"%default": {"see_thru": "2026-12-24"}})";
  run_for(1min);
  const int inputs = inputs_;
  for (int i = 0; i < 200; ++i) cloud_.fault(503, "ServiceUnavailable");
  run_for(10min);
  EXPECT_EQ(inputs_, inputs);
  EXPECT_TRUE(has_problem("interfaces cannot be listed"));
  EXPECT_TRUE(has_problem("the preferences in DiscrimiNAT cannot be read"));
  EXPECT_LT(cloud_.asked.size(), 150U) << "ten minutes of a service that is away";
  cloud_.faults.clear();
  cloud_.set_group("sg-1", "discriminat:tls:new.example.com");
  run_for(10min);
  EXPECT_GT(inputs_, inputs);
  EXPECT_TRUE(input_->preferences.see_thru);
  EXPECT_TRUE(reader().problems().empty());
}

TEST_F(CloudReaderTest, TakesDefaultsWhereThereAreNoPreferences) {
  run_for(1s);
  EXPECT_EQ(input_->preferences, policy::Preferences());
  cloud_.parameters["DiscrimiNAT"] = R"({"%default": {"wildcard_exposure": "some"}})";
  run_for(6min);
  EXPECT_EQ(input_->preferences, policy::Preferences());
  EXPECT_TRUE(has_problem("wildcard_exposure"));
  cloud_.parameters["DiscrimiNAT"] = "no JSON";
  run_for(6min);
  EXPECT_TRUE(has_problem("the preferences in DiscrimiNAT stay as they were"));
}

TEST_F(CloudReaderTest, StartsASweepAnewWhoseTokenExpired) {
  cloud_.page_size = 1;
  cloud_.add_client("eni-2", "10.0.0.2", {"sg-1"});
  run_for(30s);
  cloud_.add_client("eni-3", "10.0.0.3", {"sg-1"});
  const auto asked = [&] { return std::ranges::count(cloud_.asked, "interfaces"); };
  const auto before = asked();
  cloud_.fault(0, "");
  cloud_.fault(400, "InvalidNextToken");
  run_for(10min);
  EXPECT_EQ(clients().size(), 3U);
  EXPECT_GT(asked(), before + 3);
}

TEST_F(CloudReaderTest, AsksForSmallerPagesWhereAPageIsTooLargeToBeRead) {
  for (int i = 2; i <= 300; ++i) {
    const std::string number = std::to_string(i);
    cloud_.add_client("eni-" + number,
                      "10.0." + std::to_string(i / 250 + 1) + "." + std::to_string(i % 250 + 1),
                      {"sg-" + number});
    cloud_.set_group("sg-" + number, "discriminat:tls:api.example.com");
  }
  cloud_.readable_items = 20;
  run_for(10min);
  ASSERT_TRUE(input_);
  EXPECT_EQ(clients().size(), 300U);
  EXPECT_EQ(input_->groups.size(), 300U);
  EXPECT_TRUE(reader().problems().empty());
  cloud_.set_group("sg-300", "discriminat:tls:new.example.com");
  run_for(1min);
  EXPECT_TRUE(reader().problems().empty()) << "groups in use are asked for in fewer at a time";
}

TEST_F(CloudReaderTest, ReadsALookUpToItsLastPage) {
  run_for(30s);
  cloud_.page_size = 1;
  for (const char* number : {"2", "3", "4"}) {
    cloud_.add_client("eni-" + std::string(number), "10.0.0." + std::string(number),
                      {"sg-1", "sg-" + std::string(number)});
    cloud_.set_group("sg-" + std::string(number), "discriminat:tls:b.example.com");
    reader().ask(*parse_ipv4("10.0.0." + std::string(number)), now_);
  }
  run_for(10ms);
  EXPECT_TRUE(absent_.empty());
  EXPECT_EQ(clients().size(), 4U);
  EXPECT_EQ(input_->groups.size(), 4U);
}

TEST_F(CloudReaderTest, GivesUpPagesThatLeadToThemselves) {
  run_for(1s);
  cloud_.add_client("eni-2", "10.0.0.2", {"sg-1"});
  cloud_.page_size = 1;
  cloud_.stuck_token = 0;
  run_for(5min);
  EXPECT_TRUE(has_problem("interfaces cannot be listed: a page leads to itself"));
  cloud_.stuck_token.reset();
  run_for(5min);
  EXPECT_TRUE(reader().problems().empty());
  EXPECT_EQ(clients().size(), 2U);
}

TEST_F(CloudReaderTest, GivesUpPagesWithoutAnEnd) {
  cloud_.endless = true;
  run_for(30min);
  EXPECT_TRUE(has_problem("interfaces cannot be listed: the answer has too many pages"));
  cloud_.endless = false;
  run_for(10min);
  EXPECT_TRUE(reader().problems().empty());
  EXPECT_EQ(clients().size(), 1U);
}

// A batch asks up to 21 accounts, and the next one is due half a second after it began.
TEST_F(CloudReaderTest, SweepsBetweenLookUpsThatTakeLong) {
  CloudQuestions slow = cloud_.questions();
  slow.interfaces = [this, ask = slow.interfaces](const aws::Ec2Question& question) {
    if (question.filters.size() == 2) now_ += 1s;  // by addresses
    return ask(question);
  };
  CloudReaderSettings settings;
  settings.vpcs = {"vpc-1"};
  reader_.emplace(settings, slow, [] { return 0U; }, now_);
  run_for(1s);
  cloud_.set_group("sg-1", "discriminat:tls:new.example.com");
  for (std::uint32_t i = 0; i < 600; ++i) {
    reader().ask({0x0a090000 + i}, now_);
    reader().step(now_);
    take();
  }
  EXPECT_EQ(input_->groups.at(0).egress.at(0).description, "discriminat:tls:new.example.com");
  EXPECT_GT(absent_.size(), 250U) << "in turn";
}

TEST_F(CloudReaderTest, TellsHowManyItemsCouldNotBeRead) {
  cloud_.odd_items = 3;
  run_for(1s);
  EXPECT_EQ(inputs_, 1);
  EXPECT_TRUE(has_problem("3 interfaces cannot be read in whole"));
  EXPECT_TRUE(has_problem("3 security groups cannot be read in whole"));
  cloud_.odd_items = 0;
  run_for(10min);
  EXPECT_TRUE(reader().problems().empty());
}

// Sweeps of interfaces would be at 0, 60, 120 … seconds.
TEST_F(CloudReaderTest, LooksForNewBlocksSoonerWhereThereAreBlocks) {
  auto& prefixes = cloud_.interfaces[0].prefixes;
  run_for(30s);
  prefixes.push_back(*parse_ipv4_prefix("10.0.6.0/28"));
  reader().ask(*parse_ipv4("10.0.6.1"), now_);
  run_for(29s);
  EXPECT_EQ(clients().size(), 1U) << "an account without blocks so far";
  run_for(6s);
  EXPECT_EQ(clients().size(), 2U);
  prefixes.push_back(*parse_ipv4_prefix("10.0.7.0/28"));
  reader().ask(*parse_ipv4("10.0.7.1"), now_);
  run_for(16s);
  EXPECT_EQ(clients().size(), 3U) << "20 s after the last sweep";
  const auto asked = [&] { return std::ranges::count(cloud_.asked, "interfaces"); };
  const auto before = asked();
  for (int i = 0; i < 59; ++i) {
    reader().ask(*parse_ipv4("10.9.9.9"), now_);
    run_for(1s);
  }
  EXPECT_LE(asked() - before, 4 + 2) << "look-ups, ever more seldom, and sweeps";
}

}  // namespace
}  // namespace dn::daemon
