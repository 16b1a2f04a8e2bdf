#include "cli/log_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/readable.h"
#include "base/time.h"
#include "base/utf8.h"
#include "records/json_text.h"
#include "review/flow_line.h"

namespace dn::cli {
namespace {

constexpr std::size_t kWide = 2;             // the column that may be cut besides the last
constexpr std::size_t kWideMax = 64;         // characters; longer cells stand out
constexpr std::size_t kWideMin = 24;         // on a narrow terminal
constexpr std::size_t kLastMin = 24;         // likewise
constexpr std::size_t kCellBytesMax = 4096;  // of a message that is no line of the log

constexpr std::array<std::string_view, 5> kFlowTitles = {"TIME", "OUTCOME", "CONNECTION",
                                                         "PROTOCOL", "REASON"};
constexpr std::array<std::string_view, 5> kConfigTitles = {"TIME", "OUTCOME", "WHAT", "GROUP",
                                                           "REASON"};

// "2026-11-22 03:15:00.123", UTC.
std::string format_moment(std::int64_t timestamp) {
  std::string text = records::format_time(WallTime(std::chrono::milliseconds(timestamp)));
  text[10] = ' ';
  text.pop_back();
  return text;
}

std::string join_words(std::initializer_list<std::string_view> words) {
  std::string text;
  for (const std::string_view word : words) {
    if (word.empty()) continue;
    if (!text.empty()) text += ' ';
    text += word;
  }
  return text;
}

Colour colour_of(std::string_view outcome) {
  if (outcome == "allowed" || outcome == "accepted") return Colour::Good;
  if (outcome == "disallowed" || outcome == "rejected") return Colour::Bad;
  return outcome == "warning" ? Colour::Warning : Colour::None;
}

// The client stands on the left, whoever sent the packet.
std::string connection_of(const review::FlowLine& line) {
  if (line.cat == "server") return fmt::format("{} ← {}:{}", line.dst, line.dhost, line.spt);
  return fmt::format("{} → {}:{}", line.src, line.dhost, line.dpt);
}

// The group of a see-thru stands last: it is cut first.
std::string reason_of(const review::FlowLine& line) {
  if (line.see_thru_exerted != true) return line.reason;
  const int days = line.see_thru_days.value_or(0);
  return fmt::format("see-thru, {} day{} left: {} ({})", days, days == 1 ? "" : "s", line.reason,
                     line.see_thru_gid);
}

}  // namespace

LogTable::LogTable(LogKind kind, std::size_t columns, bool colour)
    : kind_(kind),
      columns_(columns),
      colour_(colour) {}

LogTable::Row LogTable::flow_row(std::int64_t timestamp, std::string_view message) const {
  const auto line = review::parse_flow_line(message);
  if (!line) return {{format_moment(timestamp), "", "", "", std::string(message)}, Colour::None};
  const bool exerted = line->see_thru_exerted == true;
  return {{format_moment(timestamp), line->outcome, connection_of(*line),
           join_words({line->proto, line->proto_v}), reason_of(*line)},
          exerted ? Colour::Warning : colour_of(line->outcome)};
}

LogTable::Row LogTable::config_row(std::int64_t timestamp, std::string_view message) const {
  const auto object = review::parse_log_object(message);
  const auto text = [&](std::string_view name) { return review::text_of(*object, name); };
  if (!object || text("outcome").empty() || text("cat").empty()) {
    return {{format_moment(timestamp), "", "", "", std::string(message)}, Colour::None};
  }
  return {{format_moment(timestamp), std::string(text("outcome")),
           join_words({text("cat"), text("proto"), text("addr"), text("thru_date"), text("client"),
                       text("subnet"), text("http_path")}),
           std::string(text("gid")), std::string(text("reason"))},
          colour_of(text("outcome"))};
}

void LogTable::add(std::int64_t timestamp, std::string_view message) {
  Row row = kind_ == LogKind::Flow ? flow_row(timestamp, message) : config_row(timestamp, message);
  for (std::size_t i = 0; i < kColumns; ++i) {
    row.cells[i] = printable(row.cells[i], kCellBytesMax);
  }
  rows_.push_back(std::move(row));
}

void LogTable::flush(std::ostream& out) {
  if (rows_.empty()) return;
  const auto& titles = kind_ == LogKind::Flow ? kFlowTitles : kConfigTitles;
  for (std::size_t i = 0; i + 1 < kColumns; ++i) {
    widths_[i] = std::max(widths_[i], titles[i].size());
    for (const Row& row : rows_) {
      widths_[i] = std::max(widths_[i], std::min(count_utf8(row.cells[i]), kWideMax));
    }
  }
  if (!header_printed_) {
    Row header;
    for (std::size_t i = 0; i < kColumns; ++i) header.cells[i] = titles[i];
    print(header, out);
    header_printed_ = true;
  }
  for (const Row& row : rows_) print(row, out);
  rows_.clear();
  out.flush();
}

void LogTable::print(const Row& row, std::ostream& out) const {
  std::array<std::size_t, kColumns> widths = widths_;
  std::size_t last = SIZE_MAX;
  if (columns_ != 0) {
    std::size_t taken = 0;
    for (std::size_t i = 0; i + 1 < kColumns; ++i) taken += widths[i] + 2;
    if (taken + kLastMin > columns_) {
      const std::size_t excess = taken + kLastMin - columns_;
      const std::size_t spare = widths[kWide] > kWideMin ? widths[kWide] - kWideMin : 0;
      widths[kWide] -= std::min(excess, spare);
      taken -= std::min(excess, spare);
    }
    last = taken + 1 < columns_ ? columns_ - taken : 1;
  }
  for (std::size_t i = 0; i + 1 < kColumns; ++i) {
    const std::string cell = columns_ == 0 ? row.cells[i] : cut_characters(row.cells[i], widths[i]);
    const std::size_t width = count_utf8(cell);
    out << (i == 1 ? paint(cell, row.outcome, colour_) : cell)
        << std::string(std::max(widths[i], width) - width + 2, ' ');
  }
  out << (last == SIZE_MAX ? row.cells.back() : cut_characters(row.cells.back(), last)) << "\n";
}

}  // namespace dn::cli
