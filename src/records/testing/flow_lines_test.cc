#include "records/testing/flow_lines.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "records/testing/json_reader.h"

namespace dn::records::testing {
namespace {

TEST(FlowLines, AreWellFormedInOrderAndOfTheAskedNumber) {
  const std::string lines = make_flow_lines({.lines = 5001});
  EXPECT_EQ(std::ranges::count(lines, '\n'), 5001);
  std::string last_time;
  std::map<std::string, int> seen;
  for (std::size_t at = 0; at < lines.size();) {
    const std::size_t end = lines.find('\n', at) + 1;
    const auto fields = read_json_line(std::string_view(lines).substr(at, end - at));
    ASSERT_TRUE(fields.has_value()) << lines.substr(at, end - at);
    const std::string time = value_of(*fields, "time").value();
    EXPECT_LE(last_time, time);
    last_time = time;
    for (const char* name : {"outcome", "proto", "cat", "see_thru_exerted"}) {
      ++seen[value_of(*fields, name).value_or("none")];
    }
    at = end;
  }
  for (const char* value : {"disallowed", "tls", "ssh", "http", "server", "true", "false"}) {
    EXPECT_GT(seen[value], 10) << value;
  }
  EXPECT_NE(lines.find('\\'), std::string::npos);
}

TEST(FlowLines, DependOnTheSeedAlone) {
  EXPECT_EQ(make_flow_lines({.lines = 100}), make_flow_lines({.lines = 100}));
  EXPECT_NE(make_flow_lines({.lines = 100}), make_flow_lines({.seed = 2, .lines = 100}));
}

}  // namespace
}  // namespace dn::records::testing
