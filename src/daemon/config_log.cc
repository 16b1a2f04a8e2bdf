#include "daemon/config_log.h"

#include <algorithm>

#include "daemon/clock.h"

namespace dn::daemon {
void ConfigLog::write(const records::ConfigRecord& record) {
  std::string line;
  append_json_line(line, record, instance_);
  store_.post(store::Stream::Config, line);
}

void ConfigLog::write_changes(const policy::Findings& before, const policy::Findings& after) {
  constexpr std::size_t kBlockBytes = 1U << 18U;
  const WallTime time = read_clock(false).wall;
  std::string lines;
  for (const policy::Finding& finding : diff_findings(before, after)) {
    records::ConfigRecord record;
    record.time = time;
    record.cat = to_text(finding.category);
    record.outcome = to_text(finding.outcome);
    std::string client;
    if (finding.client) {
      const bool single = finding.client->length == 32;
      client = single ? to_text(finding.client->base) : to_text(*finding.client);
      (single ? record.client : record.subnet) = client;
    }
    record.gid = finding.gid;
    record.addr = finding.addr;
    record.proto = finding.proto;
    record.thru_date = finding.thru_date;
    record.http_path = finding.http_path;
    record.reason = finding.reason;
    append_json_line(lines, record, instance_);
    if (lines.size() < kBlockBytes) continue;
    store_.post(store::Stream::Config, lines);
    lines.clear();
  }
  if (!lines.empty()) store_.post(store::Stream::Config, lines);
}

void ConfigLog::write_self(std::string_view outcome, std::string_view reason) {
  records::ConfigRecord record;
  record.time = read_clock(false).wall;
  record.cat = "self";
  record.outcome = outcome;
  record.reason = reason;
  write(record);
}

void ConfigLog::write_problems(const std::vector<std::string>& before,
                               const std::vector<std::string>& after) {
  for (const std::string& problem : after) {
    if (!std::ranges::binary_search(before, problem)) write_self("warning", problem);
  }
  for (const std::string& problem : before) {
    if (!std::ranges::binary_search(after, problem)) write_self("accepted", "over: " + problem);
  }
}

void ConfigLog::write_name(std::string_view outcome, std::string_view name,
                           std::string_view reason) {
  records::ConfigRecord record;
  record.time = read_clock(false).wall;
  record.cat = "addr";
  record.outcome = outcome;
  record.addr = name;
  record.reason = reason;
  write(record);
}

}  // namespace dn::daemon
