// The tally of a replay where only one group is asked about; the rest stands in
// src/cli/replay_test.cc.
#include "review/replay.h"

#include <gtest/gtest.h>

#include <sstream>

#include "review/testing/policies.h"

namespace dn::review {
namespace {

using namespace testing;

std::string line(std::string_view src, std::string_view dhost) {
  return R"({"dhost":")" + std::string(dhost) + R"(","cat":"client","outcome":"allowed","src":")" +
         std::string(src) +
         R"(","dst":"198.51.100.7","dpt":443,"proto":"tls","reason":"policy:sg-x: x"})";
}

Candidate candidate() {
  auto input = one_group("sg-web", {"discriminat:tls:a.example"});
  input.clients.push_back(client("10.0.1.11", {"sg-other"}));
  return Candidate(std::move(input), suffixes(), kToday);
}

void add_lines(Replay& replay) {
  replay.add(1000, line("10.0.1.10", "a.example"));
  replay.add(1000, line("10.0.1.10", "b.example"));
  replay.add(3000, line("10.0.1.10", "b.example"));
  replay.add(1000, line("10.0.1.11", "b.example"));
  replay.add(1000, line("10.9.9.9", "b.example"));
}

TEST(Replay, CountsTheClientsOfOneGroup) {
  Replay all(candidate());
  add_lines(all);
  EXPECT_EQ(all.totals().judged, 5U);
  EXPECT_EQ(all.count_of(Change::NewlyRefused), 4U);
  EXPECT_EQ(all.rows().size(), 3U);

  Replay one(candidate(), "sg-web");
  add_lines(one);
  EXPECT_EQ(one.totals().judged, 3U);
  EXPECT_EQ(one.count_of(Change::NewlyRefused), 2U);
  ASSERT_EQ(one.rows().size(), 1U);
  EXPECT_EQ(one.rows().begin()->first.groups, "sg-web");
}

TEST(Replay, PrintsJson) {
  Replay replay(candidate(), "sg-web");
  add_lines(replay);
  std::ostringstream out;
  print_replay_json(replay, kToday, out);
  EXPECT_EQ(out.str(), R"({"changes": [
  {"change": "newly-refused", "groups": "sg-web", "proto": "tls", "port": 443, )"
                       R"("dhost": "b.example", "before": "allowed: policy:sg-x: x", )"
                       R"("now": "refused: not-allowlisted", "uncertain": false, )"
                       R"("connections": 2, "clients": 1, "first": "1970-01-01T00:00:01.000Z", )"
                       R"("last": "1970-01-01T00:00:03.000Z"}],
"see_thru_as_of": "2026-11-22", "connections": 3, "newly_refused": 2, "newly_allowed": 0, )"
                       R"("see_thru_only": 0, "not_judged": 0, "not_listed": 0}
)");
}

}  // namespace
}  // namespace dn::review
