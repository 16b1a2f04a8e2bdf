// A query reads millions of lines: one of a known group, or one that is not kept, allocates
// nothing.
#include <gtest/gtest.h>

#include <string>

#include "query/insights.h"

// A sanitizer brings its own allocator and must keep it.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

#include "base/testing/count_allocations.h"

namespace dn::query {
namespace {

std::size_t allocations_of(const char* text) {
  const auto query = InsightsQuery::compile(text);
  InsightsRun run(*query, 0);
  const std::string line =
      R"({"time":"2026-11-22T03:15:00.123Z","dhost":"api.example.com","src":"10.0.1.10",)"
      R"("dpt":443,"proto":"tls","see_thru_gid":"sg-1","see_thru_exerted":true,"s":"\u0078",)"
      R"("deep":{"list":[1,{"x":"y"}]}})";
  const std::string padded = line + std::string(records::kMessagePadding, ' ');
  records::LogEvent event;
  event.message = std::string_view(padded).substr(0, line.size());
  std::size_t before = 0;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    if (i == 500) before = allocations_for_test;
    event.key = {static_cast<std::int64_t>(1'700'000'000'000 - i), 1, 1, i};
    run.add(event, {"stream", "1:group"});
  }
  return allocations_for_test - before;
}

TEST(InsightsAllocation, NoneForAnEventOfAKnownGroup) {
  for (const char* const query : {
           "filter see_thru_exerted AND see_thru_gid = \"sg-1\" "
           "| stats count() by see_thru_exerted, see_thru_gid, dhost, proto, dpt",
           "stats count(*), sum(dpt), avg(dpt), stddev(dpt), max(dpt), min(dhost), latest(proto), "
           "count_distinct(src) by bin(1h), toupper(s)",
           "fields deep.list.1.x as x | filter x = \"y\" | stats count(*) by x, deep.list.0",
           "filter dhost like /^api/ and src in [\"10.0.1.10\"] | stats count(*) by s",
           "filter isIpv4InSubnet(src, \"10.0.0.0/8\") | stats count(*)",
       }) {
    EXPECT_EQ(allocations_of(query), 0U) << query;
  }
}

TEST(InsightsAllocation, NoneForARowThatIsNotKept) {
  for (const char* const query : {"fields dhost | limit 10", "filter dhost != \"api.example.com\"",
                                  "dedup dhost | limit 10"}) {
    EXPECT_EQ(allocations_of(query), 0U) << query;
  }
}

}  // namespace
}  // namespace dn::query

#endif
