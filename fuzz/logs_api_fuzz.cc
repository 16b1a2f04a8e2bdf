// Fuzzes logs/logs_service.h: operations and bodies over a small catalogue.
//
// The input is a script, a request per line: the operation, a blank, the body. "@id@" and "@token@"
// in it stand for the last queryId and the last token of an answer, so that a script reaches what
// needs one. Every answer is JSON with a known status, never a 5xx; pages respect their limit.
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/check.h"
#include "logs/logs_service.h"
#include "logs/request_fields.h"
#include "logs/testing/memory_catalog.h"

namespace {

using namespace dn;

constexpr std::int64_t kNow = 1'795'317'300'000;
constexpr std::size_t kRequestsMax = 16;
constexpr int kPollsMax = 1'000'000;

void fill(logs::testing::MemoryCatalog& catalog) {
  DN_CHECK(catalog.create_group("g").has_value(), "a fresh catalogue");
  for (const std::string_view stream : {"s", "t"}) {
    DN_CHECK(catalog.create_stream("g", stream).has_value(), "a fresh group");
    for (int i = 0; i < 8; ++i) {
      const std::string message = i % 2 == 0 ? R"({"a":1,"b":{"c":["x",null,true]}})" : "plain \n";
      const store::NewEvent event{kNow + i % 3, message};
      DN_CHECK(catalog.put("g", stream, {&event, 1}, kNow).has_value(), "a fresh stream");
    }
  }
  catalog.append_own("flow",
                     R"({"time":"2026-11-22T03:15:00.000Z","dhost":"a","outcome":"allowed"})");
}

struct Script {
  std::string id, token;

  std::string expand(std::string_view line) const {
    std::string text(line);
    for (const auto& [mark, value] :
         {std::pair<std::string_view, const std::string&>{"@id@", id}, {"@token@", token}}) {
      const std::size_t at = text.find(mark);
      if (at != std::string::npos) text.replace(at, mark.size(), value);
    }
    return text;
  }

  // Texts of an answer that the next requests may use.
  void learn(std::string_view body) {
    auto fields = logs::RequestFields::parse(body);
    DN_CHECK(fields.has_value(), "an answer is JSON");
    if (const auto text = fields->text("queryId", {})) id = *text;
    for (const std::string_view key : {"nextToken", "nextForwardToken"}) {
      if (const auto text = fields->text(key, {})) token = *text;
    }
  }
};

void check(const logs::ServiceAnswer& answer) {
  DN_CHECK(answer.status == 200 || answer.status == 400, "a request is good or bad");
  DN_CHECK((answer.status == 200) == answer.error_type.empty(), "an error has a type");
}

// Queries end by themselves; their results are read when they have.
void finish_query(logs::LogsService& service, const std::string& id) {
  const std::string body = R"({"queryId":")" + id + "\"}";
  for (int polls = 0; polls < kPollsMax; ++polls) {
    const auto answer = service.handle("GetQueryResults", body);
    check(answer);
    if (!answer.body.contains(R"("status":"Running")") &&
        !answer.body.contains(R"("status":"Scheduled")")) {
      return;
    }
  }
  DN_CHECK(false, "a query over a few events ends");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  logs::testing::MemoryCatalog catalog;
  fill(catalog);
  std::uint64_t random = 0;
  const auto clock = [] { return WallTime(std::chrono::milliseconds(kNow)); };
  const auto service = logs::LogsService::make(
      catalog, {.workers = 1, .clock = clock, .random = [&random] { return ++random; }});
  Script script;
  std::string_view rest = as_text(ByteSpan(data, size));
  for (std::size_t i = 0; i < kRequestsMax && !rest.empty(); ++i) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    const std::string request = script.expand(line);
    const std::size_t blank = std::min(request.find(' '), request.size());
    const std::string operation = request.substr(0, blank);
    const std::string_view body =
        std::string_view(request).substr(std::min(blank + 1, request.size()));
    if (operation == "StartLiveTail") {
      auto tail = service->start_live_tail(body);
      if (!tail.session) check(tail.error);
      for (int calls = 0; tail.session && calls < 2; ++calls) {
        DN_CHECK(!tail.session->next_frames(clock()).empty(), "there is always a frame");
      }
      continue;
    }
    const auto answer = service->handle(operation, body);
    check(answer);
    if (!answer.body.empty()) script.learn(answer.body);
    if (operation == "StartQuery" && answer.status == 200) finish_query(*service, script.id);
  }
  return 0;
}
