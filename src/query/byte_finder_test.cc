#include "query/byte_finder.h"

#include <gtest/gtest.h>

#include "records/log_event.h"
#include "records/testing/flow_lines.h"

namespace dn::query {
namespace {

using records::testing::SeededNumbers;

// `text` with the padding that the finder may read, filled with bytes that must not be found.
struct Padded {
  Padded(std::string_view text, char padding)
      : bytes(std::string(text) + std::string(records::kMessagePadding, padding)),
        size(text.size()) {}
  std::string_view view() const { return std::string_view(bytes).substr(0, size); }
  std::string bytes;
  std::size_t size;
};

void expect_like_std(std::string_view needle, std::string_view text, std::size_t from) {
  const ByteFinder finder{std::string(needle)};
  const Padded padded(text, needle.back());
  const std::size_t want = text.find(needle, from);
  EXPECT_EQ(finder.find_with<ByteBlock>(padded.view(), from), want) << needle << " in " << text;
  EXPECT_EQ(finder.find_with<WordBlock>(padded.view(), from), want) << needle << " in " << text;
}

TEST(ByteFinder, FindsWhatTheStandardLibraryFinds) {
  SeededNumbers numbers(7);
  for (int round = 0; round < 20000; ++round) {
    // Few letters, so that near misses and overlaps are common.
    std::string text, needle;
    for (std::size_t i = numbers.below(120); i > 0; --i) {
      text += static_cast<char>('a' + numbers.below(2));
    }
    for (std::size_t i = 1 + numbers.below(6); i > 0; --i) {
      needle += static_cast<char>('a' + numbers.below(2));
    }
    expect_like_std(needle, text, numbers.below(text.size() + 3));
  }
}

TEST(ByteFinder, FindsEveryByteValueAtEveryPlace) {
  for (int value = 0; value < 256; ++value) {
    for (std::size_t place = 0; place < 40; ++place) {
      std::string text(40, static_cast<char>(value ^ 0x80));
      text[place] = static_cast<char>(value);
      expect_like_std(std::string(1, static_cast<char>(value)), text, 0);
    }
  }
}

TEST(ByteFinder, FindsBehindATextMadeOfNearMisses) {
  const std::string needle = std::string(200, 'a') + 'b';
  std::string text;
  for (int i = 0; i < 2000; ++i) text += std::string(100, 'a') + (i % 7 == 0 ? "" : "c");
  text += needle;
  expect_like_std(needle, text, 0);
  expect_like_std(std::string(300, 'a'), text, 5);
}

TEST(WordBlock, ComparesEachByteAlone) {
  for (int low = 0; low < 256; ++low) {
    for (const int next : {0x00, 0x1f, 0x20, 0x80, 0xff}) {
      const char bytes[8] = {static_cast<char>(low),  static_cast<char>(next),
                             static_cast<char>(low),  0x7f,
                             static_cast<char>(next), 0x21,
                             static_cast<char>(low),  static_cast<char>(next)};
      const WordBlock block = WordBlock::load(bytes);
      for (unsigned i = 0; i < 8; ++i) {
        const bool equal = (block.equals(static_cast<char>(low)) >> (8 * i) & 0x80U) != 0;
        EXPECT_EQ(equal, bytes[i] == static_cast<char>(low));
        const bool stop = (block.string_stops() >> (8 * i) & 0x80U) != 0;
        EXPECT_EQ(stop, static_cast<unsigned char>(bytes[i]) < 0x20 || bytes[i] == '"' ||
                            bytes[i] == '\\');
      }
    }
  }
}

}  // namespace
}  // namespace dn::query
