// What an Insights query costs over flow lines: gigabytes of raw lines a second, on one core.
//
//     insights_bench [LINES]        1,000,000 lines by default, seeded
//
// Lines are written by the gateway's own writer; they stand behind each other as in a block of the
// store. Of the lines, a third belong to clients with a see-thru rule, and so do the texts that the
// recipe asks for. Each query runs over all lines several times, in processor time; the best
// counts, since whatever else runs on the machine only ever adds to it. Target: the first two at
// 0.5 GB/s.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "query/insights.h"
#include "records/flow_record.h"

namespace {

using dn::query::InsightsQuery;
using dn::query::InsightsRun;

constexpr unsigned kRounds = 5;
constexpr std::int64_t kStart = 1'795'000'000'000;  // milliseconds since 1970

struct Lines {
  std::string bytes;
  std::vector<std::size_t> ends;  // without the '\n'
};

Lines make_lines(std::size_t count) {
  Lines lines;
  std::mt19937_64 random(20261122);
  const auto below = [&random](std::size_t bound) { return random() % bound; };
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t host = below(10) < 7 ? below(40) : below(5000);
    const std::string dhost = fmt::format("api-{}.service{}.example.com", host, host % 7);
    const std::string gid = fmt::format("sg-0a1b2c3d4e5f6{:04x}", below(20));
    const std::string reason = fmt::format("policy:{}: *.service{}.example.com", gid, host % 7);
    dn::records::FlowRecord record;
    record.time = dn::WallTime(std::chrono::milliseconds(kStart + static_cast<std::int64_t>(i)));
    record.outcome =
        below(20) == 0 ? dn::records::Outcome::Disallowed : dn::records::Outcome::Allowed;
    record.cat = i % 2 == 0 ? dn::records::PacketOrigin::Client : dn::records::PacketOrigin::Server;
    record.dhost = dhost;
    record.src = {static_cast<std::uint32_t>(0x0a000000 + below(200))};
    record.dst = {static_cast<std::uint32_t>(0xc6336400 + host % 200)};
    record.spt = static_cast<dn::Port>(32768 + below(28000));
    record.dpt = 443;
    record.proto = dn::Protocol::Tls;
    record.proto_v = "1.3";
    record.reason = reason;
    record.pqc = below(2) == 0;
    record.evidence = dn::records::Evidence::Dns;
    if (below(3) == 0) {
      record.see_thru = {.days_remaining = 12, .gid = gid, .exerted = below(4) != 0};
    }
    append_json_line(lines.bytes, record, "i-0123456789abcdef0");
    lines.ends.push_back(lines.bytes.size() - 1);
  }
  lines.bytes.append(dn::records::kMessagePadding, ' ');
  return lines;
}

void measure(const Lines& lines, std::string_view text) {
  const auto query = InsightsQuery::compile(text);
  if (!query) {
    fmt::print("WRONG: {}: {}\n", text, query.error().message);
    return;
  }
  double best = 1e9;
  std::size_t rows = 0;
  for (unsigned round = 0; round < kRounds; ++round) {
    InsightsRun run(*query, kStart);
    const dn::query::EventSource source{"i-0123456789abcdef0", "000000000000:DiscrimiNAT"};
    const std::clock_t start = std::clock();
    std::size_t at = 0;
    for (std::size_t i = 0; i < lines.ends.size(); ++i) {
      dn::records::LogEvent event;
      event.key = {kStart + static_cast<std::int64_t>(i), 1, 1, at};
      event.message = std::string_view(lines.bytes).substr(at, lines.ends[i] - at);
      run.add(event, source);
      at = lines.ends[i] + 1;
    }
    rows = run.rows().size();
    best = std::min(best, static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC);
    if (!run.failure().empty()) fmt::print("WRONG: {}\n", run.failure());
  }
  const auto count = static_cast<double>(lines.ends.size());
  fmt::print("{:>6.2f} GB/s {:>6.0f} ns {:>8} rows  {}\n",
             static_cast<double>(lines.bytes.size()) / best * 1e-9, best / count * 1e9, rows, text);
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t count = 1'000'000;
  if (argc == 2) {
    const std::string_view digits = argv[1];
    std::from_chars(digits.data(), digits.data() + digits.size(), count);
  }
  const Lines lines = make_lines(count);
  fmt::print("{} lines of {:.0f} bytes\n", count,
             static_cast<double>(lines.bytes.size()) / static_cast<double>(count));
  constexpr const char* kByAll =
      "stats count() by see_thru_exerted, see_thru_gid, dhost, proto, dpt";
  measure(lines, std::string("filter see_thru_exerted AND see_thru_gid = \"sg-0a1b2c3d4e5f60003\" "
                             "| ") +
                     kByAll);
  measure(lines, kByAll);
  for (const char* const query : {
           "filter see_thru_exerted | stats count() by see_thru_gid",
           "filter outcome = \"disallowed\" | stats count(*) as n by dhost, proto | sort n desc",
           "stats count(*), count_distinct(dhost), sum(dpt), avg(spt), max(spt) by src",
           "stats count(*) by bin(5m)",
           "filter dhost like /^api-1[0-9]\\./ | stats count(*) by dhost",
           "filter @message like \"api-77.\" | fields @timestamp, src, dhost | limit 100",
           "fields @timestamp, src, dhost, reason | sort @timestamp desc | limit 100",
           "fields src, dhost, spt | sort spt desc, src asc | limit 20",
           "parse reason \"policy:*: *\" as gid, rule | stats count(*) by gid, rule",
           "fields @message",
           "dedup dhost, src",
       }) {
    measure(lines, query);
  }
  return 0;
}
