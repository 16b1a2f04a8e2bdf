// Console: the pages in the browser, and the interface that they ask.
//
// Theory of operation. Everything but the log API's `POST /` comes here (docs/console-api.md is the
// contract). Paths of views give the same page, whose script tells them
// apart; other files are found by exact path (console_files.h). Under /api/, and for /metrics, a
// request passes the
// guard (request_guard.h), then needs a session or a key where there are keys, then a route, then a
// JSON body, and only then is read. Answers are computed from what the sources say at that moment:
// nothing is kept here but sessions.
//
// Attacks considered: request_guard.h for other pages; frames and embedding are forbidden by
// headers, scripts that are not ours by the Content-Security-Policy, and what comes from the logs
// is JSON, which no browser runs (nosniff). Searches are long: at most kSearchesMax at once, each
// within kSearchDeadline, and kReadsMax pages of events, so that the server's other workers
// (ApiSettings::workers) are left for who asks anything else. Any number of threads. Covered by
// console_test.cc, and by tests/e2e/test_console.py with a browser.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "base/time.h"
#include "console/console_files.h"
#include "console/session_table.h"
#include "http/http_server.h"
#include "logs/logs_service.h"
#include "net/guarded.h"
#include "policy/policy_input.h"
#include "policy/policy_snapshot.h"
#include "policy/public_suffixes.h"

namespace dn::console {

inline constexpr int kSearchesMax = 2;  // of those that take long; beyond: 429
inline constexpr int kReadsMax = 3;     // FilterLogEvents; beyond: 429
inline constexpr auto kSearchDeadline = std::chrono::seconds(60);

// Immutable; shared by whoever reads it while the next one is made.
struct PolicyInForce {
  policy::PolicyInput input;
  std::shared_ptr<const policy::PolicySnapshot> snapshot;
  std::shared_ptr<const policy::PublicSuffixes> suffixes;
  bool from_cloud = false;
  std::string file;  // of the configuration
  std::uint64_t revision = 0;
};

// What the gateway's own look-ups said last of an exact name of a rule.
struct ResolvedName {
  std::string name;
  std::vector<Ipv4Address> addresses;
  std::string problem;  // why there is no usable address; empty where there is one
};

// Called by any thread. A function that is not there means: this endpoint has no such thing.
struct ConsoleSources {
  std::function<std::string()> gateway_status;  // the text of status.json; "" before there is one
  std::function<std::string()> metrics;         // Prometheus text; "" before there is one
  std::function<std::shared_ptr<const PolicyInForce>()> policy;
  std::function<std::vector<ResolvedName>()> names;
  std::function<bool(std::string_view id, std::string_view secret)> check_key;  // none: no keys
};

struct ConsoleSettings {
  ConsoleFiles files;
  ConsoleSources sources;
  bool tls = false;
  std::string group = "DiscrimiNAT";
  std::function<Now()> clock;
  std::function<std::uint64_t()> random;
};

class Console {
 public:
  Console(ConsoleSettings settings, logs::LogsService& logs)
      : settings_(std::move(settings)),
        logs_(logs) {}

  http::Response answer(const http::Request& request);
  // Searches that are under way end soon; what they would have answered is a 503.
  void stop_soon() { stopping_ = true; }

 private:
  struct Route;
  static const Route kRoutes[];
  http::Response answer_api(const http::Request& request, std::string_view path);
  http::Response answer_file(const http::Request& request, std::string_view path) const;
  // Who asks: a key's id, "" where there are no keys, nothing for a stranger.
  std::optional<std::string> find_user(const http::Request& request);
  std::string_view cookie_name() const;
  void set_cookie(std::string_view value, std::string_view age, http::Response& response) const;

  http::Response session(const http::Request& request);
  http::Response log_in(const http::Request& request);
  http::Response log_out(const http::Request& request);
  http::Response metrics(const http::Request& request);
  http::Response status(const http::Request& request);
  http::Response log_operation(const http::Request& request);
  http::Response policy_answer(const http::Request& request);

  const ConsoleSettings settings_;
  logs::LogsService& logs_;
  net::Guarded<SessionTable> sessions_;
  std::atomic<int> searches_ = 0, reads_ = 0;
  std::atomic<bool> stopping_ = false;
};

}  // namespace dn::console
