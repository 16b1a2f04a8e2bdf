// Fuzzes console/: bytes of a connection → requests → answers, with keys and without.
//
// The input is what a client sends, read by the server's own reader. Every answer has a known
// status, forbids frames and guesses, and keeps what was asked out of its fields; under /api/ it is
// JSON. With keys, nobody without one gets more than the page and the question whether a login is
// needed.
#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/check.h"
#include "console/console.h"
#include "console/testing/small_policy.h"
#include "http/request_reader.h"
#include "logs/request_fields.h"
#include "logs/testing/memory_catalog.h"

namespace {

using namespace dn;

constexpr std::int64_t kNow = 1'795'317'300'000;
constexpr std::size_t kRequestsMax = 8;
constexpr std::array kStatuses = {200, 400, 401, 403, 404, 405, 415, 429};
constexpr std::array<std::string_view, 3> kOpen = {"/api/session", "/api/login", "/api/logout"};

Now now() {
  return {.monotonic = MonotonicTime{std::chrono::hours(1)},
          .wall = WallTime{std::chrono::milliseconds(kNow)}};
}

void check(const http::Request& request, const http::Response& response, bool keys) {
  DN_CHECK(std::ranges::find(kStatuses, response.status) != kStatuses.end(), "a known status");
  bool framed = true;
  for (const auto& [name, value] : response.headers) {
    DN_CHECK(name.find_first_of("\r\n:") == std::string::npos, "a name is one word");
    DN_CHECK(value.find_first_of("\r\n") == std::string::npos, "a field is one line");
    if (name == "X-Frame-Options") framed = false;
  }
  DN_CHECK(!framed, "nothing may be framed");
  const std::string_view path = request.path();
  if (!path.starts_with("/api/")) return;
  DN_CHECK(logs::RequestFields::parse(response.body).has_value() || response.body.empty(),
           "an answer is JSON");
  const bool open = std::ranges::find(kOpen, path) != kOpen.end();
  DN_CHECK(!keys || open || response.status == 401 || response.status == 403,
           "nobody can guess the key of this test");
}

void play(std::string_view bytes, bool keys) {
  static const auto policy = console::testing::small_policy();
  logs::testing::MemoryCatalog catalog;
  for (const auto& line : console::testing::small_flow_log()) catalog.append_own("flow", line);
  std::uint64_t random = 0;
  const auto next = [&random] { return ++random; };
  const auto logs = logs::LogsService::make(
      catalog, {.workers = 1, .clock = [] { return now().wall; }, .random = next});
  console::ConsoleSettings settings;
  settings.sources.policy = [] { return policy; };
  if (keys) settings.sources.check_key = [](std::string_view, std::string_view) { return false; };
  settings.clock = now;
  settings.random = next;
  console::Console console(std::move(settings), *logs);
  http::RequestReader reader(1UL << 20U);
  auto step = reader.feed(bytes);
  for (std::size_t i = 0; i < kRequestsMax && step == http::RequestReader::Step::Done; ++i) {
    const http::Request request = reader.take_request();
    check(request, console.answer(request), keys);
    step = reader.feed("");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = as_text(ByteSpan(data, size));
  play(bytes, false);
  play(bytes, true);
  return 0;
}
