#include "cli/logs.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <string>
#include <utility>

#include "base/utf8.h"
#include "cli/caret.h"
#include "cli/exit_codes.h"
#include "cli/log_reading.h"
#include "cli/log_table.h"
#include "cli/text_table.h"
#include "query/filter_pattern.h"
#include "records/json_pieces.h"
#include "review/flow_line.h"
#include "review/flow_pattern.h"

namespace dn::cli {
namespace {

using namespace std::chrono_literals;

constexpr auto kSince = 1h;
constexpr auto kSinceFollowing = 10min;
constexpr auto kPollInterval = 1s;
// How late a line may come and still be shown by --follow: gateways write within a second, and
// what is shipped to CloudWatch Logs comes in batches.
constexpr auto kLateness = 15s;
// Ids that --follow remembers; beyond, the oldest are forgotten and may be shown twice.
constexpr std::size_t kIdsMax = 500'000;

// Where lines go: the table, or JSON Lines.
class LinePrinter {
 public:
  LinePrinter(const LogsArguments& arguments, World& world)
      : arguments_(arguments),
        world_(world),
        as_table_(world.out_is_terminal && !arguments.json && arguments.stream != "metrics"),
        table_(arguments.stream == "config" ? LogKind::Config : LogKind::Flow, world.columns,
               world.colour) {}

  void print(const ReadEvent& event) {
    if (!is_wanted(event.message)) return;
    if (as_table_) {
      table_.add(event.timestamp, event.message);
    } else if (is_printable_line(event.message) && review::parse_log_object(event.message)) {
      world_.out << event.message << "\n";
    } else {
      world_.out << fmt::format("{{\"@timestamp\":{},\"@ingestionTime\":{},\"@message\":{}}}\n",
                                event.timestamp, event.ingestion,
                                records::json_long_text(event.message));
    }
  }
  void end_page() {
    if (as_table_) table_.flush(world_.out);
    world_.out.flush();
  }

 private:
  bool is_wanted(std::string_view message) const {
    if (arguments_.instances.empty()) return true;
    const auto object = review::parse_log_object(message);
    return object &&
           std::ranges::find(arguments_.instances, review::text_of(*object, "instance")) !=
               arguments_.instances.end();
  }

  const LogsArguments& arguments_;
  World& world_;
  bool as_table_;
  LogTable table_;
};

// The ids of the events that were shown, by time, as far back as --follow looks.
class ShownEvents {
 public:
  // False when it was there.
  bool add(std::int64_t timestamp, std::string_view id) {
    if (!events_.emplace(timestamp, id).second) return false;
    if (events_.size() > kIdsMax) events_.erase(events_.begin());
    return true;
  }
  void forget_before(std::int64_t timestamp) {
    events_.erase(events_.begin(), events_.lower_bound({timestamp, {}}));
  }
  std::optional<std::int64_t> newest() const {
    if (events_.empty()) return {};
    return events_.rbegin()->first;
  }

 private:
  std::set<std::pair<std::int64_t, std::string>> events_;
};

// Without --filter the endpoint can pick the instances; with one, they are picked here.
std::string pattern_of(const LogsArguments& arguments) {
  if (!arguments.filter.empty() || arguments.instances.empty()) return arguments.filter;
  std::string pattern;
  for (const std::string& instance : arguments.instances) {
    const auto text = review::pattern_text(instance);
    if (!text) return "";
    pattern += fmt::format("{}$.instance = {}", pattern.empty() ? "" : " || ", *text);
  }
  return fmt::format("{{ {} }}", pattern);
}

// A pattern that our own reader refuses too is shown with a mark under the place.
int report_error(const LogsArguments& arguments, const LogsError& error, World& world) {
  report_logs_error(error, world);
  if (error.type != "InvalidParameterException") return kExitCannot;
  const auto pattern = query::FilterPattern::compile(arguments.filter);
  if (!pattern) {
    const std::size_t at = std::min(pattern.error().offset, arguments.filter.size());
    const std::size_t start = count_utf8(std::string_view(arguments.filter).substr(0, at));
    world.err << format_caret(arguments.filter, start, start + 1);
  }
  return kExitCannot;
}

// Asks again and again until Ctrl-C. An endpoint that is away for a while is named once.
int follow(LogsClient& client, const LogsArguments& arguments, EventQuestion question,
           LinePrinter& printer, World& world) {
  ShownEvents shown;
  bool answered = false;
  bool complained = false;
  while (true) {
    const auto on_event = [&](const ReadEvent& event) {
      if (shown.add(event.timestamp, event.id)) printer.print(event);
    };
    const auto done = read_events(client, question, world, on_event, [&] { printer.end_page(); });
    if (!done && (!answered || !done.error().may_pass)) {
      return report_error(arguments, done.error(), world);
    }
    if (!done && !std::exchange(complained, true)) {
      report_logs_error(done.error(), world);
      world.err << "discriminat: asking again every second\n";
    }
    if (done) {
      answered = true;
      complained = false;
      if (const auto newest = shown.newest()) {
        const WallTime back = WallTime(std::chrono::milliseconds(*newest)) - kLateness;
        question.from = std::max(question.from, std::min(back, world.clock() - kLateness));
        shown.forget_before(question.from.time_since_epoch().count());
      }
    }
    if (!world.interrupted()) world.pause(kPollInterval);
    if (world.interrupted()) return kExitGood;
  }
}

}  // namespace

int run_logs(const LogsArguments& arguments, World& world) {
  const auto span = resolve_span(arguments.span,
                                 arguments.follow ? std::chrono::seconds(kSinceFollowing) : kSince,
                                 world.clock());
  if (!span) return report_logs_error({"", span.error().message}, world);
  const auto client = open_source(arguments.source, world);
  if (client == nullptr) return kExitCannot;
  world.watch_interrupts();
  EventQuestion question{.group = arguments.source.group,
                         .stream = arguments.stream,
                         .pattern = pattern_of(arguments),
                         .from = span->from,
                         .to = {}};
  LinePrinter printer(arguments, world);
  if (arguments.follow) return follow(*client, arguments, std::move(question), printer, world);
  question.to = span->to;
  const auto done = read_events(
      *client, question, world, [&](const ReadEvent& event) { printer.print(event); },
      [&] { printer.end_page(); });
  if (!done) return report_error(arguments, done.error(), world);
  return *done ? kExitGood : kExitInterrupted;
}

}  // namespace dn::cli
