// Saving and restoring, and everything that makes a file corrupt.
#include "resolver/ledger_file.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace dn::resolver {
namespace {

using namespace std::chrono_literals;
using engine::DnsAnswer;
using engine::DnsLedger;
using engine::DnsStatus;
using engine::Verification;

constexpr WallTime kWall{std::chrono::seconds(1754000000)};
constexpr MonotonicTime kStart{5000s};
constexpr Ipv4Address kFirst{0xC0000201};
constexpr Ipv4Address kSecond{0xC0000202};

DomainName name(std::string_view text) {
  return DomainName::parse(text).value();
}

// A directory of its own, gone with the test.
class LedgerFile : public ::testing::Test {
 protected:
  LedgerFile() {
    std::string pattern = ::testing::TempDir() + "ledger-XXXXXX";
    directory_ = mkdtemp(pattern.data());
    path_ = directory_ + "/dns-ledger.jsonl";
  }
  ~LedgerFile() override { std::filesystem::remove_all(directory_); }

  void save(const DnsLedger& ledger, Duration since_start, std::size_t names_per_slice = 100) {
    auto saver = LedgerSaver::begin(path_).value();
    const Now now{kStart + since_start,
                  kWall + std::chrono::duration_cast<std::chrono::milliseconds>(since_start), true};
    while (!saver.save_some(ledger, now, names_per_slice).value()) {
    }
  }

  std::string directory_, path_;
};

struct Restored {
  Result<std::size_t> result;
  std::vector<DnsAnswer> answers;
};

Restored restore(const std::string& text, WallTime now = kWall, Duration retention = 1h) {
  std::istringstream file(text);
  std::vector<DnsAnswer> answers;
  auto result = read_ledger(file, now, retention,
                            [&](const DnsAnswer& answer) { answers.push_back(answer); });
  return {std::move(result), std::move(answers)};
}

TEST_F(LedgerFile, RestoresWhatWasSaved) {
  DnsLedger ledger;
  ledger.on_answer({name("a.example"), DnsStatus::Answered, {{kFirst, 30s}}, {}, false}, kStart);
  ledger.on_answer({name("a.example"), DnsStatus::Answered, {{kSecond, 30s}}, {}, false},
                   kStart + 600s);
  ledger.on_answer(
      {name("b.example"), DnsStatus::Answered, {{kFirst, 0s}, {kSecond, 0s}}, {}, true},
      kStart + 600s);
  ledger.on_answer({name("c.example"), DnsStatus::NoName, {}, {}, false}, kStart);
  save(ledger, 610s, 1);

  // An hour after everything was verified, on a machine that has booted since.
  DnsLedger again;
  const MonotonicTime boot{3s};
  const auto count = read_ledger_file(path_, kWall + 3500s, 1h, [&](const DnsAnswer& answer) {
    again.on_answer(answer, boot);
    EXPECT_EQ(answer.on_demand, answer.name == name("b.example"));
  });
  EXPECT_EQ(count.value(), 3U);
  const auto confirmed = [&](std::string_view host, Ipv4Address address, Duration later) {
    return again.verify(name(host), address, boot + later) == Verification::Confirmed;
  };
  EXPECT_TRUE(confirmed("a.example", kFirst, 129s));
  EXPECT_FALSE(confirmed("a.example", kFirst, 130s));
  EXPECT_TRUE(confirmed("a.example", kSecond, 729s));
  EXPECT_FALSE(confirmed("a.example", kSecond, 730s));
  EXPECT_TRUE(confirmed("b.example", kSecond, 699s));
  EXPECT_FALSE(confirmed("b.example", kSecond, 700s));
  EXPECT_FALSE(confirmed("c.example", kFirst, 0s));
}

TEST_F(LedgerFile, IsReadableByItsOwnerOnlyAndLeavesNoDraft) {
  save(DnsLedger(), 0s);
  struct stat status{};
  ASSERT_EQ(stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  EXPECT_FALSE(std::filesystem::exists(path_ + ".tmp"));
}

TEST_F(LedgerFile, AnAbandonedSaveLeavesTheOldFile) {
  DnsLedger ledger;
  ledger.on_answer({name("a.example"), DnsStatus::Answered, {{kFirst, 30s}}, {}, false}, kStart);
  save(ledger, 0s);
  ledger.on_answer({name("b.example"), DnsStatus::Answered, {{kFirst, 30s}}, {}, false}, kStart);
  {
    auto saver = LedgerSaver::begin(path_).value();
    EXPECT_FALSE(saver.save_some(ledger, {kStart, kWall, true}, 1).value());
  }
  EXPECT_FALSE(std::filesystem::exists(path_ + ".tmp"));
  EXPECT_EQ(read_ledger_file(path_, kWall, 1h, [](const DnsAnswer&) {}).value(), 1U);
}

TEST_F(LedgerFile, AMissingFileHasNoEntriesAndOtherThingsAreErrors) {
  const auto ignore = [](const DnsAnswer&) {};
  EXPECT_EQ(read_ledger_file(path_, kWall, 1h, ignore).value(), 0U);
  EXPECT_FALSE(read_ledger_file(directory_, kWall, 1h, ignore));
  EXPECT_FALSE(LedgerSaver::begin(directory_ + "/missing/file"));
  std::ofstream(path_).close();
  const auto empty = read_ledger_file(path_, kWall, 1h, ignore);
  ASSERT_FALSE(empty);
  EXPECT_EQ(empty.error().message, "the saved DNS ledger is corrupt");
}

constexpr std::string_view kHead = "{\"discriminat_dns_ledger\":1}\n";

std::string line(std::int64_t fresh_until) {
  return R"({"name":"a.example","fresh_until":)" + std::to_string(fresh_until) +
         R"(,"on_demand":false,"addresses":["192.0.2.1"]})" + "\n";
}

TEST(LedgerFileText, PassesOverEntriesThatRanOutOrLieInTheFuture) {
  const std::int64_t now = 1754000000;
  struct Case {
    std::int64_t fresh_until;
    bool want;
    Duration age, ttl;
  };
  const Case cases[] = {
      {now, true, 0s, 0s},        {now - 3599, true, 3599s, 0s}, {now - 3600, false, 0s, 0s},
      {now + 60, true, 0s, 60s},  {now + 86400, true, 0s, 24h},  {now + 86401, false, 0s, 0s},
      {INT64_MAX, false, 0s, 0s}, {INT64_MIN, false, 0s, 0s},    {0, false, 0s, 0s},
  };
  for (const Case& c : cases) {
    const auto restored = restore(std::string(kHead) + line(c.fresh_until) + "{\"lines\":1}\n");
    ASSERT_TRUE(restored.result) << c.fresh_until;
    ASSERT_EQ(restored.answers.size(), c.want ? 1U : 0U) << c.fresh_until;
    if (!c.want) continue;
    EXPECT_EQ(restored.answers[0].age, c.age) << c.fresh_until;
    EXPECT_EQ(restored.answers[0].addresses.at(0).ttl, c.ttl) << c.fresh_until;
  }
}

TEST(LedgerFileText, AnythingUnexpectedMakesItCorrupt) {
  const std::string good = line(1754000000);
  const auto with = [&](std::string_view old, std::string_view now) {
    std::string changed = good;
    changed.replace(changed.find(old), old.size(), now);
    return std::string(kHead) + changed + "{\"lines\":1}\n";
  };
  ASSERT_TRUE(restore(std::string(kHead) + good + "{\"lines\":1}\n").result);
  const std::string cases[] = {
      "",
      "\n",
      std::string(kHead),
      std::string(kHead) + good,
      std::string(kHead) + good + "{\"lines\":1}",
      std::string(kHead) + good + "{\"lines\":2}\n",
      std::string(kHead) + good + good + "{\"lines\":1}\n",
      std::string(kHead) + good + "{\"lines\":1}\n\n",
      std::string(kHead) + good + "{\"lines\":1}\n" + good,
      "{\"discriminat_dns_ledger\":2}\n" + good + "{\"lines\":1}\n",
      good + "{\"lines\":1}\n",
      with("a.example", "a..example"),
      with("a.example", ""),
      with("a.example", "192.0.2.1"),
      with("1754000000", "x"),
      with("1754000000", "99999999999999999999"),
      with("1754000000", "1.5"),
      with("false", "null"),
      with("\"192.0.2.1\"", ""),
      with("192.0.2.1", "192.0.2.256"),
      with("192.0.2.1", "2001:db8::1"),
      with("\"]}", "\"]} "),
      with("\"]}", "\",]}"),
      with("\"]}", "\"]"),
      with("name", "nome"),
      std::string(kHead) + std::string(kLedgerLineBytesMax, 'x') + "\n{\"lines\":1}\n",
      std::string(100, '\0'),
  };
  for (const auto& text : cases) {
    const auto restored = restore(text);
    EXPECT_FALSE(restored.result) << text.substr(0, 200);
    EXPECT_TRUE(restored.answers.empty()) << text.substr(0, 200);
  }
}

TEST(LedgerFileText, EveryTruncationIsCorrupt) {
  const std::string whole = std::string(kHead) + line(1754000000) + "{\"lines\":1}\n";
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(restore(whole.substr(0, size)).result) << size;
  }
}

}  // namespace
}  // namespace dn::resolver
