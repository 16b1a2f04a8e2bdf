#include "store/log_catalog.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "store/log_line.h"
#include "store/testing/temporary_catalog.h"

namespace dn::store {
namespace {

using namespace std::chrono_literals;
using testing::KeptEvent;
using testing::small_segments;
using testing::TemporaryCatalog;

constexpr std::int64_t kStart = testing::kCatalogStart.time_since_epoch().count();

std::vector<std::string> messages(const std::vector<KeptEvent>& events) {
  std::vector<std::string> texts;
  for (const KeptEvent& event : events) texts.push_back(event.message);
  return texts;
}

TEST(LogCatalog, GivesBackWhatWasPut) {
  TemporaryCatalog catalog;
  catalog.add("g", "s", 5, "second");
  catalog.add("g", "s", 3, "first");
  const auto events = catalog.events("g");
  EXPECT_EQ(messages(events), (std::vector<std::string>{"first", "second"}));
  EXPECT_EQ(events[0].key.timestamp, kStart + 3);
  EXPECT_EQ(events[0].ingestion_time, kStart);
}

TEST(LogCatalog, KeepsKeysAndEventsWhenASegmentIsCompressed) {
  TemporaryCatalog catalog(small_segments());
  for (int i = 0; i < 40; ++i) {
    catalog.add(
        "g", "s", i,
        "{\"n\":\"" + std::to_string(i) + "\",\"even\":\"" + (i % 2 == 0 ? "yes" : "no") + "\"}");
  }
  const auto blocks = catalog->blocks("g", {}, {}, {});
  ASSERT_TRUE(blocks);
  const auto before = catalog.events("g");
  ASSERT_EQ(before.size(), 40U);
  catalog->tidy();
  EXPECT_GT(testing::names_in(catalog.path() / "groups" / "g" / "s").size(), 5U);
  EXPECT_EQ(catalog.events("g"), before);
  EXPECT_EQ(testing::load_all(*catalog, *blocks), before) << "blocks of the raw segments";
  const auto some = catalog->blocks("g", {}, {}, {{"7"}});
  ASSERT_TRUE(some);
  EXPECT_LT(some->size(), blocks->size() / 2);
  const auto found = messages(catalog.events("g", {}, {kStart + 7, kStart + 7}, {{"7"}}));
  EXPECT_EQ(std::ranges::count(found, "{\"n\":\"7\",\"even\":\"no\"}"), 1);
  EXPECT_LT(found.size(), 10U);
}

}  // namespace
}  // namespace dn::store
