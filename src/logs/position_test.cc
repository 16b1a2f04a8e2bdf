#include "logs/position.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>

namespace dn::logs {
namespace {

using records::EventKey;

EventKey random_key(std::mt19937_64& random) {
  return {static_cast<std::int64_t>(random() % 300'000'000'000'000) - 62'167'219'200'000, random(),
          random() % (1ULL << 28U), random() % (1ULL << 36U)};
}

TEST(EventId, Has56DigitsInTheOrderOfKeysAndIsReadBack) {
  std::mt19937_64 random(7);
  EventKey previous = random_key(random);
  for (int round = 0; round < 5000; ++round) {
    EventKey key = random_key(random);
    if (round % 2 == 0) key.timestamp = previous.timestamp;
    if (round % 4 == 0) key.stream = previous.stream;
    if (round % 8 == 0) key.segment = previous.segment;
    const std::string id = format_event_id(key);
    ASSERT_EQ(id.size(), 56U);
    ASSERT_EQ(id.find_first_not_of("0123456789"), std::string::npos);
    ASSERT_EQ(parse_event_id(id), key);
    ASSERT_EQ(id < format_event_id(previous), key < previous);
    previous = key;
  }
}

TEST(EventId, ClampsWhatItCannotSay) {
  constexpr auto kMax = std::numeric_limits<std::uint64_t>::max();
  for (const std::int64_t time : {INT64_MIN, INT64_MAX}) {
    const std::string id = format_event_id({time, kMax, kMax, kMax});
    EXPECT_EQ(id.size(), 56U);
    EXPECT_TRUE(parse_event_id(id));
  }
}

TEST(EventId, RefusesOtherText) {
  const std::string good = format_event_id({1'790'000'000'000, 5, 6, 7});
  for (const std::string& text :
       {std::string(), good.substr(1), good + "0", "x" + good.substr(1), "-" + good.substr(1),
        good.substr(0, 17) + std::string(39, '9')}) {
    EXPECT_FALSE(parse_event_id(text)) << text;
  }
}

TEST(Key, KeepsAllBits) {
  std::mt19937_64 random(8);
  EventKey previous{};
  for (int round = 0; round < 1000; ++round) {
    const EventKey key{static_cast<std::int64_t>(random()), random(), random(), random()};
    ASSERT_EQ(format_key(key).size(), kKeyDigits);
    ASSERT_EQ(parse_key(format_key(key)), key);
    ASSERT_EQ(format_key(key) < format_key(previous), key < previous);
    previous = key;
  }
  EXPECT_FALSE(parse_key(""));
  EXPECT_FALSE(parse_key(std::string(kKeyDigits, 'g')));
  EXPECT_FALSE(parse_key(std::string(kKeyDigits, 'A')));
}

TEST(PageToken, IsGoodForItsRequestOnly) {
  const std::string token = format_page_token("Op\nx", "place");
  EXPECT_EQ(parse_page_token("Op\nx", token), "place");
  EXPECT_FALSE(parse_page_token("Op\ny", token));
  EXPECT_FALSE(parse_page_token("", token));
}

TEST(PageToken, IsRefusedAfterAnyChange) {
  const std::string token = format_page_token("r", format_key({1, 2, 3, 4}));
  for (std::size_t at = 0; at < token.size(); ++at) {
    for (const char c : {'0', '1', 'a', 'x', '\0', '\xff'}) {
      std::string other = token;
      if (other[at] == c) continue;
      other[at] = c;
      EXPECT_FALSE(parse_page_token("r", other)) << at;
    }
    EXPECT_FALSE(parse_page_token("r", token.substr(0, at)));
  }
  EXPECT_FALSE(parse_page_token("r", token + "0"));
}

TEST(RecordPointer, NamesGroupAndEvent) {
  const EventKey key{-5, 6, 7, 8};
  const auto place = parse_record_pointer(format_record_pointer("a/b", key));
  ASSERT_TRUE(place);
  EXPECT_EQ(place->group, "a/b");
  EXPECT_EQ(place->key, key);
  EXPECT_FALSE(parse_record_pointer(""));
  EXPECT_FALSE(parse_record_pointer(format_page_token("GetLogRecord", "short")));
}

TEST(Behind, IsTheNextKeyOfTheStream) {
  EXPECT_EQ(behind({1, 2, 3, 4}), (EventKey{1, 2, 3, 5}));
}

}  // namespace
}  // namespace dn::logs
