// The catalogue while it is written, rotated, compressed and cut by retention at the same time.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "store/log_store.h"
#include "store/testing/temporary_catalog.h"

namespace dn::store {
namespace {

using namespace std::chrono_literals;
using testing::TemporaryCatalog;

constexpr std::int64_t kStart = testing::kCatalogStart.time_since_epoch().count();
constexpr int kWriters = 2, kReaders = 3, kPuts = 250, kBatch = 3;

SegmentLimits tiny_segments() {
  SegmentLimits limits;
  limits.segment_bytes = 3000;
  limits.compress_after = 0s;
  return limits;
}

// "writer number" of all events that the blocks hold; fails on one that is there twice.
struct Seen {
  std::array<std::set<int>, kWriters> numbers;
  std::size_t gone = 0;  // blocks that retention was faster with
};
Seen look(const LogCatalog& catalog, bool may_be_gone) {
  Seen seen;
  const auto blocks = catalog.blocks("g", {}, {}, {});
  EXPECT_TRUE(blocks);
  LoadedBlock loaded;
  std::set<records::EventKey> keys;
  for (const BlockInfo& block : *blocks) {
    if (const auto done = catalog.load(block, loaded); !done) {
      EXPECT_TRUE(may_be_gone) << done.error().message;
      ++seen.gone;
      continue;
    }
    for (std::size_t at = 0; const auto event = loaded.next_event(at);) {
      EXPECT_TRUE(keys.insert(event->key).second) << event->message;
      const std::size_t blank = event->message.find(' ');
      const auto writer = static_cast<std::size_t>(std::stoi(std::string(event->message)));
      const int number = std::stoi(std::string(event->message.substr(blank + 1)));
      EXPECT_TRUE(seen.numbers.at(writer).insert(number).second) << event->message;
    }
  }
  return seen;
}

class LogCatalogThreads : public ::testing::Test {
 protected:
  explicit LogCatalogThreads(SegmentLimits limits = tiny_segments()) : catalog_(limits) {
    EXPECT_TRUE(catalog_->create_group("g"));
    for (int writer = 0; writer < kWriters; ++writer) {
      EXPECT_TRUE(catalog_->create_stream("g", std::to_string(writer)));
    }
  }

  void write(int writer) {
    for (int i = 0; i < kPuts; ++i) {
      std::vector<std::string> texts;
      std::vector<NewEvent> events;
      for (int k = 0; k < kBatch; ++k) {
        texts.push_back(std::to_string(writer) + " " + std::to_string(kBatch * i + k));
      }
      for (const std::string& text : texts) events.push_back({kStart + i % 7, text});
      ASSERT_TRUE(catalog_->put("g", std::to_string(writer), events, kStart));
      acknowledged_.at(static_cast<std::size_t>(writer)) = kBatch * (i + 1);
    }
  }
  void check(const std::array<int, kWriters>& at_least, const Seen& seen) {
    for (std::size_t writer = 0; writer < kWriters; ++writer) {
      const auto& numbers = seen.numbers.at(writer);
      const int count = static_cast<int>(numbers.size());
      ASSERT_GE(count, at_least.at(writer));
      ASSERT_EQ(count % kBatch, 0) << "a part of a put";
      ASSERT_TRUE(numbers.empty() || *numbers.rbegin() == count - 1) << "a hole";
    }
  }
  std::array<int, kWriters> acknowledged() const {
    std::array<int, kWriters> now{};
    for (std::size_t i = 0; i < kWriters; ++i) now.at(i) = acknowledged_.at(i);
    return now;
  }
  // Runs `work` and writers and a tidier beside it until the writers are done.
  void run(const std::function<void()>& work) {
    std::vector<std::thread> writers, others;
    for (int writer = 0; writer < kWriters; ++writer) {
      writers.emplace_back([this, writer] { write(writer); });
    }
    others.emplace_back([this] {
      while (!done_) catalog_->tidy();
    });
    for (int reader = 0; reader < kReaders; ++reader) {
      others.emplace_back([&] {
        while (!done_) work();
      });
    }
    for (std::thread& thread : writers) thread.join();
    done_ = true;
    for (std::thread& thread : others) thread.join();
  }

  TemporaryCatalog catalog_;
  std::array<std::atomic<int>, kWriters> acknowledged_{};
  std::atomic<bool> done_ = false;
};

TEST_F(LogCatalogThreads, ShowsEveryEventExactlyOnceToWhoTakesTheBlocksOnce) {
  run([this] {
    const auto before = acknowledged();
    check(before, look(*catalog_, false));
  });
  const std::array<int, kWriters> all = {kPuts * kBatch, kPuts * kBatch};
  check(all, look(*catalog_, false));
  EXPECT_TRUE(catalog_->take_problems().empty());
}

// Another process: it has no lock in common with the writers, so it may see a part of a put.
TEST_F(LogCatalogThreads, ShowsEveryEventExactlyOnceToAnotherProcess) {
  CatalogSettings reading = catalog_.settings();
  reading.writable = false;
  const auto reader = LogCatalog::open(reading);
  ASSERT_TRUE(reader);
  run([&] {
    const auto before = acknowledged();
    const Seen seen = look(**reader, false);
    for (std::size_t writer = 0; writer < kWriters; ++writer) {
      const auto& numbers = seen.numbers.at(writer);
      ASSERT_GE(static_cast<int>(numbers.size()), before.at(writer));
      ASSERT_TRUE(numbers.empty() || *numbers.rbegin() == static_cast<int>(numbers.size()) - 1);
    }
  });
}

class LogCatalogRetention : public LogCatalogThreads {
 protected:
  LogCatalogRetention() : LogCatalogThreads(few_bytes()) {}
  static SegmentLimits few_bytes() {
    SegmentLimits limits = tiny_segments();
    limits.keep_bytes = 9000;
    return limits;
  }
};

TEST_F(LogCatalogRetention, LosesOnlyTheOldestAndNothingInside) {
  run([this] {
    const Seen seen = look(*catalog_, true);
    for (const auto& numbers : seen.numbers) {
      if (numbers.empty() || seen.gone > 0) continue;
      ASSERT_EQ(*numbers.rbegin() - *numbers.begin() + 1, static_cast<int>(numbers.size()));
    }
  });
  const Seen seen = look(*catalog_, false);
  for (const auto& numbers : seen.numbers) EXPECT_EQ(*numbers.rbegin(), kPuts * kBatch - 1);
}

TEST_F(LogCatalogThreads, DeletesStreamsUnderItsReadersAndWriters) {
  std::atomic<int> round = 0;
  std::vector<std::thread> threads;
  threads.emplace_back([&] {
    while (round < 30) {
      (void)catalog_->create_stream("g", "s");
      const NewEvent event{kStart, "0 0"};
      for (int i = 0; i < 60; ++i) (void)catalog_->put("g", "s", {&event, 1}, kStart);
    }
  });
  threads.emplace_back([&] {
    while (round < 30) catalog_->tidy();
  });
  threads.emplace_back([&] {
    LoadedBlock loaded;
    while (round < 30) {
      const auto blocks = catalog_->blocks("g", {}, {}, {});
      ASSERT_TRUE(blocks);
      for (const BlockInfo& block : *blocks) (void)catalog_->load(block, loaded);
      (void)catalog_->groups();
    }
  });
  for (; round < 30; ++round) {
    while (!catalog_->delete_stream("g", "s")) std::this_thread::yield();
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(catalog_->delete_group("g"));
  EXPECT_TRUE(testing::names_in(catalog_.path() / "groups").empty());
}

// The gateway's store in the same process, read by the catalogue.
TEST(LogCatalogOfAGateway, ShowsEveryLineExactlyOnceWhileTheGatewayWrites) {
  TemporaryCatalog catalog;
  LogStoreSettings settings;
  settings.directory = catalog.path();
  settings.clock = [&catalog] { return catalog.clock.now(); };
  settings.segments = tiny_segments();
  auto gateway = LogStore::open(settings);
  ASSERT_TRUE(gateway);
  catalog.reopen({}, true);
  std::atomic<int> flushed = 0;
  std::atomic<bool> done = false;
  std::vector<std::thread> others;
  others.emplace_back([&] {
    while (!done) (*gateway)->compress_for_test();
  });
  others.emplace_back([&] {
    while (!done) {
      const int before = flushed;
      const std::vector<std::string> flow = {"flow"};
      const auto blocks = catalog->blocks(kOwnGroup, flow, {}, {});
      ASSERT_TRUE(blocks);
      const auto events = testing::load_all(*catalog, *blocks);
      std::set<std::string> messages;
      for (const auto& event : events) ASSERT_TRUE(messages.insert(event.message).second);
      ASSERT_GE(static_cast<int>(messages.size()), before);
    }
  });
  for (int i = 1; i <= 2000; ++i) {
    (*gateway)->post(Stream::Flow,
                     "{\"time\":\"2026-11-22T03:15:00.000Z\",\"n\":" + std::to_string(i) + "}\n");
    if (i % 50 != 0) continue;
    (*gateway)->flush();
    flushed = i;
  }
  done = true;
  for (std::thread& thread : others) thread.join();
  EXPECT_EQ(catalog.events(kOwnGroup, {"flow"}).size(), 2000U);
}

}  // namespace
}  // namespace dn::store
