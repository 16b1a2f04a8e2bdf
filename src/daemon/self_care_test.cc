// SelfCare against a cloud that says what a test wants and notes what it was asked.
#include "daemon/self_care.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace dn::daemon {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const aws::ServiceError kDenied{403, "UnauthorizedOperation", "You are not authorized"};
const aws::ServiceError kThrottled{503, "RequestLimitExceeded", "Too many"};
const aws::ServiceError kTaken{400, "Resource.AlreadyAssociated", "It is taken"};

aws::ElasticAddress elastic(const std::string& id, const std::string& association = "") {
  return {id, association, parse_ipv4("203.0.113.7").value()};
}

struct SelfCareTest : testing::Test {
  SelfCareTest() {
    questions.public_address = [this] { return note("public-ipv4", public_address); };
    questions.spot_action = [this] { return note("spot", spot_action); };
    questions.target_lifecycle_state = [this] { return note("state", lifecycle_state); };
    questions.disable_source_dest_check = [this] { return note("check", check); };
    questions.tagged_addresses = [this] { return note("addresses", addresses); };
    questions.associate = [this](const std::string& id) -> aws::ServiceResult<std::string> {
      asked.push_back("associate " + id);
      if (const auto error = refused.find(id); error != refused.end()) {
        return tl::unexpected(error->second);
      }
      return "eipassoc-1";
    };
    questions.report_unhealthy = [this] { return note("report", report); };
  }

  template <class T>
  T note(const std::string& name, const T& answer) {
    asked.push_back(name);
    return answer;
  }
  SelfCare make(const SelfCareSettings& settings = {}) { return {settings, questions, now}; }
  SelfCare make_for_address() { return make({false, true, false, false}); }

  // All that is due now, one question a step.
  std::vector<std::string> run(SelfCare& care) {
    asked.clear();
    for (int steps = 0; care.step(now); ++steps) {
      EXPECT_EQ(asked.size(), static_cast<std::size_t>(steps) + 1);
      if (steps > 100) ADD_FAILURE() << "it never rests";
      if (steps > 100) break;
    }
    EXPECT_GT(care.next_step(now), now);
    EXPECT_LE(care.next_step(now), now + kCareRetry);
    return asked;
  }
  std::vector<std::string> run_after(SelfCare& care, Duration wait) {
    now += wait;
    return run(care);
  }
  static std::vector<std::string> told(SelfCare& care) {
    std::vector<std::string> all;
    for (const SelfLine& line : care.take_lines()) all.push_back(line.outcome + ": " + line.reason);
    return all;
  }

  MonotonicTime now{1h};
  aws::ImdsResult<std::optional<Ipv4Address>> public_address = parse_ipv4("203.0.113.1");
  aws::ImdsResult<std::optional<aws::SpotAction>> spot_action = std::nullopt;
  aws::ImdsResult<std::string> lifecycle_state = "InService";
  aws::ServiceResult<void> check, report;
  aws::ServiceResult<std::vector<aws::ElasticAddress>> addresses;
  std::map<std::string, aws::ServiceError> refused;  // by allocation
  std::vector<std::string> asked;
  SelfCareQuestions questions;
};

TEST_F(SelfCareTest, DoesEachThingOnceAtTheStart) {
  SelfCare care = make();
  EXPECT_THAT(run(care), ElementsAre("spot", "state", "check", "public-ipv4"));
  EXPECT_THAT(told(care), ElementsAre("accepted: the source/destination check of this instance is "
                                      "off"));
  EXPECT_THAT(run_after(care, 5s), ElementsAre("spot", "state"));
  EXPECT_THAT(run_after(care, 1s), IsEmpty());
  EXPECT_THAT(told(care), IsEmpty());
  EXPECT_TRUE(care.healthy());
  EXPECT_FALSE(care.may_exit(now + 1h, 0));
}

TEST_F(SelfCareTest, AsksNothingThatIsSwitchedOff) {
  SelfCare care = make({false, false, false, false});
  care.on_self_test(fail("x"), now);
  care.on_self_test(fail("x"), now);
  EXPECT_THAT(run_after(care, 1h), IsEmpty());
  EXPECT_FALSE(care.healthy());
}

TEST_F(SelfCareTest, NeverAsksAgainWhatIsDenied) {
  check = report = tl::unexpected(kDenied);
  addresses = tl::unexpected(kDenied);
  public_address = std::nullopt;
  SelfCare care = make({true, true, false, true});
  EXPECT_THAT(run(care), ElementsAre("check", "public-ipv4", "addresses"));
  care.on_self_test(fail("x"), now);
  care.on_self_test(fail("x"), now);
  EXPECT_THAT(run(care), ElementsAre("report"));
  EXPECT_THAT(told(care),
              ElementsAre("warning: switching off the source/destination check is switched off: "
                          "UnauthorizedOperation: You are not authorized",
                          HasSubstr("associating an Elastic IP is switched off: Unauthorized"),
                          HasSubstr("the self-test failed 2 times"),
                          HasSubstr("Auto Scaling group is switched off: Unauthorized")));
  EXPECT_THAT(run_after(care, 1h), IsEmpty());
}

TEST_F(SelfCareTest, TellsAFailureOnceAndTriesEachMinute) {
  check = tl::unexpected(kThrottled);
  SelfCare care = make({true, false, false, false});
  run(care);
  EXPECT_THAT(told(care), ElementsAre("warning: switching off the source/destination check: "
                                      "RequestLimitExceeded: Too many; tried again each minute"));
  EXPECT_THAT(run_after(care, 59s), IsEmpty());
  EXPECT_THAT(run_after(care, 1s), ElementsAre("check"));
  EXPECT_THAT(told(care), IsEmpty());
  check = {};
  EXPECT_THAT(run_after(care, 1min), ElementsAre("check"));
  EXPECT_THAT(told(care), ElementsAre(HasSubstr("accepted: the source/destination check")));
}

// -- Elastic IP -----------------------------------------------------------------------------------

TEST_F(SelfCareTest, TakesTheFirstFreeElasticIp) {
  public_address = std::nullopt;
  addresses = {{elastic("eipalloc-1", "eipassoc-9"), elastic("eipalloc-2"), elastic("eipalloc-3")}};
  SelfCare care = make_for_address();
  EXPECT_THAT(run(care), ElementsAre("public-ipv4", "addresses", "associate eipalloc-2"));
  EXPECT_THAT(told(care), ElementsAre("accepted: the Elastic IP 203.0.113.7 (eipalloc-2) is "
                                      "associated with this instance"));
  EXPECT_THAT(run_after(care, 1h), IsEmpty());
}

TEST_F(SelfCareTest, TakesTheNextOneWhereSomebodyWasFaster) {
  public_address = std::nullopt;
  addresses = {{elastic("eipalloc-1"), elastic("eipalloc-2")}};
  refused = {{"eipalloc-1", kTaken}};
  SelfCare care = make_for_address();
  EXPECT_THAT(run(care), ElementsAre("public-ipv4", "addresses", "associate eipalloc-1",
                                     "associate eipalloc-2"));
  EXPECT_THAT(told(care), ElementsAre(HasSubstr("(eipalloc-2) is associated")));
}

TEST_F(SelfCareTest, WaitsForAFreeElasticIp) {
  public_address = std::nullopt;
  for (const bool raced : {false, true}) {
    addresses = {{elastic("eipalloc-1", raced ? "" : "eipassoc-1")}};
    refused = {{"eipalloc-1", kTaken}};
    SelfCare care = make_for_address();
    run(care);
    EXPECT_THAT(told(care), ElementsAre(HasSubstr("no Elastic IP with the tag key \"discriminat\" "
                                                  "is free")));
    EXPECT_THAT(run_after(care, 30s), IsEmpty());
    run_after(care, 30s);
    EXPECT_THAT(told(care), IsEmpty());
    refused = {};
    addresses->push_back(elastic("eipalloc-2"));
    run_after(care, 1min);
    EXPECT_THAT(told(care), ElementsAre(HasSubstr("is associated")));
  }
}

TEST_F(SelfCareTest, NeedsNoElasticIpOnceThereIsAPublicAddress) {
  public_address = std::nullopt;
  addresses->clear();
  SelfCare care = make_for_address();
  run(care);
  told(care);
  public_address = parse_ipv4("203.0.113.1");
  EXPECT_THAT(run_after(care, 1min), ElementsAre("public-ipv4"));
  EXPECT_THAT(told(care), ElementsAre("accepted: associating an Elastic IP: not needed any more"));
}

TEST_F(SelfCareTest, GivesUpAnElasticIpThatIsDenied) {
  public_address = std::nullopt;
  addresses = {{elastic("eipalloc-1"), elastic("eipalloc-2")}};
  refused = {{"eipalloc-1", kDenied}};
  SelfCare care = make_for_address();
  EXPECT_THAT(run(care), ElementsAre("public-ipv4", "addresses", "associate eipalloc-1"));
  EXPECT_THAT(run_after(care, 1h), IsEmpty());
}

// -- without instance metadata --------------------------------------------------------------------

TEST_F(SelfCareTest, IsQuietWhereThereIsNoInstanceMetadata) {
  const aws::ImdsError error{aws::ImdsFault::Unreachable, "no answer"};
  public_address = tl::unexpected(error);
  spot_action = tl::unexpected(error);
  SelfCare care = make({false, true, true, false});
  EXPECT_THAT(run(care), ElementsAre("spot", "public-ipv4"));
  EXPECT_THAT(run_after(care, 14s), IsEmpty());
  EXPECT_THAT(run_after(care, 1s), ElementsAre("spot"));
  EXPECT_THAT(run_after(care, 45s), ElementsAre("spot", "public-ipv4"));
  EXPECT_THAT(told(care), IsEmpty());
  EXPECT_TRUE(care.healthy());
}

TEST_F(SelfCareTest, NeverAsksAgainWhereInstanceMetadataIsOff) {
  const aws::ImdsError error{aws::ImdsFault::Off, "off"};
  public_address = tl::unexpected(error);
  spot_action = tl::unexpected(error);
  SelfCare care = make({false, true, true, false});
  EXPECT_THAT(run(care), ElementsAre("spot", "public-ipv4"));
  EXPECT_THAT(run_after(care, 1h), IsEmpty());
  EXPECT_THAT(told(care), IsEmpty());
}

TEST_F(SelfCareTest, TellsOddMetadataOnceAndItsEnd) {
  lifecycle_state = tl::unexpected(aws::ImdsError{aws::ImdsFault::Odd, "HTTP status 418"});
  SelfCare care = make({false, false, true, false});
  run(care);
  EXPECT_THAT(run_after(care, 15s), ElementsAre("spot", "state"));
  EXPECT_THAT(told(care), ElementsAre("warning: looking for the end of this instance: HTTP status "
                                      "418"));
  lifecycle_state = "InService";
  run_after(care, 15s);
  EXPECT_THAT(told(care),
              ElementsAre("accepted: looking for the end of this instance works again"));
}

// -- the end --------------------------------------------------------------------------------------

TEST_F(SelfCareTest, LeavesOnAnyNotice) {
  for (const char* state : {"", "Terminated", "Warmed:Terminated"}) {
    lifecycle_state = state;
    if (*state == '\0') spot_action = aws::SpotAction{"stop", {}};
    SelfCare care = make({false, false, true, true});
    run(care);
    EXPECT_TRUE(care.leaving()) << state;
    EXPECT_FALSE(care.healthy());
    EXPECT_THAT(told(care),
                ElementsAre(HasSubstr("unhealthy from now on, stops within 90 seconds")));
    EXPECT_THAT(run_after(care, 1h), IsEmpty());
    spot_action = std::nullopt;
  }
}

TEST_F(SelfCareTest, StaysInEveryOtherStateOfAGroup) {
  for (const char* state : {"", "InService", "Standby", "Detached", "Warmed:Stopped",
                            "Warmed:Running", "Warmed:Hibernated"}) {
    lifecycle_state = state;
    SelfCare care = make({false, false, true, true});
    run(care);
    EXPECT_FALSE(care.leaving()) << state;
  }
}

TEST_F(SelfCareTest, DrainsWithinItsBounds) {
  lifecycle_state = "Terminated";
  SelfCare care = make({false, false, true, false});
  run(care);
  const struct {
    Duration after;
    std::size_t being_judged;
    bool want;
  } kCases[] = {{0s, 0, false},          {kDrainLeast - 1ns, 0, false}, {kDrainLeast, 0, true},
                {kDrainLeast, 1, false}, {kDrainMost - 1ns, 1, false},  {kDrainMost, 1, true}};
  for (const auto& one : kCases) {
    EXPECT_EQ(care.may_exit(now + one.after, one.being_judged), one.want) << one.after.count();
  }
}

// -- health ---------------------------------------------------------------------------------------

TEST_F(SelfCareTest, ReportsTwoFailuresInARowOnce) {
  SelfCare care = make({false, false, false, true});
  care.on_self_test(fail("one"), now);
  EXPECT_THAT(run(care), IsEmpty());
  care.on_self_test({}, now);
  care.on_self_test(fail("two"), now);
  EXPECT_TRUE(care.healthy());
  EXPECT_THAT(run(care), IsEmpty());
  EXPECT_THAT(told(care), IsEmpty());
  care.on_self_test(fail("three"), now);
  EXPECT_FALSE(care.healthy());
  EXPECT_THAT(run(care), ElementsAre("report"));
  EXPECT_THAT(told(care), ElementsAre("warning: the self-test failed 2 times in a row: three",
                                      HasSubstr("warning: reported unhealthy")));
  care.on_self_test(fail("four"), now);
  EXPECT_THAT(run_after(care, 1h), IsEmpty());
  EXPECT_THAT(told(care), IsEmpty());
}

TEST_F(SelfCareTest, ReportsAgainAfterASuccess) {
  SelfCare care = make({false, false, false, true});
  for (int i = 0; i < 2; ++i) {
    care.on_self_test(fail("x"), now);
    care.on_self_test(fail("x"), now);
    EXPECT_THAT(run(care), ElementsAre("report"));
    told(care);
    care.on_self_test({}, now);
    EXPECT_TRUE(care.healthy());
    EXPECT_THAT(told(care), ElementsAre("accepted: the self-test passes again"));
  }
}

TEST_F(SelfCareTest, TakesBackAReportThatNobodyHeard) {
  report = tl::unexpected(aws::ServiceError{400, "ValidationError", "not in a group"});
  SelfCare care = make({false, false, false, true});
  care.on_self_test(fail("x"), now);
  care.on_self_test(fail("x"), now);
  EXPECT_THAT(run(care), ElementsAre("report"));
  EXPECT_THAT(run_after(care, 1min), ElementsAre("report"));
  EXPECT_THAT(told(care), ElementsAre(HasSubstr("the self-test failed"),
                                      HasSubstr("ValidationError: not in a group")));
  care.on_self_test({}, now);
  EXPECT_THAT(run_after(care, 1h), IsEmpty());
}

}  // namespace
}  // namespace dn::daemon
