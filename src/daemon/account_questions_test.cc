#include "daemon/account_questions.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <optional>

#include "daemon/testing/fake_cloud.h"
#include "daemon/testing/reader_run.h"

namespace dn::daemon {
namespace {

using namespace std::chrono_literals;
using testing::FakeCloud;

using Interfaces = aws::ServiceResult<aws::Page<aws::NetworkInterface>>;

const CloudReaderSettings kSettings = {.inventory = {"i-gateway", "vpc-1"}, .vpcs = {"vpc-1"}};
const std::string kSecond = "111122223333", kThird = "444455556666";

class AccountQuestionsTest : public ::testing::Test {
 protected:
  AccountQuestionsTest() {
    for (FakeCloud* cloud : {&own_, &second_, &third_}) {
      const std::string number(cloud == &own_ ? "1" : cloud == &second_ ? "2" : "3");
      cloud->add_client("eni-" + number, "10.0.0." + number, {"sg-" + number});
      cloud->set_group("sg-" + number, "discriminat:tls:host" + number + ".example.com");
    }
  }
  CloudQuestions questions() {
    const auto other = [](const std::string& account, FakeCloud& cloud) {
      CloudQuestions asked = cloud.questions();
      return AccountQuestions{account, std::move(asked.interfaces), std::move(asked.groups)};
    };
    return ask_accounts(own_.questions(), {other(kSecond, second_), other(kThird, third_)});
  }
  // The ids of all pages, and in the end "done", or the error.
  std::vector<std::string> ids_of_a_sweep(const CloudQuestions& asked) {
    std::vector<std::string> ids;
    aws::Ec2Question question;
    for (int pages = 0; pages < 20; ++pages) {
      const Interfaces page = asked.interfaces(question);
      if (!page) {
        ids.push_back(aws::to_text(page.error()));
        return ids;
      }
      for (const auto& interface : page->items) ids.push_back(interface.id);
      question.next_token = page->next_token;
      if (question.next_token.empty()) {
        ids.push_back("done");
        return ids;
      }
    }
    return {"endless"};
  }

  FakeCloud own_, second_, third_;
};

using Ids = std::vector<std::string>;

TEST_F(AccountQuestionsTest, GoThroughTheAccountsInTurn) {
  second_.page_size = 1;
  second_.add_client("eni-4", "10.0.0.4", {"sg-2"});
  EXPECT_EQ(ids_of_a_sweep(questions()), (Ids{"eni-1", "eni-2", "eni-4", "eni-3", "done"}));
  EXPECT_EQ(own_.asked.size(), 1U);
  EXPECT_EQ(second_.asked.size(), 2U);
  EXPECT_EQ(third_.asked.size(), 1U);
}

TEST_F(AccountQuestionsTest, AskOneAccountAtATimeWithTheSameQuestion) {
  const CloudQuestions asked = questions();
  aws::Ec2Question question;
  question.filters = {{"group-id", {"sg-2"}}};
  auto page = asked.groups(question);
  ASSERT_TRUE(page);
  EXPECT_TRUE(page->items.empty());
  EXPECT_EQ(second_.asked.size(), 0U);
  question.next_token = page->next_token;
  page = asked.groups(question);
  ASSERT_TRUE(page);
  ASSERT_EQ(page->items.size(), 1U);
  EXPECT_EQ(page->items[0].id, "sg-2");
  EXPECT_FALSE(page->next_token.empty()) << "the third may know more";
}

TEST_F(AccountQuestionsTest, AreThoseOfTheOwnAccountWhereItIsTheOnlyOne) {
  own_.page_size = 1;
  own_.add_client("eni-4", "10.0.0.4", {"sg-1"});
  const CloudQuestions asked = ask_accounts(own_.questions(), {});
  EXPECT_EQ(asked.interfaces({})->next_token, "1") << "a token as it came";
  EXPECT_EQ(ids_of_a_sweep(asked), (Ids{"eni-1", "eni-4", "done"}));
}

TEST_F(AccountQuestionsTest, TakePreferencesAndListsFromTheOwnAccount) {
  own_.parameters["DiscrimiNAT"] = "own";
  second_.parameters["DiscrimiNAT"] = "other";
  own_.lists["arn"] = "list";
  EXPECT_EQ(questions().preferences("DiscrimiNAT"), "own");
  EXPECT_EQ(questions().list("arn"), "list");
}

TEST_F(AccountQuestionsTest, TellAFailureAfterTheOtherAccounts) {
  const CloudQuestions asked = questions();
  second_.fault(403, "UnauthorizedOperation");
  EXPECT_EQ(ids_of_a_sweep(asked),
            (Ids{"eni-1", "eni-3", "UnauthorizedOperation: account 111122223333: no"}));
  EXPECT_EQ(ids_of_a_sweep(asked), (Ids{"eni-1", "eni-2", "eni-3", "done"})) << "it is over";
  third_.fault(503, "RequestLimitExceeded");
  EXPECT_EQ(ids_of_a_sweep(asked),
            (Ids{"eni-1", "eni-2", "RequestLimitExceeded: account 444455556666: no"}));
  own_.fault(400, "AuthFailure");
  third_.fault(503, "RequestLimitExceeded");
  EXPECT_EQ(ids_of_a_sweep(asked), (Ids{"eni-2", "AuthFailure: no"})) << "the first one";
}

TEST_F(AccountQuestionsTest, TellAFailureInTheMiddleOfAnAccount) {
  second_.page_size = 1;
  second_.add_client("eni-4", "10.0.0.4", {"sg-2"});
  second_.fault(0, "");
  second_.fault(400, "InvalidNextToken");
  EXPECT_EQ(ids_of_a_sweep(questions()),
            (Ids{"eni-1", "eni-2", "eni-3", "InvalidNextToken: account 111122223333: no"}));
}

TEST_F(AccountQuestionsTest, ForgetNoFailureForAnotherQuestionInBetween) {
  const CloudQuestions asked = questions();
  second_.fault(403, "UnauthorizedOperation");
  auto page = asked.interfaces({});
  ASSERT_TRUE(page);
  page = asked.interfaces({.next_token = page->next_token});
  ASSERT_TRUE(page) << "the second account has failed";
  EXPECT_EQ(ids_of_a_sweep(asked).back(), "done");
  page = asked.interfaces({.next_token = page->next_token});
  ASSERT_TRUE(page);
  ASSERT_FALSE(page->next_token.empty());
  EXPECT_FALSE(asked.interfaces({.next_token = page->next_token}));
}

TEST_F(AccountQuestionsTest, RefuseTokensThatTheyHaveNotGiven) {
  const CloudQuestions asked = questions();
  for (const char* token :
       {"x", "1", "1:", ":", "::", "-1::", "+1::", " 1::", "1:x:", "3::", "3:0:x", "4::", "4:0:",
        "1:1:", "2:2:", "0:0:", "1:-1:", "99999999999999999999::", "1:99999999999999999999:"}) {
    EXPECT_FALSE(asked.interfaces({.next_token = token})) << token;
  }
  EXPECT_TRUE(own_.asked.empty() && second_.asked.empty() && third_.asked.empty());
}

TEST_F(AccountQuestionsTest, GiveEachAccountItsTokenAsItCame) {
  for (const std::string& token : {std::string(":2::x: :"), std::string(kPageTokenMax, 't')}) {
    std::vector<std::string> seen;
    AccountQuestions other;
    other.account = kSecond;
    other.interfaces = [&](const aws::Ec2Question& question) -> Interfaces {
      seen.push_back(question.next_token);
      aws::Page<aws::NetworkInterface> page;
      if (question.next_token.empty()) page.next_token = token;
      return page;
    };
    EXPECT_EQ(ids_of_a_sweep(ask_accounts(own_.questions(), {other})), (Ids{"eni-1", "done"}));
    EXPECT_EQ(seen, (Ids{"", token}));
  }
}

TEST_F(AccountQuestionsTest, FailWhereAnAccountsTokenIsTooLong) {
  AccountQuestions other;
  other.account = kSecond;
  other.interfaces = [](const aws::Ec2Question&) -> Interfaces {
    aws::Page<aws::NetworkInterface> page;
    page.next_token = std::string(kPageTokenMax + 1, 't');
    return page;
  };
  EXPECT_EQ(ids_of_a_sweep(ask_accounts(own_.questions(), {other})),
            (Ids{"eni-1", "account 111122223333: a page's token is too long"}));
}

// -- with a reader --------------------------------------------------------------------------------

class AccountsReadTest : public AccountQuestionsTest {
 protected:
  CloudReader& reader() {
    if (!reader_) reader_.emplace(kSettings, questions(), [] { return 0U; }, now_);
    return *reader_;
  }
  void run_for(std::chrono::milliseconds time) {
    testing::run_reader(reader(), now_, time, [this] { take(); });
  }
  void take() {
    CloudNews news = reader().take();
    if (news.input) input_ = std::move(news.input);
    absent_.insert(absent_.end(), news.absent.begin(), news.absent.end());
  }
  Ids clients() const {
    Ids found;
    for (const auto& client : input_->clients) found.push_back(to_text(client.prefix.base));
    return found;
  }
  std::string rule_of(std::size_t group) const {
    return input_->groups.at(group).egress.at(0).description;
  }
  void refuse(FakeCloud& cloud) {
    for (int i = 0; i < 10'000; ++i) cloud.fault(403, "UnauthorizedOperation");
  }

  MonotonicTime now_ = MonotonicTime(1h);
  std::optional<CloudReader> reader_;
  std::optional<policy::PolicyInput> input_;
  std::vector<Ipv4Address> absent_;
};

TEST_F(AccountsReadTest, AreOnePolicy) {
  run_for(1s);
  ASSERT_TRUE(input_);
  EXPECT_EQ(clients(), (Ids{"10.0.0.1", "10.0.0.2", "10.0.0.3"}));
  EXPECT_EQ(input_->groups.size(), 3U);
  EXPECT_EQ(reader().problems(), Ids());
}

// The owner of a shared VPC is told of the interfaces and groups of its participants.
TEST_F(AccountsReadTest, MayTellOfTheSameThingsWithoutAConflict) {
  own_.interfaces.push_back(second_.interfaces[0]);
  own_.groups.push_back(second_.groups[0]);
  run_for(10min);
  EXPECT_EQ(clients(), (Ids{"10.0.0.1", "10.0.0.2", "10.0.0.3"}));
  EXPECT_EQ(input_->groups.size(), 3U);
  EXPECT_EQ(reader().problems(), Ids());
}

TEST_F(AccountsReadTest, MayUseTheGroupsOfOneAnother) {
  own_.interfaces[0].group_ids = {"sg-3"};
  run_for(1s);
  EXPECT_EQ(input_->clients.at(0).gids, Ids{"sg-3"});
}

TEST_F(AccountsReadTest, AreLookedThroughForANewClientAndItsGroups) {
  run_for(30s);
  third_.add_client("eni-9", "10.0.0.9", {"sg-9"});
  third_.set_group("sg-9", "discriminat:tls:nine.example.com");
  reader().ask(*parse_ipv4("10.0.0.9"), now_);
  reader().ask(*parse_ipv4("10.9.9.9"), now_);
  run_for(10ms);
  EXPECT_EQ(clients().size(), 4U);
  EXPECT_EQ(rule_of(3), "discriminat:tls:nine.example.com");
  EXPECT_EQ(absent_, std::vector{*parse_ipv4("10.9.9.9")});
}

TEST_F(AccountsReadTest, GiveNoPolicyBeforeAllOfThemAnswered) {
  refuse(third_);
  run_for(5min);
  EXPECT_FALSE(input_);
  third_.faults.clear();
  run_for(5min);
  ASSERT_TRUE(input_);
  EXPECT_EQ(clients().size(), 3U);
}

TEST_F(AccountsReadTest, KeepWhatARefusingOneHadAndGoOnWithTheOthers) {
  run_for(1min);
  second_.interfaces.clear();
  refuse(second_);
  third_.set_group("sg-3", "discriminat:tls:new.example.com");
  third_.add_client("eni-9", "10.0.0.9", {"sg-3"});
  reader().ask(*parse_ipv4("10.0.0.9"), now_);
  reader().ask(*parse_ipv4("10.9.9.9"), now_);
  run_for(10ms);
  EXPECT_EQ(clients(), (Ids{"10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.9"}));
  EXPECT_TRUE(absent_.empty()) << "it might be the second one's";
  own_.interfaces.clear();
  run_for(10min);
  EXPECT_EQ(rule_of(2), "discriminat:tls:new.example.com");
  EXPECT_EQ(clients(), (Ids{"10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.9"})) << "nobody is gone";
  const Ids problems = reader().problems();
  const auto tells = [&](const std::string& text) {
    return std::ranges::find(problems, text) != problems.end();
  };
  const std::string why = ": UnauthorizedOperation: account 111122223333: no";
  EXPECT_TRUE(tells("interfaces cannot be listed" + why)) << ::testing::PrintToString(problems);
  EXPECT_TRUE(tells("security groups cannot be listed" + why));
  EXPECT_TRUE(tells("unknown clients cannot be looked up" + why));
  second_.faults.clear();
  reader().ask(*parse_ipv4("10.9.9.9"), now_);
  run_for(10min);
  EXPECT_EQ(clients(), (Ids{"10.0.0.3", "10.0.0.9"})) << "two complete sweeps";
  EXPECT_EQ(reader().problems(), Ids());
}

// It may be the refusing account's, so it is looked up again and again.
TEST_F(AccountsReadTest, AreSweptWhileAGroupCannotBeFound) {
  run_for(1min);
  refuse(second_);
  own_.interfaces[0].group_ids = {"sg-1", "sg-unknown"};
  run_for(1min);
  own_.set_group("sg-1", "discriminat:tls:new.example.com");
  third_.set_group("sg-3", "discriminat:tls:new.example.com");
  run_for(1min);
  EXPECT_EQ(rule_of(0), "discriminat:tls:new.example.com");
  EXPECT_EQ(rule_of(2), "discriminat:tls:new.example.com");
  third_.asked.clear();
  run_for(10min);
  EXPECT_LE(third_.asked.size(), 10U + 2 * 30 + 2) << "by sweeps, and as often for the group";
}

TEST_F(AccountsReadTest, AreAskedForAllGroupsInUseWhileOneRefuses) {
  for (int i = 100; i < 100 + 2 * static_cast<int>(kGroupsPerPage); ++i) {
    own_.interfaces[0].group_ids.push_back(fmt::format("sg-{}", i));
    own_.set_group(own_.interfaces[0].group_ids.back(), "discriminat:tls:old.example.com");
  }
  run_for(1min);
  refuse(second_);
  const std::string last = own_.interfaces[0].group_ids.back();
  own_.set_group(last, "discriminat:tls:new.example.com");
  run_for(30s);
  const auto group = std::ranges::find(input_->groups, last, &policy::SecurityGroup::gid);
  ASSERT_NE(group, input_->groups.end());
  EXPECT_EQ(group->egress.at(0).description, "discriminat:tls:new.example.com");
}

class AccountsAskedTest : public AccountsReadTest {
 protected:
  // Within an hour after the first policy.
  std::size_t asked_of_the_third() {
    run_for(1min);
    third_.asked.clear();
    run_for(1h);
    return third_.asked.size() -
           static_cast<std::size_t>(std::ranges::count(third_.asked, "preferences"));
  }
  std::size_t asked_of_the_third_alone() {
    reader_.emplace(kSettings, third_.questions(), [] { return 0U; }, now_);
    return asked_of_the_third();
  }
};

TEST_F(AccountsAskedTest, AreAskedNoOftenerThanOneAlone) {
  const std::size_t as_one_of_three = asked_of_the_third();
  EXPECT_LE(as_one_of_three, asked_of_the_third_alone());
}

TEST_F(AccountsAskedTest, AreAskedNoOftenerForOneThatRefuses) {
  run_for(1min);
  refuse(second_);
  const std::size_t beside_one_that_refuses = asked_of_the_third();
  EXPECT_FALSE(second_.faults.empty());
  EXPECT_LE(beside_one_that_refuses, asked_of_the_third_alone());
}

}  // namespace
}  // namespace dn::daemon
