// Fuzzes query/insights.h. The input is a query, an empty line, and messages, one per line.
//
// Besides the checkers: fields do not depend on the query that asks for them, a message has fields
// only if a plain reader takes it for JSON, and parts that are merged give what the whole gives.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/check.h"
#include "query/insights.h"
#include "query/testing/plain_json.h"

namespace {

using namespace dn;
using namespace dn::query;

constexpr std::size_t kMessagesMax = 50;
constexpr std::string_view kBehind = "}]\"\\,:1{";  // begins like more JSON

// Padded copies of the messages, in memory of their own.
std::vector<std::vector<char>> read_messages(std::string_view lines) {
  std::vector<std::vector<char>> messages;
  while (!lines.empty() && messages.size() < kMessagesMax) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    std::vector<char>& message =
        messages.emplace_back(lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(end));
    for (std::size_t i = 0; i < records::kMessagePadding; ++i) {
      message.push_back(kBehind[i % kBehind.size()]);
    }
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
  return messages;
}

records::LogEvent event_of(const std::vector<char>& message, std::size_t number) {
  records::LogEvent event;
  event.key = {static_cast<std::int64_t>(1'700'000'000'000 + number / 3), number % 2, 0, number};
  event.message = {message.data(), message.size() - records::kMessagePadding};
  return event;
}

void check_fields(const records::LogEvent& event) {
  const auto fields = discovered_fields(event, {});
  const auto plain = query::testing::read_plain_fields(event.message);
  const std::size_t generated = 5;
  DN_CHECK(plain || fields.size() == generated, "only JSON objects have fields");
  const bool long_names = plain && std::ranges::any_of(*plain, [](const auto& field) {
                            return field.first.size() > 1000;
                          });
  if (!plain || long_names || plain->size() >= 1000) return;
  DN_CHECK(std::equal(fields.begin() + generated, fields.end(), plain->begin(), plain->end()),
           "the plain reader finds the same fields");
}

bool same(const std::vector<ResultRow>& a, const std::vector<ResultRow>& b) {
  return std::ranges::equal(
      a, b, [](const ResultRow& x, const ResultRow& y) { return x.cells == y.cells; });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text(ByteSpan(data, size));
  const std::size_t gap = text.find("\n\n");
  const std::string_view query = text.substr(0, gap);
  const auto messages = read_messages(gap == std::string_view::npos ? "" : text.substr(gap + 2));
  const auto compiled = InsightsQuery::compile(query);
  if (!compiled) {
    const QueryError& error = compiled.error();
    DN_CHECK(!error.message.empty() && error.start <= error.end && error.end <= query.size(),
             "an error lies inside of its query");
    return 0;
  }
  const InsightsLimits limits{.memory_bytes = 8UL << 20U};
  InsightsRun whole(*compiled, 1'800'000'000'000, limits);
  std::vector<InsightsRun> parts;
  for (int i = 0; i < 2; ++i) parts.emplace_back(*compiled, 1'800'000'000'000, limits);
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const records::LogEvent event = event_of(messages[i], i);
    check_fields(event);
    whole.add(event, {"stream", "1:group"});
    parts[i % 3 == 0 ? 0 : 1].add(event, {"stream", "1:group"});
  }
  parts[1].merge(std::move(parts[0]));
  const auto want = whole.rows();
  const bool failed = !whole.failure().empty() || !parts[1].failure().empty();
  const bool any = std::ranges::search(query, std::string_view("any"), [](char a, char b) {
                     return (a | 0x20) == b;
                   }).begin() != query.end();
  if (failed || any) return 0;
  DN_CHECK(same(want, whole.rows()), "asking for rows changes nothing");
  DN_CHECK(same(want, parts[1].rows()) || !parts[1].failure().empty(),
           "parts give what the whole gives");
  return 0;
}
