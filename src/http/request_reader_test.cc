#include "http/request_reader.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <random>

namespace dn::http {
namespace {

using Step = RequestReader::Step;

constexpr std::size_t kBodyMax = 1000;

struct Outcome {
  std::vector<Request> requests;
  int refused = 0;  // status
  bool operator==(const Outcome&) const = default;
};

// All requests in the bytes, which come in pieces of `piece` bytes.
Outcome read_all(std::string_view bytes, std::size_t piece) {
  RequestReader reader(kBodyMax);
  Outcome outcome;
  while (!bytes.empty()) {
    Step step = reader.feed(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
    while (step == Step::Done || step == Step::SendContinue) {
      if (step == Step::Done) outcome.requests.push_back(reader.take_request());
      step = reader.feed("");
    }
    if (step == Step::Refused) {
      outcome.refused = reader.refusal().status;
      return outcome;
    }
  }
  return outcome;
}

bool same(const Request& a, const Request& b) {
  return a.method == b.method && a.target == b.target && a.headers == b.headers && a.body == b.body;
}

// However the bytes are cut, the outcome is the same.
Outcome read_in_every_way(std::string_view bytes) {
  Outcome whole = read_all(bytes, bytes.size());
  for (const std::size_t piece : {1U, 2U, 3U, 7U, 100U}) {
    const Outcome other = read_all(bytes, piece);
    EXPECT_EQ(other.refused, whole.refused) << "in pieces of " << piece << ": " << bytes;
    EXPECT_EQ(other.requests.size(), whole.requests.size()) << bytes;
    for (std::size_t i = 0; i < std::min(other.requests.size(), whole.requests.size()); ++i) {
      EXPECT_TRUE(same(other.requests[i], whole.requests[i])) << bytes;
    }
  }
  return whole;
}

TEST(RequestReader, ReadsRequestsOneAfterTheOther) {
  const Outcome outcome = read_in_every_way(
      "GET /a HTTP/1.1\r\nHost: h\r\nX: 1\r\nx: 2\r\n\r\n"
      "POST / HTTP/1.1\r\nhost:h\r\nContent-Length: 5\r\n\r\nabcde\r\n"
      "PUT /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3;ext=\"a\"\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: x\r\n\r\n"
      "HEAD /d HTTP/1.0\r\n\r\n");
  EXPECT_EQ(outcome.refused, 0);
  ASSERT_EQ(outcome.requests.size(), 4U);
  EXPECT_EQ(outcome.requests[0].method, "GET");
  EXPECT_EQ(outcome.requests[0].target, "/a");
  using Headers = decltype(Request::headers);
  EXPECT_EQ(outcome.requests[0].headers, (Headers{{"Host", "h"}, {"X", "1"}, {"x", "2"}}));
  EXPECT_EQ(outcome.requests[1].body, "abcde");
  EXPECT_EQ(outcome.requests[2].body, "abcde");
  EXPECT_EQ(outcome.requests[2].header("Trailer"), "");  // too late to mean anything
  EXPECT_EQ(outcome.requests[3].method, "HEAD");
}

TEST(RequestReader, RefusesWhatTwoReadersCouldTakeDifferently) {
  struct Case {
    std::string_view name, fields;
    int status;
  };
  for (const auto& [name, fields, status] : std::initializer_list<Case>{
           {"both lengths", "Content-Length: 3\r\nTransfer-Encoding: chunked", 400},
           {"both lengths, reversed", "Transfer-Encoding: chunked\r\nContent-Length: 3", 400},
           {"two lengths", "Content-Length: 3\r\nContent-Length: 4", 400},
           {"the same length twice", "Content-Length: 3\r\nContent-Length: 3", 400},
           {"a list of lengths", "Content-Length: 3, 3", 400},
           {"a signed length", "Content-Length: +3", 400},
           {"a negative length", "Content-Length: -3", 400},
           {"a hexadecimal length", "Content-Length: 0x3", 400},
           {"an empty length", "Content-Length: ", 400},
           {"a length beyond 64 bits", "Content-Length: 18446744073709551616", 400},
           {"chunked twice", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", 400},
           {"chunked in a list", "Transfer-Encoding: gzip, chunked", 501},
           {"chunked not last", "Transfer-Encoding: chunked, identity", 501},
           {"another coding", "Transfer-Encoding: gzip", 501},
           {"a coding in disguise", "Transfer-Encoding: xchunked", 501},
           {"a coding with a parameter", "Transfer-Encoding: chunked;a=b", 501},
           {"a blank before the colon", "Content-Length : 3", 400},
           {"a blank before the name", " Content-Length: 3", 400},
           {"a folded field", "X: a\r\n b", 400},
           {"a folded field with a tab", "X: a\r\n\tb", 400},
           {"a NUL", std::string_view("X: a\0b", 6), 400},
           {"a lone CR", "X: a\rb", 400},
           {"a lone LF", "X: a\nY: b", 400},
           {"an empty name", ": x", 400},
           {"no colon", "Content-Length", 400},
           {"a second Host", "Host: other", 400},
       }) {
    const std::string bytes =
        fmt::format("POST / HTTP/1.1\r\nHost: h\r\n{}\r\n\r\nabc\r\n0\r\n\r\n", fields);
    const Outcome outcome = read_in_every_way(bytes);
    EXPECT_EQ(outcome.refused, status) << name;
    EXPECT_TRUE(outcome.requests.empty()) << name;
  }
}

TEST(RequestReader, RefusesOtherLines) {
  struct Case {
    std::string_view line;
    int status;
  };
  for (const auto& [line, status] : std::initializer_list<Case>{
           {"GET / HTTP/2.0", 505},
           {"GET / HTTP/1.2", 505},
           {"GET / HTTP/0.9", 505},
           {"GET /", 400},
           {"GET  / HTTP/1.1", 400},
           {"GET / x HTTP/1.1", 505},
           {"G(T / HTTP/1.1", 400},
           {"GET /\x01 HTTP/1.1", 400},
           {"GET http://h/ HTTP/1.1", 400},
           {"CONNECT h:1 HTTP/1.1", 400},
           {"GET x HTTP/1.1", 400},
           {" GET / HTTP/1.1", 400},
       }) {
    EXPECT_EQ(read_in_every_way(fmt::format("{}\r\nHost: h\r\n\r\n", line)).refused, status)
        << line;
  }
  EXPECT_EQ(read_in_every_way("GET / HTTP/1.1\r\n\r\n").refused, 400) << "no Host";
  EXPECT_EQ(
      read_in_every_way("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n").refused,
      400);
  EXPECT_EQ(read_in_every_way("GET / HTTP/1.1\r\nHost: h\r\nExpect: tea\r\n\r\n").refused, 417);
  EXPECT_EQ(read_in_every_way("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n").refused, 0);
}

TEST(RequestReader, RefusesBrokenChunks) {
  for (const std::string_view chunks :
       {"x\r\n", "-1\r\n", "3\r\nabcd\r\n", "3\r\nab\r\n0\r\n\r\n", "3 \r\nabc\r\n",
        "3\nabc\r\n0\r\n\r\n", "11111111111111111\r\n", "0\r\nBad Trailer: x\r\n\r\n",
        "0\r\nContent-Length: 3\r\n\r\n"}) {
    const std::string bytes =
        fmt::format("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n{}", chunks);
    const Outcome outcome = read_in_every_way(bytes + std::string(20, '\r'));
    EXPECT_NE(outcome.refused, 0) << chunks;
    EXPECT_TRUE(outcome.requests.empty()) << chunks;
  }
}

TEST(RequestReader, KeepsItsLimits) {
  const auto with = [](std::string_view fields, std::string_view rest = "") {
    return read_in_every_way(fmt::format("POST / HTTP/1.1\r\nHost: h\r\n{}\r\n{}", fields, rest))
        .refused;
  };
  const auto field = [](std::size_t size) { return "X: " + std::string(size, 'x') + "\r\n"; };
  EXPECT_EQ(with(field(kHeadBytesMax - 100)), 0);
  EXPECT_EQ(with(field(kHeadBytesMax)), 431);
  std::string many;
  for (std::size_t i = 1; i < kHeadFieldsMax; ++i) many += "a: b\r\n";
  EXPECT_EQ(with(many), 0);
  EXPECT_EQ(with(many + "a: b\r\n"), 431);
  const std::string body(kBodyMax, 'x');
  EXPECT_EQ(with(fmt::format("Content-Length: {}\r\n", kBodyMax), body), 0);
  EXPECT_EQ(with(fmt::format("Content-Length: {}\r\n", kBodyMax + 1)), 413);
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  EXPECT_EQ(with(chunked, fmt::format("{:x}\r\n{}\r\n0\r\n\r\n", kBodyMax, body)), 0);
  EXPECT_EQ(with(chunked, fmt::format("{:x}\r\n{}\r\n1\r\n", kBodyMax, body)), 413);
  const std::string extension(kChunkLineBytesMax, 'x');
  EXPECT_EQ(with(chunked, "1;" + extension), 400);
  EXPECT_EQ(with(chunked, "0\r\nX: " + extension), 400);
  const std::string target(kTargetBytesMax, 'x');
  EXPECT_EQ(read_in_every_way(fmt::format("GET /{} HTTP/1.1\r\nHost: h\r\n\r\n", target)).refused,
            414);
}

TEST(RequestReader, StoresNothingForAnAnnouncedLength) {
  RequestReader reader(1UL << 40U);
  EXPECT_EQ(reader.feed("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000000000\r\n\r\n"),
            Step::NeedMore);
  EXPECT_TRUE(reader.in_body());
  EXPECT_LT(reader.held_bytes(), 10'000U);
}

TEST(RequestReader, AsksToSendContinueOnlyWhereTheClientWaits) {
  const std::string head =
      "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n";
  RequestReader reader(kBodyMax);
  EXPECT_EQ(reader.feed(head), Step::SendContinue);
  EXPECT_EQ(reader.feed(""), Step::NeedMore);
  EXPECT_EQ(reader.feed("ok"), Step::Done);
  EXPECT_EQ(reader.take_request().body, "ok");
  EXPECT_EQ(reader.feed(head + "ok"), Step::Done);
  EXPECT_EQ(reader.take_request().body, "ok");
  EXPECT_EQ(reader.feed("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n\r\n"), Step::Done);
}

TEST(RequestReader, KnowsWhenARequestHasBegun) {
  RequestReader reader(kBodyMax);
  EXPECT_FALSE(reader.began());
  EXPECT_EQ(reader.feed("\r\n\r\n"), Step::NeedMore);
  EXPECT_FALSE(reader.began());
  EXPECT_EQ(reader.feed("GET / HTTP/1.1\r\n"), Step::NeedMore);
  EXPECT_TRUE(reader.began());
  EXPECT_EQ(reader.feed("Host: h\r\nConnection: close\r\n\r\nGET"), Step::Done);
  EXPECT_TRUE(reader.wants_close());
  EXPECT_TRUE(reader.began());
}

}  // namespace
}  // namespace dn::http
