#include "daemon/cloud_source.h"

#include <gtest/gtest.h>

#include <atomic>

#include "base/testing/eventually.h"
#include "daemon/testing/fake_cloud.h"

namespace dn::daemon {
namespace {

using namespace std::chrono_literals;
using testing::FakeCloud;

TEST(CloudSource, HandsOverPolicyAndWhoIsAbsent) {
  FakeCloud cloud;
  cloud.add_client("eni-1", "10.0.0.1", {"sg-1"});
  cloud.set_group("sg-1", "discriminat:tls:api.example.com");
  std::atomic<int> woken = 0;
  CloudReaderSettings settings;
  settings.inventory = {"i-gateway", "vpc-1"};
  CloudSource source(settings, cloud.questions(), [] { return 0U; }, [&] { ++woken; });
  CloudNews news;
  ASSERT_TRUE(eventually([&] {
    auto fresh = source.take();
    if (fresh.input) news = std::move(fresh);
    return news.input.has_value();
  }));
  EXPECT_GE(woken, 1);
  EXPECT_EQ(news.input->clients.size(), 1U);
  EXPECT_EQ(source.stats().interfaces, 1U);
  EXPECT_EQ(source.stats().inputs, 1U);
  EXPECT_TRUE(source.problems().empty());
  source.ask(*parse_ipv4("10.9.9.9"));
  EXPECT_TRUE(eventually([&] { return source.take().absent.size() == 1; }));
}

TEST(CloudSource, AnswersAtOnceWhatItCannotKeep) {
  FakeCloud cloud;
  for (int i = 0; i < 100; ++i) cloud.fault(403, "UnauthorizedOperation");
  CloudSource source({}, cloud.questions(), [] { return 0U; }, [] {});
  for (std::uint32_t i = 0; i < 20 * CloudSource::kQuestionsMax; ++i) source.ask({i});
  EXPECT_TRUE(eventually([&] { return !source.take().absent.empty(); }));
  EXPECT_TRUE(eventually([&] { return !source.problems().empty(); }));
}

TEST(CloudSource, KeepsNoMoreAnswersThanItsLimitAndWakesForThem) {
  std::atomic<bool> held = true;
  std::atomic<int> under_way = 0, woken = 0;
  FakeCloud cloud;
  CloudQuestions questions = cloud.questions();
  questions.preferences = [&](const std::string&) -> aws::ServiceResult<std::string> {
    ++under_way;
    held.wait(true);
    return "{}";
  };
  CloudSource source({}, questions, [] { return 0U; }, [&] { ++woken; });
  EXPECT_TRUE(eventually([&] { return under_way > 0; }));
  const int before = woken;
  for (std::uint32_t i = 0; i < 20 * CloudSource::kQuestionsMax; ++i) source.ask({i});
  EXPECT_EQ(woken, before + 1);
  EXPECT_EQ(source.take().absent.size(), CloudSource::kAbsentMax);
  held = false;
  held.notify_all();
}

}  // namespace
}  // namespace dn::daemon
