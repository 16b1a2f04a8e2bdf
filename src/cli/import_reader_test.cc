// Both formats whole, mixed, in pieces of any size, and broken in every place.
#include "cli/import_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "store/log_line.h"

namespace dn::cli {
namespace {

struct Reading {
  std::vector<ImportedEvent> events;
  std::vector<ImportReader::Problem> problems;
  std::vector<std::string> messages() const {
    std::vector<std::string> list;
    for (const auto& event : events) list.push_back(event.message);
    return list;
  }
  std::vector<std::string> told() const {
    std::vector<std::string> list;
    for (const auto& [line, what] : problems) list.push_back(std::to_string(line) + ": " + what);
    return list;
  }
};

Reading read(std::string_view text, std::size_t piece = SIZE_MAX) {
  Reading reading;
  ImportReader reader([&](ImportedEvent event) { reading.events.push_back(std::move(event)); },
                      [&](ImportReader::Problem problem) { reading.problems.push_back(problem); });
  while (!text.empty()) {
    const std::string_view now = text.substr(0, piece);
    reader.feed(now);
    text.remove_prefix(now.size());
  }
  reader.finish();
  return reading;
}

using Strings = std::vector<std::string>;

// As `aws logs filter-log-events` prints it.
constexpr std::string_view kDocument = R"({
    "events": [
        {
            "logStreamName": "flow",
            "timestamp": 1795317300123,
            "message": "{\"time\":\"2026-11-22T03:15:00.123Z\",\"dhost\":\"a\"}",
            "ingestionTime": 1795317301000,
            "eventId": "1"
        },
        {
            "logStreamName": "config",
            "timestamp": 1795317300124,
            "message": "second \u00df \ud83d\ude00 [{\"}] \\",
            "ingestionTime": 1795317301000,
            "eventId": "2"
        }
    ],
    "searchedLogStreams": [
        {
            "logStreamName": "flow",
            "searchedCompletely": true
        }
    ],
    "nextToken": "to}ken"
}
)";

// A gateway's own lines.
constexpr std::string_view kLines =
    R"({"time":"2026-11-22T03:15:00.123Z","dhost":"a","n":1}
{"time":"2026-11-22T03:15:00.124Z","dhost":"b","x":"}{"}
{"@timestamp":1795317300125,"@ingestionTime":1795317301000,"@message":"any text"}
)";

TEST(ImportReader, ReadsADocumentOfFilterLogEvents) {
  const auto reading = read(kDocument);
  EXPECT_TRUE(reading.problems.empty()) << reading.told()[0];
  ASSERT_EQ(reading.events.size(), 2U);
  EXPECT_EQ(reading.events[0].timestamp, 1'795'317'300'123);
  EXPECT_EQ(reading.events[0].stream, "flow");
  EXPECT_EQ(reading.events[0].id, "1");
  EXPECT_EQ(reading.events[0].message, R"({"time":"2026-11-22T03:15:00.123Z","dhost":"a"})");
  EXPECT_EQ(reading.events[1].stream, "config");
  EXPECT_EQ(reading.events[1].message, "second ß 😀 [{\"}] \\");
}

TEST(ImportReader, ReadsGetLogEventsAndOtherOrdersOfMembers) {
  const auto reading = read(R"({"nextForwardToken":"f/1","events":[{"timestamp":1,"message":"a",
"ingestionTime":2},{"message":"b","timestamp":2}],"nextBackwardToken":"b/1"}{"events":[]})");
  EXPECT_TRUE(reading.problems.empty());
  EXPECT_EQ(reading.messages(), (Strings{"a", "b"}));
  EXPECT_EQ(reading.events[0].stream, "");
  EXPECT_EQ(reading.events[0].id, "");
}

TEST(ImportReader, ReadsLines) {
  const auto reading = read(kLines);
  EXPECT_TRUE(reading.problems.empty());
  EXPECT_EQ(reading.messages(),
            (Strings{R"({"time":"2026-11-22T03:15:00.123Z","dhost":"a","n":1})",
                     R"({"time":"2026-11-22T03:15:00.124Z","dhost":"b","x":"}{"})", "any text"}));
  EXPECT_EQ(reading.events[1].timestamp, 1'795'317'300'124);
  EXPECT_EQ(reading.events[2].timestamp, 1'795'317'300'125);
}

TEST(ImportReader, ReadsListsAndObjectsOverSeveralLines) {
  // `jq '[.events[].message | fromjson]'`
  const auto pretty = read(R"([
  {
    "time": "2026-11-22T03:15:00.123Z",
    "dhost": "a b",
    "deep": [ 1, { "x": null } ]
  },
  {
    "time": "2026-11-22T04:15:00+01:00"
  }
]
)");
  EXPECT_TRUE(pretty.problems.empty());
  EXPECT_EQ(pretty.messages(),
            (Strings{R"({"time":"2026-11-22T03:15:00.123Z","dhost":"a b","deep":[1,{"x":null}]})",
                     R"({"time":"2026-11-22T04:15:00+01:00"})"}));
  EXPECT_EQ(pretty.events[1].timestamp, 1'795'317'300'000);
  // `--query events`, and a compact list.
  EXPECT_EQ(read(R"([{"timestamp":1,"message":"a"},{"timestamp":2,"message":"b"}])").messages(),
            (Strings{"a", "b"}));
}

TEST(ImportReader, ReadsAMixtureInPiecesOfAnySize) {
  const std::string text = "\xEF\xBB\xBF" + std::string(kDocument) + std::string(kLines) + "\r\n" +
                           std::string(kDocument) + R"([{"timestamp":1,"message":"x"}])";
  const auto whole = read(text);
  EXPECT_TRUE(whole.problems.empty()) << whole.told()[0];
  EXPECT_EQ(whole.events.size(), 8U);
  for (std::size_t piece = 1; piece < 200; ++piece) {
    const auto reading = read(text, piece);
    EXPECT_EQ(reading.messages(), whole.messages()) << piece;
    EXPECT_TRUE(reading.problems.empty()) << piece;
  }
}

TEST(ImportReader, KeepsEveryByteOfAnEnvelope) {
  std::string message;
  for (int c = 0; c < 256; ++c) message += static_cast<char>(c);
  std::string line;
  store::append_line(line, 5, 6, message);
  const auto reading = read(line);
  EXPECT_TRUE(reading.problems.empty());
  ASSERT_EQ(reading.events.size(), 1U);
  EXPECT_EQ(reading.events[0].message, message);
  EXPECT_EQ(reading.events[0].timestamp, 5);
}

struct Broken {
  std::string_view text;
  Strings messages, told;
};

const std::vector<Broken> kBroken = {
    {"", {}, {}},
    {"\n \n", {}, {}},
    {"hello\n", {}, {"1: this is no JSON"}},
    {"hello\nworld\n{\"timestamp\":1,\"message\":\"a\"}\nagain\n",
     {"a"},
     {"1: this is no JSON", "4: this is no JSON"}},
    // Torn lines.
    {"{\"timestamp\":1,\"message\":\"a\n{\"timestamp\":2,\"message\":\"b\"}\n",
     {"b"},
     {"1: a line ends inside a string"}},
    {"{\"timestamp\":1,\"mess\n{\"timestamp\":2,\"message\":\"b\"}\n",
     {"b"},
     {"1: a line ends inside a string"}},
    {"{\"timestamp\":1,\n{\"timestamp\":2,\"message\":\"b\"}\n",
     {"b"},
     {"1: the object does not end"}},
    {"{\"timestamp\":1,\"message\":\"a\"}}\n{\"timestamp\":2,\"message\":\"b\"}\n",
     {"a", "b"},
     {"1: this is no JSON"}},
    {"{\"timestamp\":1,\"message\":\"a\"}\n{\"timestamp\":2,\"message\":",
     {"a"},
     {"2: the object does not end"}},
    // Events without what an event needs.
    {R"({"events":[{"timestamp":1},{"timestamp":"1","message":"x"},
{"timestamp":1,"message":7},{"timestamp":1,"message":""},{"timestamp":-1,"message":"x"},
{"timestamp":2,"message":"b"}]})",
     {"b"},
     {"1: neither an event (timestamp and message) nor a log line (time)",
      "1: neither an event (timestamp and message) nor a log line (time)",
      "2: neither an event (timestamp and message) nor a log line (time)",
      "2: the message is empty", "2: the timestamp is no number of milliseconds since 1970"}},
    {"{\"time\":\"2h\"}\n{\"time\":\"2026-11-22\"}\n{\"time\":\"yesterday\\u001b\"}\n",
     {},
     {"1: \"2h\" is no time of RFC 3339", "2: \"2026-11-22\" is no time of RFC 3339",
      "3: \"yesterday\\x1b\" is no time of RFC 3339"}},
    {"{\"timestamp\":1,\"message\":\"\xff\"}\n{\"timestamp\":2,\"message\":\"b\"}\n",
     {"b"},
     {"1: no JSON: syntax error"}},
    // A document that was cut off, and the next one.
    {"{\n  \"events\": [\n    {\n      \"timestamp\": 1,\n      \"message\": \"a\"\n    },\n"
     "    {\n      \"timestamp\": 2,\n{\n  \"events\": [\n    {\n      \"timestamp\": 3,\n"
     "      \"message\": \"c\"\n    }\n  ]\n}\n",
     {"a", "c"},
     {"7: the object does not end", "1: the document does not end"}},
    {"{\"events\":[{\"timestamp\":1,\"message\":\"a\"}", {"a"}, {"1: the document does not end"}},
    {"{\"events\":[{\"timestamp\":1,\"message\":\"a\"}],\"x\":\"",
     {"a"},
     {"1: the document does not end"}},
    {"[{\"timestamp\":1,\"message\":\"a\"},", {"a"}, {"1: the list does not end"}},
    // A broken event inside a document: its neighbours stay.
    {"{\n\"events\": [\n  {\n    \"timestamp\": 1,\n    \"message\": \"a\n  },\n"
     "  {\n    \"timestamp\": 2,\n    \"message\": \"b\"\n  }\n],\n\"searchedLogStreams\": "
     "[]\n}\n",
     {"b"},
     {"3: a line ends inside a string"}},
    {"{\"timestamp\":1,\"message\":\"a\",}\n{\"timestamp\":2,\"message\":\"b\"}\n",
     {"b"},
     {"1: no JSON: syntax error"}},
};

TEST(ImportReader, LosesNothingAroundWhatIsBroken) {
  for (const Broken& c : kBroken) {
    for (const std::size_t piece : {SIZE_MAX, std::size_t{1}, std::size_t{7}}) {
      const auto reading = read(c.text, piece);
      EXPECT_EQ(reading.messages(), c.messages) << c.text;
      EXPECT_EQ(reading.told(), c.told) << c.text;
    }
  }
}

TEST(ImportReader, CostsNothingByDepthAndLittleBySize) {
  const std::string good = "\n{\"timestamp\":2,\"message\":\"b\"}\n";
  const auto deep = read("{\"a\":" + std::string(1'000'000, '[') + good);
  EXPECT_EQ(deep.messages(), Strings{"b"});
  EXPECT_EQ(deep.told(), Strings{"1: the object does not end"});
  const auto nested = read("{\"time\":\"2026-11-22T03:15:00Z\",\"a\":" + std::string(100, '[') +
                           std::string(100, ']') + "}" + good);
  EXPECT_EQ(nested.messages(), Strings{"b"});
  EXPECT_EQ(nested.told(), Strings{"1: no JSON: too deep"});
  const auto large =
      read("{\"timestamp\":1,\"message\":\"" +
               std::string(ImportReader::kObjectBytesMax + 200'000, 'x') + "\"}" + good,
           1UL << 16U);
  EXPECT_EQ(large.messages(), Strings{"b"});
  EXPECT_EQ(large.told(), Strings{"1: an object of more than 8388608 bytes"});
  const auto heavy = read("{\"timestamp\":1,\"message\":\"" +
                          std::string(store::kMessageBytesMax + 1, 'x') + "\"}" + good);
  EXPECT_EQ(heavy.messages(), Strings{"b"});
  EXPECT_EQ(heavy.told(), Strings{"1: the message has 1048577 bytes; 1048576 are the most"});
}

// Whatever is cut out of good lines or changed in them: every line that was not touched is read.
TEST(ImportReader, NeverLosesALineThatWasNotTouched) {
  for (unsigned seed = 0; seed < 2000; ++seed) {
    std::mt19937 random(seed);
    const auto pick = [&](std::size_t most) { return std::size_t{random() % most}; };
    std::vector<std::string> lines;
    for (std::size_t i = 0; i < 6; ++i) {
      lines.push_back("{\"time\":\"2026-11-22T03:15:00.00" + std::to_string(i) +
                      "Z\",\"dhost\":\"h\\\"" + std::to_string(i) + "\",\"x\":{\"y\":[1]}}");
    }
    const std::size_t victim = pick(lines.size());
    std::string broken = lines[victim];
    if (pick(2) == 0) {
      broken.resize(pick(broken.size()));
    } else {
      constexpr std::string_view kBytes = "{}[]\",:\\ a\x1b\xff";
      broken[1 + pick(broken.size() - 1)] = kBytes[pick(kBytes.size())];
    }
    std::string text;
    for (std::size_t i = 0; i < lines.size(); ++i) text += (i == victim ? broken : lines[i]) + "\n";
    const auto messages = read(text, 1 + pick(50)).messages();
    for (std::size_t i = 0; i < lines.size(); ++i) {
      if (i == victim) continue;
      EXPECT_EQ(std::ranges::count(messages, lines[i]), 1) << seed << "\n" << text;
    }
  }
}

}  // namespace
}  // namespace dn::cli
