// FakeLogs: a log endpoint in memory, for tests of the commands that read logs.
//
// FilterLogEvents hands events out by time in pages of `page` events, with tokens, and takes any
// pattern without looking at it: what it was asked stands in `asked`. Other operations are answered
// by `answers`, in turn.
#pragma once

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/logs_client.h"

namespace dn::cli {

struct FakeEvent {
  std::int64_t timestamp = 0;
  std::string message;
  std::string stream = "flow";
};

struct FakeLogs {
  using Answer = LogsResult<boost::json::object>;

  std::vector<FakeEvent> events;  // in the order of their arrival, which is also their id
  std::size_t page = 1000;
  std::vector<std::pair<std::string, boost::json::object>> asked;
  std::deque<Answer> answers;                           // for what is not FilterLogEvents
  std::deque<LogsError> failures;                       // first answers of FilterLogEvents
  std::function<void()> before_each;                    // called at every request
  LogsPlace place;                                      // as the command asked for it
  std::string default_store;                            // likewise
  std::function<std::string(std::string)> tweak_token;  // makes an endpoint misbehave

  void add(std::int64_t timestamp, std::string message) {
    events.push_back({timestamp, std::move(message)});
  }
  // The last request's text member.
  std::string asked_text(const char* member) const {
    if (asked.empty()) return "";
    const auto* value = asked.back().second.if_contains(member);
    return value == nullptr ? "" : std::string(value->as_string());
  }
  std::int64_t asked_number(const char* member) const {
    const auto* value = asked.back().second.if_contains(member);
    return value == nullptr ? -1 : value->as_int64();
  }

  Answer filter(const boost::json::object& input) const {
    namespace json = boost::json;
    const auto number = [&](const char* name, std::int64_t otherwise) {
      const json::value* value = input.if_contains(name);
      return value == nullptr ? otherwise : value->as_int64();
    };
    const std::string stream(input.at("logStreamNames").as_array().at(0).as_string());
    std::vector<std::pair<std::int64_t, std::size_t>> found;
    for (std::size_t i = 0; i < events.size(); ++i) {
      if (events[i].stream == stream && events[i].timestamp >= number("startTime", 0) &&
          events[i].timestamp <= number("endTime", INT64_MAX)) {
        found.emplace_back(events[i].timestamp, i);
      }
    }
    std::ranges::sort(found);
    std::size_t at = 0;
    if (const json::value* token = input.if_contains("nextToken")) {
      const auto& text = token->as_string();
      std::from_chars(text.data(), text.data() + text.size(), at);
    }
    json::array list;
    const std::size_t end = std::min(found.size(), at + page);
    for (std::size_t i = at; i < end; ++i) {
      const FakeEvent& event = events[found[i].second];
      list.push_back(json::object{{"logStreamName", event.stream},
                                  {"timestamp", event.timestamp},
                                  {"message", event.message},
                                  {"ingestionTime", event.timestamp + 1},
                                  {"eventId", std::to_string(found[i].second)}});
    }
    json::object answer{{"events", std::move(list)}, {"searchedLogStreams", json::array()}};
    if (end < found.size()) {
      const std::string token = std::to_string(end);
      answer["nextToken"] = tweak_token ? tweak_token(token) : token;
    }
    return answer;
  }
};

class FakeLogsClient : public LogsClient {
 public:
  explicit FakeLogsClient(FakeLogs& logs) : logs_(logs) {}
  LogsResult<boost::json::object> call(std::string_view operation,
                                       const boost::json::object& input) override {
    logs_.asked.emplace_back(operation, input);
    if (logs_.before_each) logs_.before_each();
    if (operation == "FilterLogEvents") {
      if (logs_.failures.empty()) return logs_.filter(input);
      LogsError error = logs_.failures.front();
      logs_.failures.pop_front();
      return tl::unexpected(std::move(error));
    }
    if (logs_.answers.empty()) return tl::unexpected(LogsError{"", "the test has no answer"});
    auto answer = std::move(logs_.answers.front());
    logs_.answers.pop_front();
    return answer;
  }

 private:
  FakeLogs& logs_;
};

}  // namespace dn::cli
