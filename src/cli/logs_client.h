// LogsClient: one way to ask CloudWatch Logs operations, wherever the logs are.
//
// The commands that read or write logs know operations and JSON alone. Behind the interface is
// either a store directory, opened in this process, or an endpoint: the gateway's own or
// CloudWatch itself, signed where credentials are found, with retries. Covered by
// logs_client_test.cc.
#pragma once

#include <boost/json/object.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "aws/credentials.h"
#include "base/result.h"

namespace dn::cli {

// [start, end) in characters of a query.
struct QueryLocation {
  std::size_t start = 0, end = 0;
};

struct LogsError {
  std::string type;                            // "ResourceNotFoundException"; empty: no answer came
  std::string message;                         // for people; says what to do when no answer came
  std::optional<QueryLocation> location = {};  // MalformedQueryException: where
  bool may_pass = false;                       // asked again later, it may be answered
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
  std::string store;  // a directory: local, read only; the others are empty then (log_options.cc)
  std::string endpoint_url, region, profile;
};

// Where the logs are, in this order: `store`; `endpoint_url`; the environment's
// AWS_ENDPOINT_URL_CLOUDWATCH_LOGS and AWS_ENDPOINT_URL, unless
// AWS_IGNORE_CONFIGURED_ENDPOINT_URLS is true; CloudWatch of the region (aws/service_endpoint.h),
// when a region or a profile is given by option; `default_store`. Credentials and regions are found
// as aws/credentials.h says. An endpoint on loopback is asked without signature when there are
// none, any other is not asked then. AWS_CA_BUNDLE names the certificates to trust. Fails with what
// to write instead.
Result<std::unique_ptr<LogsClient>> open_logs_client(const LogsPlace& place,
                                                     const std::string& default_store,
                                                     const aws::Environment& environment);

}  // namespace dn::cli
