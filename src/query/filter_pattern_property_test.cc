// Filter patterns against a second, slow reading of them, on generated patterns and messages.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <algorithm>

#include "query/filter_pattern.h"
#include "query/testing/naive_filter.h"
#include "query/testing/padded_text.h"
#include "records/testing/json_reader.h"

namespace dn::query {
namespace {

using records::testing::SeededNumbers;
using testing::FilterTree;
using testing::flow_vocabulary;
using testing::JsonTree;
using testing::naive_answer;
using testing::PaddedText;
using testing::small_vocabulary;

FilterPattern compile(const std::string& text) {
  auto pattern = FilterPattern::compile(text);
  EXPECT_TRUE(pattern.has_value()) << text << ": " << pattern.error().message;
  return pattern.value();
}

std::vector<std::string_view> all_matches(FilterMatcher& matcher, std::string_view lines) {
  std::vector<std::string_view> found;
  for (std::size_t at = 0; const auto line = matcher.next_match(lines, at);) {
    found.push_back(*line);
    at = static_cast<std::size_t>(line->data() - lines.data()) + line->size() + 1;
  }
  return found;
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

// Each clause has a text that stands in the message as a whole string value.
bool meets(const records::RequiredValues& required, const JsonTree& message) {
  const auto texts = testing::text_values(message);
  return std::ranges::all_of(required, [&](const std::vector<std::string>& clause) {
    return std::ranges::any_of(clause, [&](const std::string& text) {
      return std::ranges::find(texts, text) != texts.end();
    });
  });
}

bool is_json_object_or_array(std::string_view message) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  const auto error = parser.parse(message.data(), message.size()).get(root);
  return error == simdjson::SUCCESS && (root.is_object() || root.is_array());
}

TEST(FilterPatternProperty, AgreesWithTheNaiveReadingOnEveryMessage) {
  SeededNumbers numbers(101);
  std::size_t matching = 0, required = 0;
  for (int round = 0; round < 4000; ++round) {
    const FilterTree filter = testing::random_filter(numbers, small_vocabulary());
    const std::string text = print(filter, numbers);
    const FilterPattern pattern = compile(text);
    FilterMatcher matcher(pattern);
    required += pattern.required_values().size();
    for (int i = 0; i < 25; ++i) {
      const JsonTree tree = testing::random_message(numbers, small_vocabulary());
      const std::string message = print(tree, numbers);
      const PaddedText padded(message);
      const bool want = naive_answer(filter, tree);
      ASSERT_EQ(matcher.matches(padded.view()), want) << text << "\n" << message;
      if (!want) continue;
      ++matching;
      ASSERT_TRUE(meets(pattern.required_values(), tree)) << text << "\n" << message;
    }
  }
  EXPECT_GT(matching, 10000U);
  EXPECT_GT(required, 300U);
}

TEST(FilterPatternProperty, BrokenMessagesMatchNothing) {
  SeededNumbers numbers(102);
  std::size_t broken = 0;
  for (int round = 0; round < 3000; ++round) {
    const FilterTree filter = testing::random_filter(numbers, small_vocabulary());
    const std::string text = print(filter, numbers);
    FilterMatcher matcher(compile(text));
    for (int i = 0; i < 10; ++i) {
      std::string message = print(testing::random_message(numbers, small_vocabulary()), numbers);
      const std::size_t at = numbers.below(message.size());
      switch (numbers.below(4)) {
        case 0: message.resize(at); break;
        case 1: message.erase(at, 1); break;
        case 2: message.insert(at, 1, "{}[],:\"\\x\n"[numbers.below(10)]); break;
        default: message[at] = static_cast<char>(numbers.below(256)); break;
      }
      if (is_json_object_or_array(message)) continue;
      ++broken;
      const PaddedText padded(message, numbers.below(2) == 0 ? '}' : '"');
      ASSERT_FALSE(matcher.matches(padded.view())) << text << "\n" << message;
    }
  }
  EXPECT_GT(broken, 10000U);
}

// Lines of every kind: JSON, broken JSON, text, nothing.
std::string random_lines(SeededNumbers& numbers, std::vector<JsonTree>& trees) {
  std::string lines;
  for (std::size_t i = numbers.below(60); i > 0; --i) {
    const std::size_t kind = numbers.below(10);
    JsonTree tree;
    if (kind == 0) {
      lines += numbers.below(2) == 0 ? "" : "a \"b\" : text [ab] 5";
    } else {
      tree = testing::random_message(numbers, small_vocabulary());
      lines += print(tree, numbers);
      if (kind == 1) {
        lines += ',';
        tree = {};
      }
    }
    trees.push_back(std::move(tree));
    lines += '\n';
  }
  return lines;
}

TEST(FilterPatternProperty, NextMatchFindsTheLinesThatMatch) {
  SeededNumbers numbers(103);
  std::size_t matching = 0;
  for (int round = 0; round < 3000; ++round) {
    std::vector<JsonTree> trees;
    const PaddedText block(random_lines(numbers, trees));
    const auto lines = lines_of(block.view());
    const FilterTree filter = testing::random_filter(numbers, small_vocabulary());
    const std::string text = print(filter, numbers);
    FilterMatcher matcher(compile(text));
    std::vector<std::string_view> want;
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const bool json = trees[i].kind != JsonTree::Kind::Null;
      const bool matches = json && naive_answer(filter, trees[i]);
      ASSERT_EQ(matcher.matches(lines[i]), matches) << text << "\n" << lines[i];
      if (matches) want.push_back(lines[i]);
    }
    ASSERT_EQ(all_matches(matcher, block.view()), want) << text;
    matching += want.size();
  }
  EXPECT_GT(matching, 5000U);
}

JsonTree tree_of_line(std::string_view line) {
  JsonTree tree{JsonTree::Kind::Object, "", {}};
  const auto fields = records::testing::read_json_line(std::string(line) + "\n");
  for (const auto& field : fields.value()) {
    JsonTree value;
    value.text = field.value;
    value.kind = field.type == 's'       ? JsonTree::Kind::Text
                 : field.type == 'n'     ? JsonTree::Kind::Number
                 : field.value == "true" ? JsonTree::Kind::True
                                         : JsonTree::Kind::False;
    tree.children.push_back({field.name, std::move(value)});
  }
  return tree;
}

TEST(FilterPatternProperty, AgreesWithTheNaiveReadingOnFlowLines) {
  SeededNumbers numbers(104);
  const PaddedText block(
      records::testing::make_flow_lines({.lines = 400, .disallowed_per_mille = 200}));
  const auto lines = lines_of(block.view());
  std::vector<JsonTree> trees;
  for (const std::string_view line : lines) trees.push_back(tree_of_line(line));
  std::size_t matching = 0;
  for (int round = 0; round < 1000; ++round) {
    const FilterTree filter = testing::random_filter(numbers, flow_vocabulary());
    const std::string text = print(filter, numbers);
    const FilterPattern pattern = compile(text);
    FilterMatcher matcher(pattern);
    std::vector<std::string_view> want;
    for (std::size_t i = 0; i < lines.size(); ++i) {
      if (!naive_answer(filter, trees[i])) continue;
      want.push_back(lines[i]);
      ASSERT_TRUE(meets(pattern.required_values(), trees[i])) << text << "\n" << lines[i];
    }
    ASSERT_EQ(all_matches(matcher, block.view()), want) << text;
    matching += want.size();
  }
  EXPECT_GT(matching, 10000U);
}

TEST(FilterPatternProperty, TermsFindTheLinesThatHoldThem) {
  SeededNumbers numbers(105);
  const std::vector<std::string> words = {"tls",    "ssh",    "allowed", "disallowed", "443",
                                          "client", "github", "nowhere", "a",          "0"};
  const PaddedText block(
      records::testing::make_flow_lines({.lines = 300, .disallowed_per_mille = 200}));
  for (int round = 0; round < 1000; ++round) {
    std::vector<std::string> needed, refused, optional;
    std::string text;
    for (std::size_t i = 1 + numbers.below(4); i > 0; --i) {
      const std::string& word = words[numbers.below(words.size())];
      const std::size_t kind = numbers.below(3);
      (kind == 0 ? needed : kind == 1 ? refused : optional).push_back(word);
      text += std::string(kind == 0 ? "" : kind == 1 ? "-" : "?") + word + " ";
    }
    std::vector<std::string_view> want;
    for (const std::string_view line : lines_of(block.view())) {
      const auto occurs = [&](const std::string& word) { return line.contains(word); };
      const bool matches =
          needed.empty() && refused.empty()
              ? std::ranges::any_of(optional, occurs)
              : std::ranges::all_of(needed, occurs) && std::ranges::none_of(refused, occurs);
      if (matches) want.push_back(line);
    }
    FilterMatcher matcher(compile(text));
    ASSERT_EQ(all_matches(matcher, block.view()), want) << text;
  }
}

}  // namespace
}  // namespace dn::query
