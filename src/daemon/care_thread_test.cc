#include "daemon/care_thread.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <vector>

#include "base/testing/eventually.h"
#include "net/guarded.h"

namespace dn::daemon {
namespace {

using namespace std::chrono_literals;

SelfCareQuestions quiet() {
  SelfCareQuestions made;
  made.public_address = [] { return std::optional(*parse_ipv4("198.51.100.1")); };
  made.spot_action = [] { return std::optional<aws::SpotAction>(); };
  made.target_lifecycle_state = [] { return std::string("InService"); };
  made.disable_source_dest_check = [] { return aws::ServiceResult<void>(); };
  made.tagged_addresses = [] { return std::vector<aws::ElasticAddress>(); };
  made.associate = [](const std::string&) { return aws::ServiceResult<std::string>(""); };
  made.report_unhealthy = [] { return aws::ServiceResult<void>(); };
  return made;
}

struct Told {
  net::Guarded<std::vector<std::string>> lines;
  CareParts parts(SelfCareQuestions questions) {
    CareParts made;
    made.questions = std::move(questions);
    made.connections_being_judged = [] { return std::size_t{1}; };
    made.tell = [this](const SelfLine& line) {
      lines.with([&](auto& all) { all.push_back(line.outcome + ": " + line.reason); });
    };
    made.on_exit = [] {};
    return made;
  }
  bool has(const std::string& part) {
    return lines.with([&](const auto& all) {
      return std::ranges::any_of(
          all, [&](const auto& line) { return line.find(part) != std::string::npos; });
    });
  }
};

TEST(CareThread, CaresTellsAndStops) {
  Told told;
  CareThread care(told.parts(quiet()));
  EXPECT_TRUE(eventually([&] { return told.has("source/destination check"); }));
  EXPECT_TRUE(care.healthy());
  EXPECT_FALSE(care.may_exit());
}

TEST(CareThread, IsUnhealthyFromANoticeOnAndWaitsForConnections) {
  Told told;
  SelfCareQuestions questions = quiet();
  questions.spot_action = [] { return std::optional(aws::SpotAction{"terminate", {}}); };
  CareThread care(told.parts(std::move(questions)));
  EXPECT_TRUE(eventually([&] { return !care.healthy(); }));
  EXPECT_TRUE(eventually([&] { return told.has("warning: "); }));
  EXPECT_FALSE(care.may_exit()) << "a connection is being judged";
}

}  // namespace
}  // namespace dn::daemon
