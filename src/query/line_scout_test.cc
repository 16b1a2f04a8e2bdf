#include "query/line_scout.h"

#include <gtest/gtest.h>

#include "records/log_event.h"
#include "records/testing/flow_lines.h"

namespace dn::query {
namespace {

using records::testing::SeededNumbers;

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::vector<std::string_view> found(const LineScout& scout, std::string_view text) {
  std::vector<std::string_view> lines;
  for (std::size_t at = 0;;) {
    const auto line = scout.next(text, at);
    if (!line) return lines;
    lines.push_back(*line);
    at = static_cast<std::size_t>(line->data() - text.data()) + line->size() + 1;
  }
}

TEST(LineScout, FindsTheLinesThatHoldOneOfTheTexts) {
  SeededNumbers numbers(11);
  for (int round = 0; round < 300; ++round) {
    std::string text;
    const std::size_t rare = 1 + numbers.below(60);
    for (std::size_t i = numbers.below(400); i > 0; --i) {
      text += numbers.below(8) == 0 ? '\n' : static_cast<char>('a' + numbers.below(rare) % 26);
      if (numbers.below(50) == 0) text += std::string(numbers.below(9000), '.');
    }
    if (numbers.below(2) == 0) text += '\n';
    const std::size_t size = text.size();
    text += std::string(records::kMessagePadding, 'a');
    const std::string_view lines = std::string_view(text).substr(0, size);
    const std::vector<std::string> texts = {"ab", "z", "c.", "aaa"};
    std::vector<std::string_view> want;
    for (const std::string_view line : lines_of(lines)) {
      for (const std::string& one : texts) {
        if (line.find(one) == std::string_view::npos) continue;
        want.push_back(line);
        break;
      }
    }
    EXPECT_EQ(found(LineScout(texts), lines), want);
    EXPECT_EQ(found(LineScout(), lines), lines_of(lines));
  }
}

TEST(LineScout, BeginsWithTheFirstWholeLine) {
  const std::string text = "first a\nsecond a\nthird a\n" + std::string(64, 'x');
  const std::string_view lines = std::string_view(text).substr(0, text.size() - 64);
  const LineScout scout({"a"});
  EXPECT_EQ(scout.next(lines, 0), "first a");
  EXPECT_EQ(scout.next(lines, 1), "second a");
  EXPECT_EQ(scout.next(lines, 8), "second a");
  EXPECT_EQ(scout.next(lines, 17), "third a");
  EXPECT_EQ(scout.next(lines, 24), std::nullopt);
  EXPECT_EQ(scout.next(lines, 25), std::nullopt);
  EXPECT_EQ(scout.next(lines, 1000), std::nullopt);
  EXPECT_EQ(scout.next({}, 0), std::nullopt);
}

TEST(LineScout, DoesNotFindATextAcrossTwoLines) {
  const std::string text = "xa\nby\n" + std::string(64, 'x');
  // The place is only where to look: the line itself is for the caller to judge.
  EXPECT_EQ(LineScout({"ab"}).next(std::string_view(text).substr(0, 6), 0), std::nullopt);
}

}  // namespace
}  // namespace dn::query
