#include "engine/stream_prefix.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <string_view>

#include "base/limits.h"

namespace dn::engine {
namespace {

using Insert = StreamPrefix::Insert;

std::string text_of(const StreamPrefix& stream) {
  return std::string(as_text(stream.prefix()));
}

struct Step {
  std::size_t at;
  std::string_view bytes;
  Insert want;
};

struct Case {
  std::string_view what;
  std::vector<Step> steps;
  std::string_view prefix;
  bool gap = false;
};

TEST(StreamPrefix, PutsSegmentsInOrder) {
  constexpr Insert kGrew = Insert::Grew, kKept = Insert::Kept;
  constexpr Insert kRetransmit = Insert::RetransmitConflict, kOverlap = Insert::OverlapConflict;
  const std::vector<Case> cases = {
      {"in order", {{0, "abc", kGrew}, {3, "def", kGrew}}, "abcdef"},
      {"nothing", {{0, "", kKept}, {9, "", kKept}}, ""},
      {"repeated", {{0, "abc", kGrew}, {0, "abc", kKept}, {1, "b", kKept}}, "abc"},
      {"repeated and more", {{0, "abc", kGrew}, {1, "bcd", kGrew}}, "abcd"},
      {"reversed", {{3, "def", kKept}, {0, "abc", kGrew}}, "abcdef"},
      {"three pieces", {{6, "gh", kKept}, {3, "def", kKept}, {0, "abc", kGrew}}, "abcdefgh"},
      {"gap stays", {{4, "ef", kKept}, {0, "abc", kGrew}}, "abc", true},
      {"islands merge",
       {{2, "cd", kKept}, {6, "gh", kKept}, {3, "defg", kKept}, {0, "ab", kGrew}},
       "abcdefgh"},
      {"an island inside the segment", {{2, "c", kKept}, {0, "abcde", kGrew}}, "abcde"},
      {"a segment over two islands",
       {{1, "b", kKept}, {3, "d", kKept}, {0, "abcdef", kGrew}},
       "abcdef"},
      {"other bytes in the prefix", {{0, "abc", kGrew}, {1, "x", kRetransmit}}, "abc"},
      {"other bytes behind a gap", {{2, "cd", kKept}, {3, "x", kOverlap}}, "", true},
      {"other bytes over an island", {{2, "cd", kKept}, {0, "abcx", kOverlap}}, "", true},
      {"other bytes over prefix and beyond", {{0, "abc", kGrew}, {2, "xdef", kRetransmit}}, "abc"},
      {"the second of two islands conflicts",
       {{2, "c", kKept}, {4, "e", kKept}, {0, "abcdx", kOverlap}},
       "",
       true},
      {"zero is a byte like others",
       {{2, "c", kKept}, {0, std::string_view("\0\0", 2), kGrew}},
       std::string_view("\0\0c", 3)},
  };
  for (const Case& test : cases) {
    SCOPED_TRACE(test.what);
    StreamPrefix stream;
    for (const Step& step : test.steps) {
      EXPECT_EQ(stream.insert(step.at, as_bytes(step.bytes)), step.want);
    }
    EXPECT_EQ(text_of(stream), test.prefix);
    EXPECT_EQ(stream.has_gap(), test.gap);
  }
}

TEST(StreamPrefix, KeepsNothingOfWhatIsTooMuch) {
  const std::string whole(limits::kFlowBytesMax, 'x');
  StreamPrefix stream;
  EXPECT_EQ(stream.insert(1, as_bytes(whole)), Insert::TooMuch);
  EXPECT_EQ(stream.insert(limits::kFlowBytesMax, as_bytes("x")), Insert::TooMuch);
  EXPECT_EQ(stream.insert(SIZE_MAX - 1, as_bytes("xyz")), Insert::TooMuch);
  EXPECT_EQ(stream.prefix().size(), 0U);
  EXPECT_FALSE(stream.has_gap());
  EXPECT_EQ(stream.insert(0, as_bytes(whole)), Insert::Grew);
  EXPECT_EQ(stream.insert(limits::kFlowBytesMax - 1, as_bytes("x")), Insert::Kept);
}

TEST(StreamPrefix, LimitsTheNumberOfGaps) {
  StreamPrefix stream;
  for (std::size_t i = 0; i < limits::kFlowGapsMax; ++i) {
    EXPECT_EQ(stream.insert(1 + 2 * i, as_bytes("x")), Insert::Kept);
  }
  EXPECT_EQ(stream.insert(1 + 2 * limits::kFlowGapsMax, as_bytes("x")), Insert::TooMuch);
  // What closes a gap or extends an island is taken.
  EXPECT_EQ(stream.insert(2, as_bytes("x")), Insert::Kept);
  EXPECT_EQ(stream.insert(1 + 2 * limits::kFlowGapsMax, as_bytes("x")), Insert::Kept);
  EXPECT_EQ(stream.insert(0, as_bytes("x")), Insert::Grew);
  EXPECT_EQ(text_of(stream), "xxxx");
}

TEST(StreamPrefix, ClearGivesBigMemoryBackAndKeepsLittle) {
  StreamPrefix stream;
  stream.insert(70'000, as_bytes("x"));
  EXPECT_GE(stream.memory(), 70'000U);
  stream.clear();
  EXPECT_EQ(stream.memory(), 0U);
  EXPECT_FALSE(stream.has_gap());
  stream.insert(0, as_bytes(std::string(600, 'x')));
  const std::size_t memory = stream.memory();
  stream.clear();
  EXPECT_EQ(stream.memory(), memory);
  EXPECT_EQ(stream.prefix().size(), 0U);
  EXPECT_EQ(stream.insert(0, as_bytes("other")), Insert::Grew);
}

// Random segments of two different texts: as long as no conflict was told, the prefix is what both
// a first-wins and a last-wins reassembler have.
TEST(StreamPrefix, AgreesWithBothReassemblersUntilItTellsAConflict) {
  const std::string one = "the quick brown fox jumps over the lazy dog";
  std::string other = one;
  other[17] = 'X';
  std::mt19937 random(7);
  const auto pick = [&](std::size_t below) {
    return std::uniform_int_distribution<std::size_t>(0, below - 1)(random);
  };
  std::size_t conflicts = 0, whole = 0;
  for (int game = 0; game < 5000; ++game) {
    StreamPrefix stream;
    std::map<std::size_t, char> first_wins, last_wins;
    bool conflict = false;
    for (int step = 0; step < 12 && !conflict; ++step) {
      const std::string& source = pick(6) == 0 ? other : one;
      const std::size_t at = pick(one.size());
      const std::string part = source.substr(at, 1 + pick(15));
      bool differs = false;
      for (std::size_t i = 0; i < part.size(); ++i) {
        differs = differs || (last_wins.contains(at + i) && last_wins[at + i] != part[i]);
      }
      const Insert inserted = stream.insert(at, as_bytes(part));
      conflict = inserted == Insert::RetransmitConflict || inserted == Insert::OverlapConflict;
      ASSERT_EQ(conflict, differs);
      if (conflict) break;
      for (std::size_t i = 0; i < part.size(); ++i) {
        first_wins.try_emplace(at + i, part[i]);
        last_wins[at + i] = part[i];
      }
      std::string want;
      while (last_wins.contains(want.size())) want += last_wins[want.size()];
      ASSERT_EQ(text_of(stream), want);
      ASSERT_EQ(first_wins, last_wins);
      ASSERT_EQ(stream.has_gap(), want.size() < last_wins.size());
    }
    conflicts += conflict ? 1U : 0U;
    whole += stream.prefix().size() == one.size() ? 1U : 0U;
  }
  EXPECT_GT(conflicts, 100U);
  EXPECT_GT(whole, 100U);
}

}  // namespace
}  // namespace dn::engine
