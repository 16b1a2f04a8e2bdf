#include "query/insights_keys.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "query/insights_arena.h"

namespace dn::query::insights {
namespace {

TEST(InsightsKeys, NumberTextsInTheOrderInWhichTheyCome) {
  std::mt19937_64 random(3);
  for (const std::uint64_t seed : {0ULL, 1ULL, 0xffffffffffffffffULL}) {
    KeyTable table(seed);
    std::map<std::string, std::uint32_t> want;
    for (int i = 0; i < 20'000; ++i) {
      const std::string text(random() % 300 == 0 ? 1000 : random() % 4,
                             static_cast<char>('a' + random() % 3));
      const std::string key = text + std::to_string(random() % 2000);
      const auto [known, added] = want.try_emplace(key, static_cast<std::uint32_t>(want.size()));
      EXPECT_EQ(table.find_or_add(key), (std::pair(known->second, added)));
    }
    ASSERT_EQ(table.size(), want.size());
    for (const auto& [key, number] : want) EXPECT_EQ(table.text(number), key);
    table.clear();
    EXPECT_EQ(table.size(), 0U);
    EXPECT_EQ(table.find_or_add("x"), (std::pair(0U, true)));
  }
}

// Memory that is kept and not counted would be beside the limit of a query.
TEST(InsightsKeys, ATableCountsTheRoomThatItKeepsWhenItIsCleared) {
  KeyTable table(1);
  EXPECT_EQ(table.bytes(), 0U);
  for (int i = 0; i < 10'000; ++i) table.find_or_add(fmt::format("text {}", i));
  const std::size_t full = table.bytes();
  table.clear();
  constexpr std::size_t kNumbers = 10'000 * (2 * sizeof(std::uint64_t) + sizeof(char*));
  EXPECT_GE(table.bytes(), kNumbers);
  EXPECT_LT(table.bytes(), full);
  for (int i = 0; i < 10'000; ++i) table.find_or_add(fmt::format("text {}", i));
  EXPECT_EQ(table.bytes(), full);
}

TEST(InsightsKeys, HashesDifferByTextLengthAndSeed) {
  std::set<std::uint64_t> hashes;
  std::size_t count = 0;
  for (std::size_t size = 0; size < 70; ++size) {
    for (std::size_t at = 0; at <= size; ++at) {
      std::string text(size, '\0');
      if (at < size) text[at] = '\1';
      for (const std::uint64_t seed : {0ULL, 1ULL}) {
        hashes.insert(hash_of(text, seed));
        ++count;
      }
    }
  }
  EXPECT_EQ(hashes.size(), count);
}

TEST(InsightsKeys, RowsComeBackFromTheirKeys) {
  const std::vector<Value> row = {Value(),
                                  Value::of_text(""),
                                  Value::of_number(1.0 / 3),
                                  Value::of_number_text("1.50"),
                                  Value::of_time(-5),
                                  Value::of_json("[1]"),
                                  Value::of_text(std::string_view("\0\1", 2))};
  std::string key;
  for (const Value& value : row) append_key(key, value);
  std::vector<Value> back(row.size());
  read_key(key, back);
  EXPECT_TRUE(back[0].is_absent());
  EXPECT_EQ(back[1].kind, Kind::Text);
  EXPECT_EQ(back[1].text, "");
  EXPECT_EQ(back[2].text, "0.3333");
  EXPECT_EQ(back[3].text, "1.50");
  EXPECT_EQ(back[4].kind, Kind::Time);
  EXPECT_EQ(back[4].number, -5);
  EXPECT_EQ(back[5].kind, Kind::Json);
  EXPECT_EQ(back[6].text, std::string_view("\0\1", 2));
}

TEST(InsightsKeys, AreEqualWhenTheirValuesShowTheSame) {
  const auto key = [](const std::vector<Value>& row) {
    std::string text;
    for (const Value& value : row) append_key(text, value);
    return text;
  };
  EXPECT_EQ(key({Value::of_text("5")}), key({Value::of_number(5)}));
  EXPECT_EQ(key({Value::of_bool(true)}), key({Value::of_number_text("1")}));
  EXPECT_EQ(key({Value::of_time(0)}), key({Value::of_time(-0.0)}));
  EXPECT_NE(key({Value::of_text("1.0")}), key({Value::of_number(1)}));
  EXPECT_NE(key({Value::of_text("")}), key({Value()}));
  EXPECT_NE(key({Value::of_text("a"), Value::of_text("bc")}),
            key({Value::of_text("ab"), Value::of_text("c")}));
}

TEST(InsightsArena, GivesMemoryUpToItsBudget) {
  TextArena arena(100'000);
  std::vector<std::string_view> texts;
  for (int i = 0; i < 500; ++i) texts.push_back(arena.copy(fmt::format("text {}", i)));
  for (int i = 0; i < 500; ++i)
    EXPECT_EQ(texts[static_cast<std::size_t>(i)], fmt::format("text {}", i));
  EXPECT_FALSE(arena.exhausted());
  EXPECT_EQ(arena.allocate(200'000), nullptr);
  EXPECT_TRUE(arena.exhausted());
  arena.clear();
  EXPECT_FALSE(arena.exhausted());
  EXPECT_NE(arena.allocate(50'000), nullptr);
  EXPECT_LE(arena.bytes_for_test(), 100'000U);
}

TEST(InsightsArena, DoesNotHoldOneHugeTextForEver) {
  TextArena arena(10'000'000);
  arena.allocate(5'000'000);
  arena.clear();
  arena.clear();
  EXPECT_EQ(arena.bytes_for_test(), 0U);
  EXPECT_EQ(arena.copy("small"), "small");
  EXPECT_LT(arena.bytes_for_test(), 100'000U);
}

}  // namespace
}  // namespace dn::query::insights
