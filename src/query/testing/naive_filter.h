// A second, slow reading of JSON filter patterns: random patterns and messages as trees, their
// texts, and the answer worked out on the trees alone.
//
// Nothing of the code under test is used. A pattern is made as a tree and printed, so the parser is
// checked too; a message is made as a tree and printed with random blanks and escapes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "records/testing/flow_lines.h"

namespace dn::query::testing {

struct JsonMember;
struct JsonTree {
  enum class Kind { Null, True, False, Number, Text, Array, Object };
  Kind kind = Kind::Null;
  std::string text;                  // Text: decoded; Number: as written
  std::vector<JsonMember> children;  // Array: without names
};
struct JsonMember {
  std::string name;
  JsonTree value;
};

struct FilterStep {
  char kind = '.';  // '.' name, '#' index, '*' wildcard
  std::string name;
  std::size_t index = 0;
};
struct FilterTree {
  // '&' or '|' over children, or '?' for a condition.
  char kind = '?';
  std::vector<FilterTree> children;
  std::vector<FilterStep> steps;
  // One of = != < <= > >= null true false absent.
  std::string asks;
  // 'n' number, 'b' bare word, 'q' quoted, 'r' regular expression; with operators only.
  char literal_kind = 'b';
  std::string literal;
};

// What the makers choose from.
struct Vocabulary {
  std::vector<std::string> names, texts, numbers;
};
const Vocabulary& small_vocabulary();  // few of each, so that they meet
const Vocabulary& flow_vocabulary();   // the names and values of flow lines

JsonTree random_message(records::testing::SeededNumbers& numbers, const Vocabulary& words);
FilterTree random_filter(records::testing::SeededNumbers& numbers, const Vocabulary& words);

std::string print(const JsonTree& message, records::testing::SeededNumbers& numbers);
std::string print(const FilterTree& filter, records::testing::SeededNumbers& numbers);

bool naive_answer(const FilterTree& filter, const JsonTree& message);
// Every string value of a message, at any depth.
std::vector<std::string> text_values(const JsonTree& message);

}  // namespace dn::query::testing
