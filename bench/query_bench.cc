// How fast filter patterns go through log lines: gigabytes per second, one core.
//
//     query_bench             the recipes over 16 MiB of flow lines, in blocks of 1 MiB
//
// Blocks are in memory and padded, as the store hands them out. `find` is next_match() over the
// blocks, what FilterLogEvents does with plain lines; `each` asks matches() for every line, what
// remains for other messages; the share of matching lines is printed, since it decides. Every
// pattern runs over lines of which 2 % are disallowed, and over lines of which 30 % are.
// Target: `find` at 1 GB/s or more for each recipe.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "query/filter_pattern.h"
#include "records/testing/flow_lines.h"

namespace {

using Clock = std::chrono::steady_clock;
using dn::query::FilterMatcher;
using dn::query::FilterPattern;

constexpr std::size_t kLines = 50'000;
constexpr std::size_t kBlockBytes = 1 << 20;
constexpr unsigned kRounds = 15;

constexpr const char* kPatterns[] = {
    "",
    R"({$.dhost != "" && $.see_thru_gid = sg-00replaceme00 && $.see_thru_exerted is true})",
    R"({ $.outcome = "disallowed" })",
    R"({ $.outcome = "allowed" && $.proto != "tls" })",
    R"({ $.outcome = "allowed" && $.proto = "tls" })",
    R"({ $.cat = "client" && $.src = "172.16.1.9" && $.dhost != "api.github.com" })",
    R"({ $.see_thru_days_remaining <= 2 })",
    R"({ $.see_thru_exerted is true && $.dhost != "ec2-instance-connect.*" })",
    R"({ $.dpt = 443 })",
    R"({ $.dpt != 443 && $.http_path NOT EXISTS })",
    R"({ $.http_path NOT EXISTS })",
    R"({ $.dhost = %^api|^cdn% })",
    R"({ $.dhost = %^api-[0-9]{1,3}\.service% })",
    R"({ $.dhost = "*github*" })",
    "disallowed",
    "?ssh ?http",
    "-allowed",
    R"("\"proto\":\"ssh\"" -disallowed)",
    "%dns-[a-z]+%",
    R"([..., reason = *dns*])",
};

// Whole lines of about 1 MiB, each block with its padding.
std::vector<std::string> blocks_of(const std::string& lines) {
  std::vector<std::string> blocks;
  for (std::size_t at = 0; at < lines.size();) {
    std::size_t end = std::min(at + kBlockBytes, lines.size());
    end = std::min(lines.find('\n', end - 1) + 1, lines.size());
    blocks.push_back(lines.substr(at, end - at));
    blocks.back().resize(end - at + dn::records::kMessagePadding, ' ');
    at = end;
  }
  return blocks;
}

std::string_view text_of(const std::string& block) {
  return std::string_view(block).substr(0, block.size() - dn::records::kMessagePadding);
}

std::size_t find_all(FilterMatcher& matcher, std::string_view lines) {
  std::size_t found = 0;
  for (std::size_t at = 0; const auto line = matcher.next_match(lines, at); ++found) {
    at = static_cast<std::size_t>(line->data() - lines.data()) + line->size() + 1;
  }
  return found;
}

std::size_t ask_each(FilterMatcher& matcher, std::string_view lines) {
  std::size_t found = 0;
  for (std::size_t at = 0; at < lines.size();) {
    const std::size_t end = lines.find('\n', at);
    found += matcher.matches(lines.substr(at, end - at)) ? 1U : 0U;
    at = end + 1;
  }
  return found;
}

// Gigabytes per second. Each block counts with its best round: whatever else runs on the machine
// only ever adds to the time, and a block that was just decompressed is in the cache too.
template <class Search>
double measure(const std::vector<std::string>& blocks, std::size_t& found, Search search) {
  double seconds = 0;
  std::size_t bytes = 0;
  found = 0;
  for (const std::string& block : blocks) {
    double best = 1e9;
    std::size_t found_here = 0;
    for (unsigned round = 0; round < kRounds; ++round) {
      const auto start = Clock::now();
      found_here = search(text_of(block));
      best = std::min(best, std::chrono::duration<double>(Clock::now() - start).count());
    }
    seconds += best;
    found += found_here;
    bytes += block.size();
  }
  return static_cast<double>(bytes) / 1e9 / seconds;
}

void run(unsigned disallowed_per_mille) {
  const auto blocks = blocks_of(dn::records::testing::make_flow_lines(
      {.lines = kLines, .disallowed_per_mille = disallowed_per_mille}));
  fmt::print("{:>4} per mille of the connections disallowed\n", disallowed_per_mille);
  fmt::print("{:>9} {:>9} {:>9}  pattern\n", "matching", "find", "each");
  for (const char* text : kPatterns) {
    const auto pattern = FilterPattern::compile(text);
    if (!pattern) {
      fmt::print("WRONG: {}: {}\n", text, pattern.error().message);
      continue;
    }
    FilterMatcher matcher(*pattern);
    std::size_t found = 0, asked = 0;
    const double find =
        measure(blocks, found, [&](std::string_view lines) { return find_all(matcher, lines); });
    const double each =
        measure(blocks, asked, [&](std::string_view lines) { return ask_each(matcher, lines); });
    fmt::print("{:>8.1f}% {:>9.2f} {:>9.2f}  {}\n",
               100.0 * static_cast<double>(found) / static_cast<double>(kLines), find, each, text);
    if (found != asked) fmt::print("WRONG: {} found, {} match\n", found, asked);
    std::fflush(stdout);
  }
}

}  // namespace

int main() {
  run(20);
  run(450);  // of the lines about 30 %, as an allowed connection has two
}
