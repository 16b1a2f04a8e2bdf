#include "query/json_scan.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <vector>

#include "query/testing/padded_text.h"
#include "records/testing/flow_lines.h"

namespace dn::query {
namespace {

using records::testing::SeededNumbers;
using testing::PaddedText;

// Writes down what it is told.
struct Writer {
  void on_key(const JsonText& key) { put("k", key.raw, key.escaped); }
  void on_element() { out += "- "; }
  void on_text(const JsonText& text) { put("s", text.raw, text.escaped); }
  void on_number(std::string_view source) { put("n", source, false); }
  void on_word(JsonWord word) {
    out += word == JsonWord::Null ? "null " : word == JsonWord::True ? "true " : "false ";
  }
  void on_open() { out += "( "; }
  void on_close() { out += ") "; }
  void put(std::string_view kind, std::string_view text, bool escaped) {
    ((out += kind) += escaped ? "!" : ":") += text;
    out += ' ';
  }
  std::string out;
};

// What the visitor was told, or "no".
std::string scan(std::string_view message) {
  const PaddedText padded(message);
  Writer writer;
  return JsonScan(padded.view(), writer).run() ? writer.out : "no";
}

TEST(JsonScan, ReportsEveryToken) {
  EXPECT_EQ(scan(R"({})"), "( ) ");
  EXPECT_EQ(scan(R"([])"), "( ) ");
  EXPECT_EQ(scan(" \t\r\n{ \"a\" : [ 1 , -0.5e+3 ] , \"b\":\n{\"\":null}} \n"),
            "( k:a ( - n:1 - n:-0.5e+3 ) k:b ( k: null ) ) ");
  EXPECT_EQ(scan(R"(["x\"y",true,false,"é"])"), R"(( - s!x\"y - true - false - s:é ) )");
  EXPECT_EQ(scan(R"({"\u0061":"\ud83d\ude00\/"})"), R"(( k!\u0061 s!\ud83d\ude00\/ ) )");
  EXPECT_EQ(scan(R"({"a":1,"a":2})"), "( k:a n:1 k:a n:2 ) ");
}

TEST(JsonScan, RefusesWhatIsNotOneObjectOrArray) {
  for (const char* message : {"",
                              " ",
                              "1",
                              "\"a\"",
                              "null",
                              "true",
                              "{",
                              "[",
                              "}",
                              "]",
                              "{}{}",
                              "{} x",
                              "[]1",
                              "x{}",
                              "{]",
                              "[}",
                              "[[]",
                              "{\"a\"}",
                              "{\"a\":}",
                              "{\"a\":1,}",
                              "{,}",
                              "[1,]",
                              "[,1]",
                              "[1 2]",
                              "{\"a\" 1}",
                              "{a:1}",
                              "{'a':1}",
                              "{1:1}",
                              "{\"a\":1 \"b\":2}",
                              "[01]",
                              "[+1]",
                              "[.5]",
                              "[1.]",
                              "[1.e3]",
                              "[1e]",
                              "[1e+]",
                              "[-]",
                              "[--1]",
                              "[0x1]",
                              "[NaN]",
                              "[Infinity]",
                              "[nul]",
                              "[nulll]",
                              "[True]",
                              "[truefalse]",
                              "[\"a]",
                              "[\"\\\"]",
                              "[\"\\x\"]",
                              "[\"\\u12\"]",
                              "[\"\\u123g\"]",
                              "[\"\\u\"]",
                              "[\"a\tb\"]",
                              "[\"a\nb\"]",
                              "[\"\x01\"]",
                              "[1]\x01",
                              "\xef\xbb\xbf{}",
                              "// {}",
                              "[1/**/]"}) {
    EXPECT_EQ(scan(message), "no") << message;
  }
  using namespace std::string_view_literals;
  EXPECT_EQ(scan("[\"\0\"]"sv), "no");
  EXPECT_EQ(scan("[]\0"sv), "no");
}

TEST(JsonScan, BoundsNesting) {
  const std::string deep(kJsonNestingMax, '[');
  const std::string close(kJsonNestingMax, ']');
  EXPECT_NE(scan(deep + close), "no");
  EXPECT_EQ(scan("[" + deep + close + "]"), "no");
  EXPECT_NE(
      scan("[" + deep.substr(1) + close.substr(1) + ",[" + deep.substr(2) + close.substr(1) + "]"),
      "no");
  EXPECT_EQ(scan(std::string(1 << 20, '[')), "no");
  EXPECT_EQ(scan(std::string(1 << 20, '{')), "no");
}

TEST(JsonScan, ReadsNothingBehindTheEnd) {
  const std::string_view message = R"({"a":["\u00e9",-1.5e3,null,true,false,{"b":"c"}],"d":0})";
  for (std::size_t size = 0; size < message.size(); ++size) {
    for (const char padding : {'"', '}', ']', '0', ' ', '\\', 'l'}) {
      // What follows would complete the message, or a part of it.
      const PaddedText padded(std::string(message.substr(0, size)), padding);
      Writer writer;
      EXPECT_FALSE(JsonScan(padded.view(), writer).run()) << padded.view() << " " << padding;
    }
    const PaddedText whole(message);
    Writer writer;
    EXPECT_FALSE(JsonScan(whole.view().substr(0, size), writer).run()) << size;
  }
}

TEST(JsonScan, FindsStringStopsAlikeWithEveryBlock) {
  SeededNumbers numbers(5);
  for (int round = 0; round < 20000; ++round) {
    std::string text;
    for (std::size_t i = numbers.below(70); i > 0; --i) {
      const std::size_t kind = numbers.below(60);
      text += kind == 0   ? '"'
              : kind == 1 ? '\\'
              : kind == 2 ? static_cast<char>(numbers.below(0x20))
                          : static_cast<char>(0x20 + numbers.below(224));
    }
    const PaddedText padded(text, 'x');
    const char* const begin = padded.view().data();
    const char* const end = begin + text.size();
    const char* want = begin;
    while (want < end && *want != '"' && *want != '\\' && static_cast<unsigned char>(*want) >= 0x20)
      ++want;
    EXPECT_EQ(std::min(find_string_stop<ByteBlock>(begin, end), end), want);
    EXPECT_EQ(std::min(find_string_stop<WordBlock>(begin, end), end), want);
  }
}

// A JSON text, mostly; then some of its bytes are changed.
std::string random_message(SeededNumbers& numbers) {
  static constexpr std::string_view kTokens[] = {
      "{",           "}",  "[",    "]",     ",",      ":",    "\"a\"", "\"b\\n\"",
      "\"\\u00e9\"", "1",  "-2.5", "0",     "1e-3",   "null", "true",  "false",
      " ",           "\n", "\"\"", "\"é\"", "\"a\":", "[1]",  "{}",    "{\"a\":1}"};
  std::string out = numbers.below(2) == 0 ? "{\"a\":[1,{\"b\":" : "[1,";
  for (std::size_t i = numbers.below(8); i > 0; --i) out += kTokens[numbers.below(24)];
  out += out.front() == '{' ? "}]}" : "]";
  if (numbers.below(4) == 0) {
    out[numbers.below(out.size())] = static_cast<char>(0x20 + numbers.below(95));
  }
  return out;
}

TEST(JsonScan, AcceptsWhatSimdjsonAccepts) {
  SeededNumbers numbers(9);
  simdjson::dom::parser parser;
  std::size_t accepted = 0;
  for (int round = 0; round < 200000; ++round) {
    const std::string message = random_message(numbers);
    const PaddedText padded(message);
    simdjson::dom::element root;
    const auto error = parser.parse(message).get(root);
    const bool want = error == simdjson::SUCCESS && (root.is_object() || root.is_array());
    Writer writer;
    const bool utf8 = simdjson::validate_utf8(message);
    EXPECT_EQ(JsonScan(padded.view(), writer).run() && utf8, want) << message;
    accepted += want ? 1U : 0U;
  }
  EXPECT_GT(accepted, 5000U);
}

TEST(JsonScan, DecodesStringsAsSimdjsonDoes) {
  SeededNumbers numbers(10);
  simdjson::dom::parser parser;
  for (int round = 0; round < 50000; ++round) {
    static constexpr std::string_view kParts[] = {
        "a",       "é",   "\\n", "\\t",     "\\\\",    "\\\"",    "\\/",
        "\\b",     "\\f", "\\r", "\\u0041", "\\u00e9", "\\u20AC", "\\ud83d\\ude00",
        "\\u0000", "€",   "😀",  "\\uFFFF", "\\uD7ff"};
    std::string raw;
    for (std::size_t i = numbers.below(8); i > 0; --i) raw += kParts[numbers.below(19)];
    std::string scratch;
    const JsonText text{raw, raw.contains('\\')};
    const auto parsed = parser.parse("[\"" + raw + "\"]");
    const std::string_view want = parsed.at(0).get_string().value();
    EXPECT_EQ(decode(text, scratch), want) << raw;
  }
}

TEST(JsonScan, ReplacesHalfASurrogatePair) {
  std::string scratch;
  for (const char* raw : {"\\ud83d", "\\ude00", "\\ud83dx", "\\ud83d\\u0041", "\\ud83d\\n"}) {
    EXPECT_TRUE(decode({raw, true}, scratch).starts_with("\xef\xbf\xbd")) << raw;
  }
  EXPECT_EQ(decode({"\\ud83d\\u0041", true}, scratch),
            "\xef\xbf\xbd"
            "A");
  EXPECT_EQ(decode({"\\ud83d\\ud83d\\ude00", true}, scratch),
            "\xef\xbf\xbd"
            "😀");
}

TEST(JsonScan, AcceptsNumbersOfAnySizeWithTheirText) {
  const std::string digits(5000, '7');
  EXPECT_EQ(scan("[" + digits + "]"), "( - n:" + digits + " ) ");
  EXPECT_EQ(scan("[1e400,12.0]"), "( - n:1e400 - n:12.0 ) ");
}

}  // namespace
}  // namespace dn::query
