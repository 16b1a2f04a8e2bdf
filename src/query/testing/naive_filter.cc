#include "query/testing/naive_filter.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace dn::query::testing {
namespace {

using records::testing::SeededNumbers;
using Kind = JsonTree::Kind;

const std::string& one_of(const std::vector<std::string>& words, SeededNumbers& numbers) {
  return words[numbers.below(words.size())];
}

// -- messages -----------------------------------------------------------------------------------

JsonTree random_value(SeededNumbers& numbers, const Vocabulary& words, int depth) {
  JsonTree value;
  const std::size_t kind = numbers.below(depth > 0 ? 12 : 9);
  if (kind < 4) {
    value = {Kind::Text, one_of(words.texts, numbers), {}};
  } else if (kind < 6) {
    value = {Kind::Number, one_of(words.numbers, numbers), {}};
  } else if (kind < 9) {
    value.kind = kind == 6 ? Kind::Null : kind == 7 ? Kind::True : Kind::False;
  } else {
    value.kind = kind == 9 ? Kind::Array : Kind::Object;
    for (std::size_t i = numbers.below(5); i > 0; --i) {
      value.children.push_back({value.kind == Kind::Object ? one_of(words.names, numbers) : "",
                                random_value(numbers, words, depth - 1)});
    }
  }
  return value;
}

std::string escaped(std::string_view text, SeededNumbers& numbers, bool freely) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || (freely && byte < 0x80 && numbers.below(12) == 0)) {
      out += fmt::format("\\u{:04x}", byte);
    } else {
      out += c;
    }
  }
  return out += '"';
}

std::string blank(SeededNumbers& numbers, bool freely) {
  static constexpr std::string_view kBlanks[] = {" ", "\t", "  ", "\r"};
  return freely && numbers.below(4) == 0 ? std::string(kBlanks[numbers.below(4)]) : "";
}

void print_value(std::string& out, const JsonTree& value, SeededNumbers& numbers, bool freely) {
  out += blank(numbers, freely);
  switch (value.kind) {
    case Kind::Null: out += "null"; break;
    case Kind::True: out += "true"; break;
    case Kind::False: out += "false"; break;
    case Kind::Number: out += value.text; break;
    case Kind::Text: out += escaped(value.text, numbers, freely); break;
    case Kind::Array:
    case Kind::Object: {
      const bool object = value.kind == Kind::Object;
      out += object ? '{' : '[';
      for (std::size_t i = 0; i < value.children.size(); ++i) {
        if (i > 0) out += ',';
        if (object) {
          out += blank(numbers, freely) + escaped(value.children[i].name, numbers, freely) +
                 blank(numbers, freely) + ':';
        }
        print_value(out, value.children[i].value, numbers, freely);
      }
      out += blank(numbers, freely);
      out += object ? '}' : ']';
    }
  }
  out += blank(numbers, freely);
}

// -- patterns -----------------------------------------------------------------------------------

// Regular expressions that a few lines can answer for.
struct PlainRegex {
  const char* text;
  bool (*matches)(std::string_view);
};
constexpr PlainRegex kRegexes[] = {
    {"a", [](std::string_view text) { return text.contains('a'); }},
    {"^a", [](std::string_view text) { return text.starts_with('a'); }},
    {"d$", [](std::string_view text) { return text.ends_with('d'); }},
    {"^[0-9]{1,}$",
     [](std::string_view text) {
       return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
     }},
    {"^.{,2}$", [](std::string_view text) { return text.size() <= 2; }},
};

std::vector<FilterStep> random_steps(SeededNumbers& numbers, const Vocabulary& words,
                                     unsigned& wildcards) {
  std::vector<FilterStep> steps;
  bool wild = false;
  for (std::size_t i = 1 + numbers.below(numbers.below(3) == 0 ? 3 : 1); i > 0; --i) {
    FilterStep step;
    const std::size_t kind = numbers.below(10);
    if (kind == 0) {
      step.kind = '#';
      step.index = numbers.below(3);
    } else if (kind == 1 && !wild && wildcards < 3) {
      step.kind = '*';
      wild = true;
      ++wildcards;
    } else {
      step.name = one_of(words.names, numbers);
    }
    steps.push_back(std::move(step));
  }
  return steps;
}

bool is_number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && !text.starts_with("n") &&
         !text.starts_with("i");
}

bool is_bare(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_.*+-").contains(c);
  });
}

void choose_literal(FilterTree& condition, SeededNumbers& numbers, const Vocabulary& words,
                    unsigned& regexes) {
  const bool ordering = condition.asks[0] == '<' || condition.asks[0] == '>';
  const std::size_t kind = ordering ? 0 : numbers.below(10);
  if (kind < 2) {
    condition.literal_kind = 'n';
    condition.literal = one_of(words.numbers, numbers);
    return;
  }
  if (kind == 2 && regexes < 2) {
    ++regexes;
    condition.literal_kind = 'r';
    condition.literal = kRegexes[numbers.below(std::size(kRegexes))].text;
    return;
  }
  std::string& literal = condition.literal;
  literal = numbers.below(8) == 0 ? one_of(words.numbers, numbers) : one_of(words.texts, numbers);
  if (numbers.below(4) == 0) {
    // A wildcard instead of a part.
    const std::size_t begin = numbers.below(literal.size() + 1);
    literal.replace(begin, numbers.below(literal.size() - begin + 1), "*");
  }
  const bool bare = is_bare(literal) && !is_number(literal) && numbers.below(2) == 0;
  condition.literal_kind = bare ? 'b' : 'q';
}

FilterTree random_condition(SeededNumbers& numbers, const Vocabulary& words, unsigned& wildcards,
                            unsigned& regexes) {
  static const std::vector<std::string> kAsks = {
      "=",  "=", "=",  "=",    "!=",   "!=",   "!=",    "<",
      "<=", ">", ">=", "null", "true", "true", "false", "absent"};
  FilterTree condition;
  condition.steps = random_steps(numbers, words, wildcards);
  condition.asks = one_of(kAsks, numbers);
  const bool compares = condition.asks.find_first_of("=<>") != std::string::npos;
  if (compares) choose_literal(condition, numbers, words, regexes);
  return condition;
}

FilterTree random_tree(SeededNumbers& numbers, const Vocabulary& words, int depth,
                       unsigned& wildcards, unsigned& regexes) {
  if (depth == 0 || numbers.below(3) == 0) {
    return random_condition(numbers, words, wildcards, regexes);
  }
  FilterTree tree;
  tree.kind = numbers.below(2) == 0 ? '&' : '|';
  for (std::size_t i = 2 + numbers.below(2); i > 0; --i) {
    tree.children.push_back(random_tree(numbers, words, depth - 1, wildcards, regexes));
  }
  return tree;
}

std::string print_step(const FilterStep& step, SeededNumbers& numbers, bool first) {
  const std::string dot = !first && numbers.below(2) == 0 ? "" : ".";
  if (step.kind == '#') return fmt::format("{}[{}]", dot, step.index);
  if (step.kind == '*') return numbers.below(2) == 0 ? dot + "[*]" : ".*";
  const bool plain = is_bare(step.name) && step.name.find_first_of(".*+") == std::string::npos;
  if (plain && numbers.below(5) != 0) return "." + step.name;
  const char quote = step.name.contains('\'') ? '"' : '\'';
  return fmt::format("{}[{}{}{}]", dot, quote, step.name, quote);
}

std::string print_condition(const FilterTree& condition, SeededNumbers& numbers) {
  std::string out = "$";
  for (std::size_t i = 0; i < condition.steps.size(); ++i) {
    out += print_step(condition.steps[i], numbers, i == 0);
  }
  if (condition.asks == "absent")
    return out + (numbers.below(2) == 0 ? " NOT EXISTS" : " not exists");
  if (condition.literal.empty() && condition.literal_kind == 'b') {
    return out + (numbers.below(2) == 0 ? " IS " : "  is ") + condition.asks;
  }
  out += blank(numbers, true) + condition.asks + blank(numbers, true);
  if (condition.literal_kind == 'r') return out + '%' + condition.literal + '%';
  if (condition.literal_kind != 'q') return out + condition.literal;
  out += '"';
  for (const char c : condition.literal) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string print_tree(const FilterTree& tree, SeededNumbers& numbers) {
  if (tree.kind == '?') return print_condition(tree, numbers);
  std::string out;
  for (const FilterTree& child : tree.children) {
    if (!out.empty())
      out += fmt::format("{}{}{}{}", blank(numbers, true), tree.kind, tree.kind, " ");
    const bool must = tree.kind == '&' && child.kind == '|';
    const std::string text = print_tree(child, numbers);
    out += must || numbers.below(6) == 0 ? "(" + text + ")" : text;
  }
  return out;
}

// -- answers ------------------------------------------------------------------------------------

std::vector<const JsonTree*> selected(const JsonTree& root, const std::vector<FilterStep>& steps) {
  std::vector<const JsonTree*> now = {&root};
  for (const FilterStep& step : steps) {
    std::vector<const JsonTree*> next;
    for (const JsonTree* node : now) {
      if (step.kind == '*') {
        for (const auto& child : node->children) next.push_back(&child.value);
      } else if (step.kind == '#') {
        if (node->kind == Kind::Array && step.index < node->children.size()) {
          next.push_back(&node->children[step.index].value);
        }
      } else if (node->kind == Kind::Object) {
        const JsonTree* last = nullptr;
        for (const auto& [name, child] : node->children) {
          if (name == step.name) last = &child;
        }
        if (last != nullptr) next.push_back(last);
      }
    }
    now = std::move(next);
  }
  return now;
}

bool glob(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  if (pattern.front() == '*') {
    for (std::size_t i = 0; i <= text.size(); ++i) {
      if (glob(pattern.substr(1), text.substr(i))) return true;
    }
    return false;
  }
  return !text.empty() && pattern.front() == text.front() &&
         glob(pattern.substr(1), text.substr(1));
}

double value_of(std::string_view text) {
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

bool compare(const FilterTree& condition, const JsonTree& node) {
  const std::string& asks = condition.asks;
  if (node.kind != Kind::Text && node.kind != Kind::Number) return false;
  if (condition.literal_kind == 'n' && node.kind == Kind::Number) {
    const double left = value_of(node.text), right = value_of(condition.literal);
    if (asks == "=") return left == right;
    if (asks == "!=") return left != right;
    if (asks == "<") return left < right;
    if (asks == "<=") return left <= right;
    return asks == ">" ? left > right : left >= right;
  }
  if (asks != "=" && asks != "!=") return false;
  bool equal = false;
  if (condition.literal_kind == 'r') {
    const auto* regex = std::ranges::find_if(
        kRegexes, [&](const PlainRegex& row) { return condition.literal == row.text; });
    equal = regex->matches(node.text);
  } else {
    equal = glob(condition.literal, node.text);
  }
  return equal == (asks == "=");
}

bool holds(const FilterTree& condition, const JsonTree& message) {
  const auto nodes = selected(message, condition.steps);
  if (condition.asks == "absent") return nodes.empty();
  return std::ranges::any_of(nodes, [&](const JsonTree* node) {
    if (condition.asks == "null") return node->kind == Kind::Null;
    if (condition.asks == "true") return node->kind == Kind::True;
    if (condition.asks == "false") return node->kind == Kind::False;
    return compare(condition, *node);
  });
}

}  // namespace

const Vocabulary& small_vocabulary() {
  static const Vocabulary words = {{"a", "b", "c", "ab", "a-b", "a.b", "x y", "q\"q", "\xc3\xa9"},
                                   {"a", "b", "ab", "abd", "", "5", "5.0", "true", "x y", "q\"q",
                                    "w\\w", "\xc3\xa9", "null", "abababd", "a\tb"},
                                   {"5", "5.0", "50e-1", "-1", "0", "12", "0.5", "-0"}};
  return words;
}

const Vocabulary& flow_vocabulary() {
  static const Vocabulary words = {
      {"dhost", "cat", "outcome", "src", "dst", "spt", "dpt", "proto", "proto_v", "reason", "pqc",
       "see_thru_gid", "see_thru_exerted", "see_thru_days_remaining", "http_path", "ech", "held_ms",
       "none"},
      {"allowed", "disallowed", "tls", "ssh", "http", "client", "server", "1.3", "1.2",
       "172.16.1.9", "api.github.com", "pypi.org", "sg-00replaceme00", "%default", "/", ""},
      {"443", "22", "80", "0", "2", "10", "8443", "1.0"}};
  return words;
}

JsonTree random_message(SeededNumbers& numbers, const Vocabulary& words) {
  JsonTree message;
  message.kind = numbers.below(8) == 0 ? Kind::Array : Kind::Object;
  for (std::size_t i = numbers.below(8); i > 0; --i) {
    message.children.push_back({message.kind == Kind::Object ? one_of(words.names, numbers) : "",
                                random_value(numbers, words, 3)});
  }
  return message;
}

FilterTree random_filter(SeededNumbers& numbers, const Vocabulary& words) {
  unsigned wildcards = 0, regexes = 0;
  return random_tree(numbers, words, 2, wildcards, regexes);
}

std::string print(const JsonTree& message, SeededNumbers& numbers) {
  // Half of the messages are compact and without needless escapes, as most logs are.
  std::string out;
  print_value(out, message, numbers, numbers.below(2) == 0);
  return out;
}

std::string print(const FilterTree& filter, SeededNumbers& numbers) {
  return "{ " + print_tree(filter, numbers) + " }";
}

bool naive_answer(const FilterTree& filter, const JsonTree& message) {
  const auto answer = [&](const FilterTree& child) { return naive_answer(child, message); };
  if (filter.kind == '&') return std::ranges::all_of(filter.children, answer);
  if (filter.kind == '|') return std::ranges::any_of(filter.children, answer);
  return holds(filter, message);
}

std::vector<std::string> text_values(const JsonTree& message) {
  std::vector<std::string> texts;
  if (message.kind == Kind::Text) texts.push_back(message.text);
  for (const auto& child : message.children) {
    std::ranges::move(text_values(child.value), std::back_inserter(texts));
  }
  return texts;
}

}  // namespace dn::query::testing
