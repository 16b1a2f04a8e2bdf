// For tests: a LogsService on a MemoryCatalog, at a time that the test sets.
#pragma once

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "logs/logs_service.h"
#include "logs/testing/memory_catalog.h"

namespace dn::logs::testing {

inline constexpr std::int64_t kNow = 1'795'317'300'000;  // 2026-11-22T03:15:00Z

inline boost::json::value parse_json(std::string_view text) {
  boost::system::error_code error;
  auto value = boost::json::parse(boost::json::string_view(text.data(), text.size()), error);
  EXPECT_FALSE(error) << text;
  return value;
}

inline std::string text_of(const boost::json::value& value) {
  return boost::json::serialize(value);
}

// The same JSON, whatever the order of fields.
inline void expect_json(std::string_view got, std::string_view want) {
  EXPECT_EQ(parse_json(got), parse_json(want)) << "got:  " << got << "\nwant: " << want;
}

class ServiceWorld {
 public:
  explicit ServiceWorld(MemorySettings settings = {}, unsigned workers = 2)
      : catalog(settings),
        service(LogsService::make(
            catalog, {.region = "eu-west-1",
                      .account = "111122223333",
                      .workers = workers,
                      .clock = [this] { return WallTime(std::chrono::milliseconds(now.load())); },
                      .random = [this] { return ++random; }})) {}

  ServiceAnswer ask(std::string_view operation, std::string_view body) {
    return service->handle(operation, body);
  }
  // The body of an answer that must be good.
  boost::json::value get(std::string_view operation, std::string_view body) {
    const ServiceAnswer answer = ask(operation, body);
    EXPECT_EQ(answer.status, 200) << operation << " " << body << "\n" << answer.body;
    EXPECT_EQ(answer.error_type, "");
    return answer.body.empty() ? boost::json::value() : parse_json(answer.body);
  }
  // "Type: message" of an answer that must be an error.
  std::string error(std::string_view operation, std::string_view body) {
    return error_text(ask(operation, body));
  }
  static std::string error_text(const ServiceAnswer& answer) {
    EXPECT_NE(answer.status, 200) << answer.body;
    const auto value = parse_json(answer.body);
    if (!value.is_object() || !value.as_object().contains("__type")) return answer.body;
    const std::string type(value.at("__type").as_string());
    EXPECT_EQ(type, answer.error_type);
    return type + ": " + std::string(value.at("message").as_string());
  }

  void put(std::string_view group, std::string_view stream, std::int64_t timestamp,
           std::string_view message) {
    const store::NewEvent event{timestamp, message};
    ASSERT_TRUE(catalog.put(group, stream, {&event, 1}, now));
  }

  std::atomic<std::int64_t> now = kNow;
  std::atomic<std::uint64_t> random = 0;
  MemoryCatalog catalog;
  std::unique_ptr<LogsService> service;
};

}  // namespace dn::logs::testing
