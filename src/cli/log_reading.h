// Reading events of a group through FilterLogEvents: all pages, with progress and Ctrl-C.
//
// Memory is that of one page (CloudWatch Logs: 10,000 events or 1 MB). A page may be empty while
// more follow. Covered by logs_test.cc.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "cli/arguments.h"
#include "cli/logs_client.h"
#include "cli/progress.h"
#include "cli/time_argument.h"
#include "cli/world.h"

namespace dn::cli {

struct EventQuestion {
  std::string group, stream;
  std::string pattern;              // empty: every event
  WallTime from;                    // included
  std::optional<WallTime> to = {};  // included; none: without end
};

// Views live as long as the call they are given to.
struct ReadEvent {
  std::string_view id, message;
  std::int64_t timestamp = 0, ingestion = 0;  // milliseconds since 1970
};

// An answer that is none, and an endpoint that goes round in circles, are errors. False when Ctrl-C
// ended it. `on_page_end` is given by who prints events while they come.
LogsResult<bool> read_events(LogsClient& client, const EventQuestion& question, World& world,
                             const std::function<void(const ReadEvent&)>& on_event,
                             const std::function<void()>& on_page_end = {});

// The client of a command. Empty when there is none: what is wrong is then on `world.err`.
std::unique_ptr<LogsClient> open_source(const LogsSource& source, World& world);
std::unique_ptr<LogsClient> open_place(const LogsPlace& place, const std::string& default_store,
                                       World& world);

// "discriminat: …" on world.err; the exit code.
int report_logs_error(const LogsError& error, World& world);

}  // namespace dn::cli
