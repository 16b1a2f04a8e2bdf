// LogsClient: one way to ask CloudWatch Logs operations, wherever the logs are.
//
// The commands that read or write logs know operations and JSON alone. Behind the interface is
// either a store directory, opened in this process, or an endpoint: the gateway's own or
// CloudWatch itself, signed where credentials are found, with retries. Covered by
// logs_client_test.cc.
#pragma once

#include <boost/json/object.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "base/result.h"

namespace dn::cli {

struct LogsError {
  std::string type;     // "ResourceNotFoundException"; empty: no answer came
  std::string message;  // for people; says what to do when no answer came
};
template <class T>
using LogsResult = tl::expected<T, LogsError>;

// Not shared by threads. A call blocks until the answer, or the error after the last retry.
class LogsClient {
 public:
  virtual ~LogsClient() = default;
  // `operation` as "FilterLogEvents". The answer of an operation without output is an empty object.
  virtual LogsResult<boost::json::object> call(std::string_view operation,
                                               const boost::json::object& input) = 0;
};

// "type: message", or the message alone.
std::string to_text(const LogsError& error);

// What the options --store, --endpoint-url, --region and --profile say; empty: not given.
struct LogsPlace {
  std::string store;      // a directory: local
  bool writable = false;  // local: PutLogEvents and CreateLogGroup will be asked
  std::string endpoint_url, region, profile;
};

using Environment = std::function<std::optional<std::string>(const char* name)>;

// Where the logs are, in this order: `store`; `endpoint_url`; the environment's
// AWS_ENDPOINT_URL_CLOUDWATCH_LOGS and AWS_ENDPOINT_URL; CloudWatch of the region, when a region is
// given by option; `default_store`. Fails with what to write instead.
Result<std::unique_ptr<LogsClient>> open_logs_client(const LogsPlace& place,
                                                     const std::string& default_store,
                                                     const Environment& environment);

}  // namespace dn::cli
