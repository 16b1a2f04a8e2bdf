// FakeLogsService: what CloudWatch Logs does with the calls of the shipper, with its limits.
//
// An own judge of the calls: it reads the requests and checks order, span and sizes itself.
#pragma once

#include <algorithm>
#include <boost/json.hpp>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "aws/cloudwatch_logs.h"

namespace dn::shipper::testing {

class FakeLogsService {
 public:
  // Answers that come first, in place of the service's own. After `lost`, the service has acted
  // although the caller sees an error.
  struct Fault {
    std::string type;
    bool lost = false;
  };
  std::deque<Fault> faults;
  std::string poison;  // a message that makes a call invalid
  std::string next_answer = "{}";

  // A client of this service, which outlives it.
  aws::CloudWatchLogs client() {
    aws::SignedService service;
    service.endpoint.host = "localhost";
    service.retries.attempts = 1;
    return aws::CloudWatchLogs(aws::JsonClient(
        std::make_unique<Connection>(*this), aws::CloudWatchLogs::kTargetPrefix, std::move(service),
        {[] { return WallTime(); }, [] { return 0U; }, [](auto) {}}));
  }
  std::vector<std::string> messages(const std::string& stream) {
    const std::scoped_lock lock(mutex_);
    return events_[stream];
  }
  std::vector<std::string> operations() {
    const std::scoped_lock lock(mutex_);
    return operations_;
  }
  bool group = false;
  std::set<std::string> streams;

 private:
  class Connection : public aws::HttpsClient {
   public:
    explicit Connection(FakeLogsService& service) : service_(service) {}
    tl::expected<aws::HttpsAnswer, aws::HttpsFailure> send(
        const aws::HttpsRequest& request) override {
      const std::scoped_lock lock(service_.mutex_);
      const auto target = std::ranges::find(request.headers, "X-Amz-Target", &aws::Header::first);
      return service_.answer(target->second.substr(target->second.find('.') + 1), request.body);
    }

   private:
    FakeLogsService& service_;
  };

  using Answer = aws::HttpsAnswer;
  static Answer error(const std::string& type) {
    return {400, {}, R"({"__type":")" + type + R"(","message":"no"})"};
  }
  static Answer success(std::string body) { return {200, {}, std::move(body)}; }
  Answer answer(std::string_view operation, std::string_view body) {
    operations_.emplace_back(operation);
    const auto fault = faults.empty() ? Fault{} : faults.front();
    if (!faults.empty()) faults.pop_front();
    if (!fault.type.empty() && !fault.lost) return error(fault.type);
    const auto done = act(operation, boost::json::parse(body).as_object());
    return fault.lost ? error(fault.type) : done;
  }
  Answer act(std::string_view operation, const boost::json::object& asked) {
    if (operation == "CreateLogGroup") {
      if (std::exchange(group, true)) return error("ResourceAlreadyExistsException");
      return success("");
    }
    const std::string stream(asked.at("logStreamName").as_string());
    if (!group) return error("ResourceNotFoundException");
    if (operation == "CreateLogStream") {
      if (!streams.insert(stream).second) return error("ResourceAlreadyExistsException");
      return success("");
    }
    if (!streams.contains(stream)) return error("ResourceNotFoundException");
    return put(stream, asked.at("logEvents").as_array());
  }
  Answer put(const std::string& stream, const boost::json::array& events) {
    std::size_t bytes = 0;
    std::int64_t before = events.at(0).at("timestamp").as_int64();
    const std::int64_t first = before;
    bool sound = events.size() <= 10'000;
    for (const auto& event : events) {
      const std::string message(event.at("message").as_string());
      bytes += message.size() + 26;
      const std::int64_t time = event.at("timestamp").as_int64();
      sound = sound && time >= before && time - first <= 24LL * 3600 * 1000 && !message.empty();
      sound = sound && message.size() + 26 <= (256U << 10U) && message != poison;
      before = time;
    }
    if (!sound || bytes > 1'048'576) return error("InvalidParameterException");
    for (const auto& event : events) {
      events_[stream].emplace_back(event.at("message").as_string());
    }
    return success(next_answer);
  }

  std::mutex mutex_;
  std::map<std::string, std::vector<std::string>> events_;
  std::vector<std::string> operations_;
};

}  // namespace dn::shipper::testing
