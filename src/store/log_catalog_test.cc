#include "store/log_catalog.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "records/json_text.h"
#include "store/catalog_names.h"
#include "store/log_line.h"
#include "store/log_store.h"
#include "store/testing/temporary_catalog.h"

namespace dn::store {
namespace {

using namespace std::chrono_literals;
using testing::KeptEvent;
using testing::names_in;
using testing::read_all;
using testing::read_file;
using testing::small_segments;
using testing::TemporaryCatalog;
using testing::write_file;

constexpr std::int64_t kStart = testing::kCatalogStart.time_since_epoch().count();
constexpr std::int64_t kDay = 86'400'000;

std::vector<std::string> messages(const std::vector<KeptEvent>& events) {
  std::vector<std::string> texts;
  for (const KeptEvent& event : events) texts.push_back(event.message);
  return texts;
}

template <class Infos>
std::vector<std::string> names(const Infos& infos) {
  std::vector<std::string> texts;
  for (const auto& info : infos) texts.push_back(info.name);
  return texts;
}

template <class T>
std::optional<CatalogFailure> failure(const CatalogResult<T>& result) {
  if (result) return {};
  EXPECT_FALSE(result.error().message.empty());
  return result.error().kind;
}

CatalogResult<void> put_one(const TemporaryCatalog& catalog, std::string_view group,
                            std::string_view stream, std::int64_t timestamp,
                            std::string_view message) {
  const NewEvent event{timestamp, message};
  return catalog->put(group, stream, {&event, 1}, kStart);
}

std::string plain_message(std::int64_t timestamp, std::string_view rest) {
  return "{\"time\":\"" + records::format_time(WallTime(std::chrono::milliseconds(timestamp))) +
         "\"," + std::string(rest) + "}";
}

// -- groups and streams ---------------------------------------------------------------------------

TEST(LogCatalog, IsEmptyAtFirst) {
  const TemporaryCatalog catalog;
  EXPECT_TRUE(catalog->groups().empty());
  EXPECT_EQ(failure(catalog->streams("g")), CatalogFailure::NoSuchGroup);
  EXPECT_EQ(failure(catalog->blocks("g", {}, {}, {})), CatalogFailure::NoSuchGroup);
}

TEST(LogCatalog, KeepsGroupsAndStreamsByName) {
  TemporaryCatalog catalog;
  for (const std::string_view group : {"b", "a", "/aws/lambda/f"}) {
    EXPECT_TRUE(catalog->create_group(group));
    EXPECT_EQ(failure(catalog->create_group(group)), CatalogFailure::Exists);
  }
  catalog.clock.advance(5s);
  EXPECT_TRUE(catalog->create_stream("a", "two"));
  EXPECT_TRUE(catalog->create_stream("a", "one"));
  EXPECT_EQ(failure(catalog->create_stream("a", "one")), CatalogFailure::Exists);
  EXPECT_EQ(failure(catalog->create_stream("c", "one")), CatalogFailure::NoSuchGroup);
  EXPECT_TRUE(catalog->set_retention("a", 7));
  EXPECT_EQ(failure(catalog->set_retention("c", 7)), CatalogFailure::NoSuchGroup);
  EXPECT_EQ(failure(catalog->set_retention("a", 0)), CatalogFailure::Refused);
  for (int restarted = 0; restarted < 2; ++restarted, catalog.reopen()) {
    const auto groups = catalog->groups();
    EXPECT_EQ(names(groups), (std::vector<std::string>{"/aws/lambda/f", "a", "b"}));
    EXPECT_EQ(groups[1].created, kStart);
    EXPECT_EQ(groups[1].retention_days, 7);
    EXPECT_EQ(groups[2].retention_days, std::nullopt);
    const auto streams = catalog->streams("a");
    ASSERT_TRUE(streams);
    EXPECT_EQ(names(*streams), (std::vector<std::string>{"one", "two"}));
    EXPECT_EQ((*streams)[0].created, kStart + 5000);
    EXPECT_FALSE((*streams)[0].first_timestamp);
  }
  EXPECT_TRUE(catalog->set_retention("a", {}));
  EXPECT_EQ(catalog->groups()[1].retention_days, std::nullopt);
}

TEST(LogCatalog, SaysWhatAStreamHolds) {
  TemporaryCatalog catalog(small_segments());
  for (int i = 0; i < 20; ++i) catalog.add("g", "s", 100 - i, "message");
  catalog.clock.advance(1s);
  catalog.add("g", "s", 50, "last");
  for (int compressed = 0; compressed < 2; ++compressed, catalog->tidy()) {
    const auto streams = catalog->streams("g");
    ASSERT_TRUE(streams);
    EXPECT_EQ((*streams)[0].first_timestamp, kStart + 50);
    EXPECT_EQ((*streams)[0].last_timestamp, kStart + 100);
    EXPECT_EQ((*streams)[0].last_ingestion, kStart + 1000);
    std::string line;
    append_line(line, kStart, kStart, "message");
    EXPECT_EQ(catalog->groups()[0].stored_bytes, 21 * line.size() - 3) << "uncompressed";
  }
}

// No name leads out of the directory, and all come back.
TEST(LogCatalog, KeepsHostileNamesInTheirPlace) {
  std::vector<std::string> hostile = {"..",
                                      ".",
                                      "../../x",
                                      "/etc/passwd",
                                      ".group.json",
                                      "%2E%2E",
                                      ".deleted-1",
                                      "a/b",
                                      std::string("a\0b", 3),
                                      "\xff\xfe",
                                      "\n",
                                      "\"",
                                      "flow",
                                      std::string(512, '/'),
                                      std::string(kNameBytesMax, '\xff')};
  std::ranges::sort(hostile);
  TemporaryCatalog catalog;
  for (const std::string& group : hostile) {
    ASSERT_TRUE(catalog->create_group(group)) << group;
    ASSERT_TRUE(catalog->create_stream(group, group)) << group;
    ASSERT_TRUE(put_one(catalog, group, group, kStart, group));
  }
  EXPECT_EQ(names_in(catalog.path()), std::vector<std::string>{"groups"});
  for (const auto& entry : std::filesystem::recursive_directory_iterator(catalog.path())) {
    EXPECT_FALSE(entry.is_symlink());
  }
  catalog.reopen();
  EXPECT_EQ(names(catalog->groups()), hostile);
  for (const std::string& group : hostile) {
    EXPECT_EQ(names(*catalog->streams(group)), std::vector{group});
    EXPECT_EQ(messages(catalog.events(group)), std::vector{group});
    EXPECT_TRUE(catalog->delete_group(group));
  }
  EXPECT_TRUE(catalog->groups().empty());
  EXPECT_TRUE(names_in(catalog.path() / "groups").empty());
}

TEST(LogCatalog, RefusesEmptyAndEndlessNames) {
  TemporaryCatalog catalog;
  const std::string endless(kNameBytesMax + 1, 'x');
  EXPECT_EQ(failure(catalog->create_group("")), CatalogFailure::Refused);
  EXPECT_EQ(failure(catalog->create_group(endless)), CatalogFailure::Refused);
  ASSERT_TRUE(catalog->create_group("g"));
  EXPECT_EQ(failure(catalog->create_stream("g", "")), CatalogFailure::Refused);
  EXPECT_EQ(failure(catalog->create_stream("g", endless)), CatalogFailure::Refused);
  EXPECT_EQ(failure(catalog->streams("")), CatalogFailure::NoSuchGroup);
  EXPECT_EQ(failure(put_one(catalog, "g", "", kStart, "x")), CatalogFailure::NoSuchStream);
  EXPECT_EQ(failure(put_one(catalog, "g", "..", kStart, "x")), CatalogFailure::NoSuchStream);
}

TEST(LogCatalog, HasACapOnGroupsAndOnStreams) {
  TemporaryCatalog catalog;
  CatalogSettings few = catalog.settings();
  few.groups_max = 2;
  few.streams_max = 3;
  catalog.reopen(few);
  EXPECT_TRUE(catalog->create_group("a"));
  EXPECT_TRUE(catalog->create_group("b"));
  EXPECT_EQ(failure(catalog->create_group("c")), CatalogFailure::Refused);
  EXPECT_TRUE(catalog->create_stream("a", "1"));
  EXPECT_TRUE(catalog->create_stream("a", "2"));
  EXPECT_TRUE(catalog->create_stream("b", "1"));
  EXPECT_EQ(failure(catalog->create_stream("b", "2")), CatalogFailure::Refused);
  EXPECT_TRUE(catalog->delete_stream("a", "1"));
  EXPECT_TRUE(catalog->create_stream("b", "2"));
}

TEST(LogCatalog, DeletesAStreamWithAllThatIsInIt) {
  TemporaryCatalog catalog(small_segments());
  for (int i = 0; i < 30; ++i) catalog.add("g", "s", i, "some message or other");
  catalog->tidy();
  catalog.add("g", "other", 0, "stays");
  const auto blocks = catalog->blocks("g", {}, {}, {});
  EXPECT_EQ(failure(catalog->delete_stream("g", "nobody")), CatalogFailure::NoSuchStream);
  EXPECT_TRUE(catalog->delete_stream("g", "s"));
  EXPECT_EQ(failure(catalog->delete_stream("g", "s")), CatalogFailure::NoSuchStream);
  EXPECT_EQ(names_in(catalog.path() / "groups" / "g"),
            (std::vector<std::string>{".group.json", "other"}));
  EXPECT_EQ(messages(catalog.events("g")), std::vector<std::string>{"stays"});
  EXPECT_EQ(failure(put_one(catalog, "g", "s", kStart, "x")), CatalogFailure::NoSuchStream);
  LoadedBlock loaded;
  std::size_t gone = 0;
  for (const BlockInfo& block : *blocks) gone += catalog->load(block, loaded) ? 0U : 1U;
  EXPECT_EQ(gone, blocks->size() - 1);
  catalog.add("g", "s", 0, "again");
  EXPECT_EQ(catalog.events("g").size(), 2U);
}

TEST(LogCatalog, FollowsNoLinkWhenItDeletes) {
  TemporaryCatalog catalog;
  catalog.add("g", "s", 0, "x");
  const testing::TemporaryDirectory precious;
  write_file(precious.path() / "file", "mine");
  std::filesystem::create_directory_symlink(precious.path(), catalog.path() / "groups/g/s/link");
  std::filesystem::create_directory_symlink(precious.path(), catalog.path() / "groups/g/linked");
  std::filesystem::create_directory_symlink(precious.path(), catalog.path() / "groups/link");
  EXPECT_EQ(names(catalog->groups()), std::vector<std::string>{"g"});
  EXPECT_EQ(names(*catalog->streams("g")), std::vector<std::string>{"s"});
  EXPECT_EQ(failure(catalog->delete_group("link")), CatalogFailure::NoSuchGroup);
  EXPECT_TRUE(catalog->delete_group("g"));
  EXPECT_EQ(read_file(precious.path() / "file"), "mine");
  EXPECT_FALSE(std::filesystem::exists(catalog.path() / "groups/g"));
}

TEST(LogCatalog, FinishesADeletionThatACrashInterrupted) {
  TemporaryCatalog catalog;
  catalog.add("g", "s", 0, "x");
  std::filesystem::rename(catalog.path() / "groups/g/s", catalog.path() / "groups/g/.deleted-1-1");
  catalog.reopen();
  EXPECT_TRUE(catalog->streams("g")->empty());
  EXPECT_EQ(names_in(catalog.path() / "groups/g"), std::vector<std::string>{".group.json"});
}

TEST(LogCatalog, KnowsAGroupWhoseRecordACrashLeftOut) {
  TemporaryCatalog catalog;
  std::filesystem::create_directories(catalog.path() / "groups/%2Fa/s");
  write_file(catalog.path() / "groups/%2Fa/.group.json", "");
  EXPECT_EQ(names(catalog->groups()), std::vector<std::string>{"/a"});
  EXPECT_TRUE(put_one(catalog, "/a", "s", kStart, "x"));
  EXPECT_TRUE(catalog->set_retention("/a", 3));
  catalog.reopen();
  EXPECT_EQ(catalog->groups()[0].retention_days, 3);
  EXPECT_EQ(catalog.events("/a").size(), 1U);
}

// -- events ---------------------------------------------------------------------------------------

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
    catalog.add("g", "s", i, "{\"n\":\"" + std::to_string(i) + "\"}");
  }
  const auto blocks = catalog->blocks("g", {}, {}, {});
  ASSERT_TRUE(blocks);
  const auto before = catalog.events("g");
  ASSERT_EQ(before.size(), 40U);
  catalog->tidy();
  EXPECT_GT(names_in(catalog.path() / "groups/g/s").size(), 5U);
  EXPECT_EQ(catalog.events("g"), before);
  EXPECT_EQ(testing::load_all(*catalog, *blocks), before) << "blocks of the raw segments";
  catalog.reopen(small_segments());
  EXPECT_EQ(catalog.events("g"), before);
}

TEST(LogCatalog, StoresItsOwnFormOfLinesWithoutADecoding) {
  TemporaryCatalog catalog;
  const std::string plain = plain_message(kStart + 7, "\"dhost\":\"a\"");
  catalog.add("g", "plain", 7, plain);
  catalog.add("g", "other", 8, plain);
  EXPECT_TRUE(read_all(catalog.path() / "groups/g/plain").ends_with(plain + "\n"));
  const auto blocks = catalog->blocks("g", {}, {}, {});
  ASSERT_EQ(blocks->size(), 2U);
  EXPECT_TRUE((*blocks)[0].plain);
  EXPECT_FALSE((*blocks)[1].plain);
  LoadedBlock loaded;
  ASSERT_TRUE(catalog->load((*blocks)[0], loaded));
  EXPECT_EQ(loaded.lines(), plain + "\n");
  EXPECT_EQ(loaded.info().segment, 1U);
}

TEST(LogCatalog, GivesBackAnyBytesInAnyForm) {
  TemporaryCatalog catalog(small_segments());
  std::mt19937 random(17);
  std::vector<std::string> want;
  for (std::int64_t i = 0; i < 200; ++i) {
    std::string message(1 + random() % 60, '\0');
    for (char& c : message)
      c = static_cast<char>(random() % 3 == 0 ? random() : 'a' + random() % 26);
    if (i % 5 == 0) message = plain_message(kStart + i, "\"x\":\"" + std::to_string(i) + "\"");
    want.push_back(message);
    catalog.add("g", "s", i, message);
  }
  EXPECT_EQ(messages(catalog.events("g")), want);
  catalog->tidy();
  EXPECT_EQ(messages(catalog.events("g")), want);
}

TEST(LogCatalog, TakesMessagesUpToItsLimit) {
  TemporaryCatalog catalog;
  const std::string largest(kMessageBytesMax, '\xff');
  catalog.add("g", "s", 0, largest);
  const std::vector<NewEvent> events = {{kStart, "fine"}, {kStart, "too large"}};
  const std::string larger(kMessageBytesMax + 1, 'x');
  const std::vector<NewEvent> refused = {{kStart, "fine"}, {kStart, larger}};
  EXPECT_EQ(failure(catalog->put("g", "s", refused, kStart)), CatalogFailure::Refused);
  EXPECT_TRUE(catalog->put("g", "s", {}, kStart));
  EXPECT_EQ(messages(catalog.events("g")), std::vector{largest}) << "nothing of a refused call";
}

TEST(LogCatalog, PutsAllOrNothingWhereverTheDiskFillsUp) {
  const std::vector<NewEvent> events = {
      {kStart, "one"}, {kStart + 1, "two"}, {kStart + 2, "three"}};
  for (std::size_t room = 0; room < 300; room += 13) {
    TemporaryCatalog catalog;
    catalog.add("g", "s", 0, "zero");
    catalog.disk.fill_up(room);
    const auto put = catalog->put("g", "s", events, kStart);
    catalog.disk.recover();
    EXPECT_EQ(catalog.events("g").size(), put ? 4U : 1U) << room;
    if (!put) {
      EXPECT_EQ(put.error().kind, CatalogFailure::Disk);
      EXPECT_NE(put.error().message.find("No space left"), std::string::npos);
      EXPECT_TRUE(catalog->put("g", "s", events, kStart));
      EXPECT_EQ(catalog.events("g").size(), 4U) << room;
    }
  }
}

TEST(LogCatalog, NamesBlocksByTheirFirstTimeOverAllStreams) {
  TemporaryCatalog catalog(small_segments());
  std::mt19937 random(23);
  for (int i = 0; i < 200; ++i) {
    catalog.add("g", std::string(1, static_cast<char>('a' + random() % 3)),
                static_cast<std::int64_t>(random() % 1000), "m");
  }
  catalog->tidy();
  const auto blocks = catalog->blocks("g", {}, {}, {});
  EXPECT_TRUE(std::ranges::is_sorted(*blocks, {}, &BlockInfo::first));
  const auto some = catalog.events("g", {"a", "c", "a"});
  const auto one = catalog.events("g", {"b"});
  EXPECT_EQ(some.size() + one.size(), 200U);
  const std::vector<std::string> unknown = {"a", "nobody"};
  EXPECT_EQ(failure(catalog->blocks("g", unknown, {}, {})), CatalogFailure::NoSuchStream);
}

// The blocks that pruning leaves hold every event that matches.
TEST(LogCatalog, NeverPrunesAnEventThatMatches) {
  TemporaryCatalog catalog(small_segments());
  std::mt19937 random(29);
  const auto value = [&] { return "v" + std::to_string(random() % 40); };
  for (int i = 0; i < 300; ++i) {
    const auto at = static_cast<std::int64_t>(random() % 5000);
    const std::string body = "\"a\":\"" + value() + "\",\"b\":{\"c\":[\"" + value() + "\"]}";
    catalog.add("g", i % 2 == 0 ? "x" : "y", at,
                i % 3 == 0 ? plain_message(kStart + at, body) : "{" + body + "}");
    if (i % 100 == 50) catalog->tidy();
  }
  const auto all = catalog.events("g");
  ASSERT_EQ(all.size(), 300U);
  std::size_t pruned = 0;
  for (int i = 0; i < 300; ++i) {
    const std::int64_t from = kStart + static_cast<std::int64_t>(random() % 5000);
    const TimeRange range{from, from + static_cast<std::int64_t>(random() % 2000)};
    const records::RequiredValues required = {{value()}, {value(), value()}};
    const auto matches = [&](const KeptEvent& event) {
      const auto has = [&](const std::string& text) {
        return event.message.contains("\"" + text + "\"");
      };
      return event.key.timestamp >= range.from && event.key.timestamp <= range.to &&
             std::ranges::all_of(required,
                                 [&](const auto& c) { return std::ranges::any_of(c, has); });
    };
    std::vector<KeptEvent> want, have;
    std::ranges::copy_if(all, std::back_inserter(want), matches);
    const auto found = catalog.events("g", {}, range, required);
    std::ranges::copy_if(found, std::back_inserter(have), matches);
    EXPECT_EQ(have, want);
    pruned += all.size() - found.size();
  }
  EXPECT_GT(pruned, 300U * 200U);
}

TEST(LogCatalog, WritesToManyStreamsWithFewFilesOpen) {
  TemporaryCatalog catalog;
  CatalogSettings few = catalog.settings();
  few.open_streams_max = 4;
  catalog.reopen(few);
  const std::size_t before = names_in("/proc/self/fd").size();
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 30; ++i) catalog.add("g", "s" + std::to_string(i), round, "x");
  }
  EXPECT_LE(names_in("/proc/self/fd").size(), before + 2 * 4);
  EXPECT_EQ(catalog.events("g").size(), 90U);
}

// -- upkeep ---------------------------------------------------------------------------------------

TEST(LogCatalog, DeletesWhatIsOlderThanTheGroupsRetention) {
  TemporaryCatalog catalog(small_segments());
  for (std::int64_t day = -20; day < 0; ++day) {
    for (int i = 0; i < 5; ++i) catalog.add("g", "s", day * kDay, std::string(80, 'x'));
  }
  for (int i = 0; i < 5; ++i) catalog.add("kept", "s", -900 * kDay, std::string(80, 'x'));
  catalog->tidy();
  EXPECT_EQ(catalog.events("g").size(), 100U);
  ASSERT_TRUE(catalog->set_retention("g", 7));
  catalog.clock.trusted = false;
  catalog->tidy();
  EXPECT_EQ(catalog.events("g").size(), 100U) << "a wrong clock deletes nothing";
  catalog.clock.trusted = true;
  catalog->tidy();
  const auto events = catalog.events("g");
  EXPECT_LT(events.size(), 45U);
  EXPECT_GE(events.size(), 35U);
  EXPECT_EQ(
      std::ranges::count_if(
          events, [](const KeptEvent& event) { return event.key.timestamp >= kStart - 7 * kDay; }),
      35);
  EXPECT_EQ(catalog.events("kept").size(), 5U);
}

TEST(LogCatalog, KeepsEventsThatCameLateInAnOldSegment) {
  TemporaryCatalog catalog(small_segments());
  catalog.add("g", "s", -20 * kDay, std::string(100, 'x'));
  catalog.add("g", "s", -1 * kDay, "came late");
  for (int i = 0; i < 10; ++i) catalog.add("g", "s", 0, std::string(100, 'x'));
  ASSERT_TRUE(catalog->set_retention("g", 7));
  catalog->tidy();
  EXPECT_EQ(catalog.events("g").size(), 12U);
  catalog.clock.advance(std::chrono::days(6));
  catalog->tidy();
  EXPECT_EQ(catalog.events("g").size(), 12U) << "the late one is just within it";
  catalog.clock.advance(1ms);
  catalog->tidy();
  EXPECT_LT(catalog.events("g").size(), 12U);
  catalog.clock.advance(std::chrono::days(700));
  catalog->tidy();
  EXPECT_GE(catalog.events("g").size(), 1U) << "the newest segment stays";
}

TEST(LogCatalog, CompressesStreamsThatNobodyWritesToAnyMore) {
  SegmentLimits limits;
  limits.compress_after = 0s;
  TemporaryCatalog catalog(limits);
  catalog.add("g", "s", 0, "message");
  catalog.reopen(limits);
  catalog->tidy();
  EXPECT_EQ(names_in(catalog.path() / "groups/g/s").back(), "20261122T031500.000Z-000001.jsonl");
  catalog.clock.advance(1h);
  catalog->tidy();
  EXPECT_EQ(names_in(catalog.path() / "groups/g/s").back(),
            "20261122T031500.000Z-000001.jsonl.zst");
  EXPECT_EQ(catalog.events("g").size(), 1U);
}

TEST(LogCatalog, CompressesMoreStreamsThanMayBeOpen) {
  TemporaryCatalog catalog(small_segments());
  const std::vector<std::string> streams = {"a", "b", "c", "d", "e"};
  for (const std::string& stream : streams) catalog.add("g", stream, 0, "message");
  CatalogSettings settings = catalog.settings();  // with its ten minutes before a compression
  settings.open_streams_max = 2;
  catalog.reopen(settings);
  catalog.clock.advance(settings.segments.segment_age);
  catalog->tidy();
  for (const std::string& stream : streams) {
    EXPECT_EQ(names_in(catalog.path() / "groups/g" / stream).back(),
              "20261122T031500.000Z-000001.jsonl.zst")
        << stream;
    EXPECT_TRUE(SegmentedLog(catalog.path() / "groups/g" / stream, {}, real_file_calls()).open())
        << "nobody has to hold the stream of " << stream;
  }
}

TEST(LogCatalog, SaysWhichBlockCouldNotBeRead) {
  TemporaryCatalog catalog(small_segments());
  for (int i = 0; i < 20; ++i) catalog.add("g", "s", i, std::string(50, 'x'));
  const auto blocks = catalog->blocks("g", {}, {}, {});
  ASSERT_TRUE(blocks);
  const auto victim = catalog.path() / "groups/g/s" / names_in(catalog.path() / "groups/g/s")[1];
  std::filesystem::remove(victim);
  std::filesystem::create_directory(victim);
  LoadedBlock loaded;
  EXPECT_FALSE(catalog->load(blocks->front(), loaded));
  const auto problems = catalog->take_problems();
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_NE(problems[0].find(victim.string()), std::string::npos) << problems[0];
}

TEST(LogCatalog, ReportsADamagedSegmentAndGoesOn) {
  TemporaryCatalog catalog(small_segments());
  for (int i = 0; i < 20; ++i) catalog.add("g", "s", i, std::string(50, 'x'));
  catalog->tidy();
  const auto victim = catalog.path() / "groups/g/s" / names_in(catalog.path() / "groups/g/s")[1];
  write_file(victim, "damaged");
  catalog.reopen(small_segments());
  const auto events = catalog.events("g");
  EXPECT_LT(events.size(), 20U);
  EXPECT_GT(events.size(), 10U);
  catalog.events("g");
  const auto problems = catalog->take_problems();
  ASSERT_EQ(problems.size(), 1U) << "each once";
  EXPECT_NE(problems[0].find(victim.string()), std::string::npos) << problems[0];
  EXPECT_TRUE(put_one(catalog, "g", "s", kStart, "goes on"));
  EXPECT_EQ(read_file(victim), "damaged");
}

// -- the gateway's own streams, and other processes -----------------------------------------------

TEST(LogCatalog, ReadsWhatTheGatewayWritesAndWritesNothingThere) {
  TemporaryCatalog catalog;
  LogStoreSettings settings;
  settings.directory = catalog.path();
  settings.clock = [&catalog] { return catalog.clock.now(); };
  const auto gateway = LogStore::open_without_thread_for_test(settings);
  ASSERT_TRUE(gateway);
  catalog.reopen({}, true);
  EXPECT_EQ(names(catalog->groups()), std::vector<std::string>{"DiscrimiNAT"});
  EXPECT_EQ(names(*catalog->streams(kOwnGroup)), (std::vector<std::string>{"config", "flow"}));
  const std::string line = plain_message(kStart, "\"dhost\":\"a\"");
  (*gateway)->post(Stream::Flow, line + "\n");
  (*gateway)->turn_for_test();
  EXPECT_EQ(messages(catalog.events(kOwnGroup, {"flow"})), std::vector{line});
  EXPECT_TRUE(catalog.events(kOwnGroup, {"config"}).empty());
  EXPECT_EQ(catalog->groups()[0].created, kStart);
  for (const std::string_view own : {"flow", "config"}) {
    EXPECT_EQ(failure(put_one(catalog, kOwnGroup, own, kStart, "x")), CatalogFailure::NotOurs);
    EXPECT_EQ(failure(catalog->delete_stream(kOwnGroup, own)), CatalogFailure::NotOurs);
  }
  EXPECT_EQ(failure(catalog->delete_group(kOwnGroup)), CatalogFailure::NotOurs);
  EXPECT_EQ(failure(catalog->set_retention(kOwnGroup, 1)), CatalogFailure::NotOurs);
  EXPECT_EQ(failure(catalog->create_stream(kOwnGroup, "flow")), CatalogFailure::Exists);
  EXPECT_EQ(failure(catalog->create_group(kOwnGroup)), CatalogFailure::Exists);
  catalog->tidy();
  EXPECT_TRUE(catalog->create_stream(kOwnGroup, "notes"));
  EXPECT_TRUE(put_one(catalog, kOwnGroup, "notes", kStart, "beside them"));
  EXPECT_EQ(catalog.events(kOwnGroup).size(), 2U);
  EXPECT_TRUE(catalog->delete_stream(kOwnGroup, "notes"));
}

TEST(LogCatalog, ReadsTheGatewaysThirdStreamWhereThereIsOne) {
  TemporaryCatalog catalog;
  LogStoreSettings settings;
  settings.directory = catalog.path();
  settings.clock = [&catalog] { return catalog.clock.now(); };
  auto gateway = LogStore::open_without_thread_for_test(settings);
  ASSERT_TRUE(gateway);
  catalog.reopen({}, true);
  EXPECT_EQ(failure(catalog->create_stream(kOwnGroup, "metrics")), CatalogFailure::NotOurs)
      << "the name is the gateway's, whether or not it writes there";
  EXPECT_EQ(names(*catalog->streams(kOwnGroup)), (std::vector<std::string>{"config", "flow"}));
  gateway->reset();
  settings.metrics = true;
  gateway = LogStore::open_without_thread_for_test(settings);
  ASSERT_TRUE(gateway);
  EXPECT_EQ(names(*catalog->streams(kOwnGroup)),
            (std::vector<std::string>{"config", "flow", "metrics"}));
  const std::string line = plain_message(kStart, "\"ConnectionsAllowed\":1");
  (*gateway)->post(Stream::Metrics, line + "\n");
  (*gateway)->turn_for_test();
  EXPECT_EQ(messages(catalog.events(kOwnGroup, {"metrics"})), std::vector{line});
  EXPECT_TRUE(catalog.events(kOwnGroup, {"flow"}).empty());
  EXPECT_EQ(failure(put_one(catalog, kOwnGroup, "metrics", kStart, "x")), CatalogFailure::NotOurs);
  EXPECT_EQ(failure(catalog->delete_stream(kOwnGroup, "metrics")), CatalogFailure::NotOurs);
}

TEST(LogCatalog, WritesTheOwnStreamsWhileNoGatewayDoes) {
  TemporaryCatalog catalog;
  ASSERT_TRUE(catalog->create_group(kOwnGroup));
  ASSERT_TRUE(catalog->create_stream(kOwnGroup, "flow"));
  const std::string line = plain_message(kStart, "\"dhost\":\"a\"");
  EXPECT_TRUE(put_one(catalog, kOwnGroup, "flow", kStart, line));
  EXPECT_TRUE(std::filesystem::exists(catalog.path() / "flow"));
  EXPECT_EQ(messages(catalog.events(kOwnGroup)), std::vector{line});
  catalog.reopen();
  SegmentedLog gateway(catalog.path() / "flow", {}, real_file_calls());
  ASSERT_TRUE(gateway.open());
  const auto refused = put_one(catalog, kOwnGroup, "flow", kStart, line);
  EXPECT_EQ(failure(refused), CatalogFailure::NotOurs);
  EXPECT_NE(refused.error().message.find("another process writes"), std::string::npos);
  EXPECT_EQ(failure(catalog->delete_stream(kOwnGroup, "flow")), CatalogFailure::NotOurs);
  catalog->tidy();
  EXPECT_EQ(catalog.events(kOwnGroup).size(), 1U);
}

TEST(LogCatalog, ReadsOwnStreamsThatAnOperatorPutOnAnotherDisk) {
  TemporaryCatalog catalog;
  const testing::TemporaryDirectory disk;
  std::filesystem::create_directory_symlink(disk.path(), catalog.path() / "flow");
  SegmentedLog gateway(catalog.path() / "flow", {}, real_file_calls());
  ASSERT_TRUE(gateway.open());
  gateway.append(plain_message(kStart, "\"a\":1") + "\n", catalog.clock.now());
  EXPECT_EQ(catalog.events(kOwnGroup, {"flow"}).size(), 1U);
}

TEST(LogCatalog, DeletesOfTheOwnStreamsOnlyWhatIsItsOwn) {
  TemporaryCatalog catalog;
  catalog.add(kOwnGroup, "flow", 0, "x");
  catalog.add(kOwnGroup, "config", 0, "x");
  write_file(catalog.path() / "flow/notes.txt", "mine");
  EXPECT_TRUE(catalog->delete_group(kOwnGroup));
  EXPECT_EQ(names_in(catalog.path() / "flow"), std::vector<std::string>{"notes.txt"});
  EXPECT_FALSE(std::filesystem::exists(catalog.path() / "config"));
}

TEST(LogCatalog, ReadsWhatAnotherProcessWritesAndDeletes) {
  TemporaryCatalog writer(small_segments());
  CatalogSettings reading = writer.settings();
  reading.writable = false;
  const auto reader = LogCatalog::open(reading);
  ASSERT_TRUE(reader);
  EXPECT_TRUE((*reader)->groups().empty());
  const NewEvent event{kStart, "x"};
  for (const auto& refused :
       {(*reader)->create_group("g"), (*reader)->create_stream("g", "s"),
        (*reader)->delete_group("g"), (*reader)->delete_stream("g", "s"),
        (*reader)->set_retention("g", 1), (*reader)->put("g", "s", {&event, 1}, kStart)}) {
    EXPECT_EQ(failure(refused), CatalogFailure::NotOurs);
  }
  for (int i = 0; i < 30; ++i) {
    writer.add("g", "s", i, "message " + std::to_string(i));
    if (i % 7 == 0) writer->tidy();
    const auto blocks = (*reader)->blocks("g", {}, {}, {});
    ASSERT_TRUE(blocks);
    EXPECT_EQ(testing::load_all(**reader, *blocks).size(), static_cast<std::size_t>(i + 1));
  }
  EXPECT_EQ((*reader)->groups()[0].stored_bytes, writer->groups()[0].stored_bytes);
  (*reader)->tidy();
  ASSERT_TRUE(writer->set_retention("g", 5));
  EXPECT_EQ((*reader)->groups()[0].retention_days, 5);
  ASSERT_TRUE(writer->delete_stream("g", "s"));
  EXPECT_TRUE((*reader)->streams("g")->empty());
  ASSERT_TRUE(writer->delete_group("g"));
  EXPECT_TRUE((*reader)->groups().empty());
  CatalogSettings nowhere = reading;
  nowhere.directory = writer.path() / "nowhere";
  EXPECT_FALSE(LogCatalog::open(nowhere));
}

}  // namespace
}  // namespace dn::store
