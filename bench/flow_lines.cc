// flow_lines: writes seeded, realistic flow lines to standard output, for bench/logs.
//
//     flow_lines COUNT [SEED]
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "records/testing/flow_lines.h"

int main(int count, char** words) {
  if (count < 2) {
    std::fputs("usage: flow_lines COUNT [SEED]\n", stderr);
    return 2;
  }
  dn::records::testing::FlowLinesOptions options;
  options.lines = std::strtoull(words[1], nullptr, 10);
  options.seed = count > 2 ? std::strtoull(words[2], nullptr, 10) : 1;
  const std::string lines = make_flow_lines(options);
  for (std::size_t at = 0; at < lines.size();) {
    const ssize_t sent = write(STDOUT_FILENO, lines.data() + at, lines.size() - at);
    if (sent <= 0) return 1;
    at += static_cast<std::size_t>(sent);
  }
}
