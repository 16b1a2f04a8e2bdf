// Every event once: imported again, overlapping, in several streams, equal events.
#include "cli/import_writer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "store/testing/temporary_catalog.h"

namespace dn::cli {
namespace {

using store::testing::TemporaryCatalog;
using Strings = std::vector<std::string>;

constexpr std::string_view kGroup = "DiscrimiNAT";

ImportedEvent event(std::int64_t timestamp, std::string message, std::string stream = "",
                    std::string id = "") {
  return {timestamp, std::move(message), std::move(stream), std::move(id)};
}

struct ImportWriterTest : testing::Test {
  // The counts of one import.
  std::map<std::string, ImportCounts> import(const std::vector<ImportedEvent>& events,
                                             const std::string& stream = "") {
    ImportWriter writer(*catalog, std::string(kGroup), stream, [] { return 7; });
    for (const ImportedEvent& one : events) EXPECT_TRUE(writer.add(one));
    EXPECT_TRUE(writer.flush());
    return writer.counts();
  }
  Strings stored(const std::string& stream = "flow") const {
    Strings messages;
    for (const auto& kept : catalog.events(kGroup, {stream})) messages.push_back(kept.message);
    return messages;
  }
  TemporaryCatalog catalog;
};

TEST_F(ImportWriterTest, StoresByTimeAndStream) {
  const auto counts = import({event(3, "c"), event(1, "a"), event(2, "b", "config"),
                              event(5, "e", "other/stream"), event(1, "a2", "flow")});
  EXPECT_EQ(stored(), (Strings{"a", "a2", "c"}));
  EXPECT_EQ(stored("config"), Strings{"b"});
  EXPECT_EQ(stored("other/stream"), Strings{"e"});
  EXPECT_EQ(counts.at("flow").stored, 3U);
  EXPECT_EQ(counts.at("flow").first, 1);
  EXPECT_EQ(counts.at("flow").last, 3);
  EXPECT_EQ(import({event(9, "x", "config")}, "mine").at("mine").stored, 1U);
  EXPECT_EQ(stored("mine"), Strings{"x"});
}

TEST_F(ImportWriterTest, StoresNothingTwice) {
  const std::vector<ImportedEvent> events = {event(1, "a"), event(1, "b"), event(2, "a")};
  EXPECT_EQ(import(events).at("flow").stored, 3U);
  const auto again = import(events);
  EXPECT_EQ(again.at("flow").stored, 0U);
  EXPECT_EQ(again.at("flow").present, 3U);
  // Another time, text or stream is another event.
  const auto more = import({event(1, "a"), event(3, "a"), event(1, "c"), event(1, "a", "config")});
  EXPECT_EQ(more.at("flow").stored, 2U);
  EXPECT_EQ(more.at("config").stored, 1U);
  EXPECT_EQ(stored(), (Strings{"a", "b", "c", "a", "a"}));
}

TEST_F(ImportWriterTest, KeepsEqualEventsAndTellsThemFromRepetitions) {
  const std::vector<ImportedEvent> twins = {event(1, "a"), event(1, "a"), event(1, "b")};
  EXPECT_EQ(import(twins).at("flow").stored, 3U);
  EXPECT_EQ(import(twins).at("flow").present, 3U);
  // A third one is new, and only that.
  EXPECT_EQ(import({event(1, "a"), event(1, "a"), event(1, "a")}).at("flow").stored, 1U);
  EXPECT_EQ(stored(), (Strings{"a", "a", "b", "a"}));
  // Pages that overlap repeat the id.
  const auto pages =
      import({event(5, "x", "", "7"), event(5, "x", "", "8"), event(5, "x", "", "7")});
  EXPECT_EQ(pages.at("flow").stored, 2U);
  EXPECT_EQ(pages.at("flow").present, 1U);
}

TEST_F(ImportWriterTest, CutsItsBatchesWhereTheTimeChanges) {
  // Twins on the border of a batch, and further ones behind it.
  std::vector<ImportedEvent> events;
  for (std::size_t i = 0; i < ImportWriter::kBatchEvents + 10; ++i) {
    events.push_back(event(i + 5 < ImportWriter::kBatchEvents ? 1 : 2,
                           "m" + std::to_string(i % 1000 + i / 50'000 * 7)));
  }
  events.push_back(event(3, "m1"));
  const auto counts = import(events);
  EXPECT_EQ(counts.at("flow").stored, events.size());
  EXPECT_EQ(import(events).at("flow").stored, 0U);
}

TEST_F(ImportWriterTest, TellsWhatTheStoreRefuses) {
  catalog.reopen({}, true);  // the gateway writes its own streams itself
  ImportWriter writer(*catalog, std::string(kGroup), "", [] { return 7; });
  EXPECT_TRUE(writer.add(event(1, "a")));
  const auto flushed = writer.flush();
  ASSERT_FALSE(flushed);
  EXPECT_FALSE(flushed.error().message.empty());
  EXPECT_TRUE(writer.counts().empty());
}

// However the same events are cut into overlapping imports, in whatever order: each is there once.
TEST_F(ImportWriterTest, EndsWithTheSameStoreHoweverItIsCut) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    std::mt19937 random(seed);
    const std::string stream = "s" + std::to_string(seed);
    std::vector<ImportedEvent> all;
    for (int i = 0; i < 300; ++i) {
      all.push_back(event(static_cast<std::int64_t>(random() % 40),
                          "m" + std::to_string(random() % 5), "", std::to_string(i)));
    }
    std::ranges::sort(all, {}, &ImportedEvent::timestamp);
    // Windows of time that overlap and together cover everything, each whole.
    for (std::int64_t from = 0; from < 40; from += 5) {
      std::vector<ImportedEvent> window;
      const auto until = from + 5 + static_cast<std::int64_t>(random() % 10);
      for (const ImportedEvent& one : all) {
        if (one.timestamp >= from && one.timestamp < until) window.push_back(one);
      }
      std::ranges::shuffle(window, random);
      import(window, stream);
    }
    Strings want;
    for (const ImportedEvent& one : all) want.push_back(one.message);
    Strings have = stored(stream);
    std::ranges::sort(want);
    std::ranges::sort(have);
    EXPECT_EQ(have, want) << seed;
  }
}

}  // namespace
}  // namespace dn::cli
