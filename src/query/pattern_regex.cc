#include "query/pattern_regex.h"

#include <re2/re2.h>

#include <charconv>

#include "base/ascii.h"

namespace dn::query {
namespace {

constexpr std::int64_t kAutomatonBytesMax = 4 << 20;  // of one expression, with its states

constexpr std::string_view kOperators = "^$?[]{}|\\*+.";
constexpr std::string_view kSymbols = ":_#=@/;,- ";

// Reads one expression and writes it for RE2, character by character.
class Rewriter {
 public:
  Rewriter(std::string_view body, std::size_t offset) : body_(body), offset_(offset) {}

  PatternResult<std::string> run() {
    while (at_ < body_.size()) {
      const char c = body_[at_];
      if (!is_word_letter(c) && !kOperators.contains(c) && !kSymbols.contains(c)) {
        return refuse(at_, 1, "not allowed in a regular expression");
      }
      if (auto done = in_class_ ? take_in_class(c) : take(c); !done) {
        return tl::unexpected(std::move(done.error()));
      }
    }
    if (in_class_) return refuse(class_begin_, body_.size(), "the closing bracket is missing");
    return std::move(out_);
  }

 private:
  using Done = PatternResult<void>;

  tl::unexpected<PatternError> refuse(std::size_t at, std::size_t size,
                                      std::string_view why) const {
    return invalid_term(body_.substr(at, size), offset_ + at, why);
  }

  Done take(char c) {
    switch (c) {
      case '\\': return take_escape();
      case '{': return take_bounds();
      case '}': return refuse(at_, 1, "write \\} for the character itself");
      case '[':
        in_class_ = true;
        class_begin_ = at_++;
        out_ += '[';
        if (at_ < body_.size() && body_[at_] == '^') out_ += body_[at_++];
        // A bracket in the first place is a member, as everywhere.
        if (at_ < body_.size() && body_[at_] == ']') out_ += "\\]", ++at_;
        return {};
      case ']': out_ += "\\]"; break;
      default: out_ += c; break;
    }
    ++at_;
    return {};
  }

  Done take_in_class(char c) {
    if (c == '\\') return take_escape();
    if (c == ']') in_class_ = false;
    // RE2 would read [:alpha:] there.
    out_ += c == '[' ? "\\[" : std::string_view(&c, 1);
    ++at_;
    return {};
  }

  Done take_escape() {
    const std::size_t begin = at_++;
    const char c = at_ < body_.size() ? body_[at_] : '\0';
    ++at_;
    if (kOperators.contains(c)) {
      out_ += '\\';
      out_ += c;
    } else if (kSymbols.contains(c)) {
      // A hyphen keeps its backslash: inside brackets it must not span a range.
      out_ += c == '-' ? std::string_view("\\-") : std::string_view(&c, 1);
    } else if (c == 'd' || c == 'D' || c == 'w' || c == 'W') {
      out_ += '\\';
      out_ += c;
    } else if (c == 's') {
      out_ += in_class_ ? "\\t\\n " : "[\\t\\n ]";
    } else if (c == 'S') {
      out_ += in_class_ ? "\\x00-\\x08\\x0b-\\x1f\\x21-\\x{10ffff}" : "[^\\t\\n ]";
    } else if (c == 'x' && at_ + 1 < body_.size() && is_hex_digit(body_[at_]) &&
               is_hex_digit(body_[at_ + 1])) {
      out_ += body_.substr(begin, 4);
      at_ += 2;
    } else {
      return refuse(begin, 2, "no such escape");
    }
    return {};
  }

  // Whether there is one.
  bool take_number(std::size_t& value) {
    const char* const begin = body_.data() + at_;
    const auto [end, error] = std::from_chars(begin, body_.data() + body_.size(), value);
    if (error == std::errc::result_out_of_range) value = kRegexRepetitionMax + 1;
    at_ += static_cast<std::size_t>(end - begin);
    return end != begin;
  }

  // {m}, {m,}, {m,n} and {,n}, which RE2 would take for text.
  Done take_bounds() {
    const std::size_t begin = at_++;
    std::size_t least = 0, most = 0;
    const bool has_least = take_number(least);
    const bool range = at_ < body_.size() && body_[at_] == ',';
    if (range) ++at_;
    const bool has_most = range && take_number(most);
    if (at_ >= body_.size() || body_[at_] != '}' || (!has_least && !has_most)) {
      return refuse(begin, 1, "write \\{ for the character itself");
    }
    ++at_;
    if (least > kRegexRepetitionMax || most > kRegexRepetitionMax) {
      return refuse(begin, at_ - begin, "more than 1000 repetitions");
    }
    out_ += '{';
    out_ += std::to_string(least);
    if (range) out_ += ',';
    if (has_most) out_ += std::to_string(most);
    out_ += '}';
    return {};
  }

  std::string_view body_;
  std::size_t offset_;
  std::size_t at_ = 0;
  bool in_class_ = false;
  std::size_t class_begin_ = 0;
  std::string out_;
};

}  // namespace

PatternResult<std::string> rewrite_for_re2(std::string_view body, std::size_t offset) {
  return Rewriter(body, offset).run();
}

PatternResult<PatternRegex> PatternRegex::compile(std::string_view body, std::size_t offset,
                                                  std::size_t& steps_left) {
  if (body.empty()) return invalid_term("%%", offset, "the regular expression is empty");
  const auto rewritten = rewrite_for_re2(body, offset);
  if (!rewritten) return tl::unexpected(rewritten.error());
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kAutomatonBytesMax);
  options.set_never_capture(true);
  auto automaton = std::make_shared<const RE2>(*rewritten, options);
  if (!automaton->ok()) {
    const bool large = automaton->error_code() == RE2::ErrorPatternTooLarge;
    return invalid_term(body, offset,
                        large ? "the regular expression is too large" : automaton->error());
  }
  const auto steps = static_cast<std::size_t>(automaton->ProgramSize());
  if (steps > steps_left) return invalid_term(body, offset, "the regular expression is too large");
  steps_left -= steps;
  return PatternRegex(std::move(automaton));
}

bool PatternRegex::matches(std::string_view text) const {
  return RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *automaton_);
}

}  // namespace dn::query
