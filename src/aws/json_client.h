// JsonClient: operations of a JSON 1.1 service, signed, with retries.
//
// | what came back | what then |
// |---|---|
// | no connection, no answer, an answer cut short | again |
// | HTTP 429, 500, 502, 503, 504 | again |
// | throttling: ThrottlingException, TooManyRequestsException and their kin, in any 4xx | again |
// | RequestTimeout, RequestTimeoutException | again |
// | a signature refused while the answer's Date is minutes away from our clock | once, by its clock
// | | any other 4xx, TLS that cannot be trusted, an answer that is too large | the error, at once |
//
// Before attempt n + 1 it waits a random time up to `base` doubled n - 1 times, at most `cap` (full
// jitter), so that clients that failed together do not come back together. Covered by
// json_client_test.cc.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "aws/endpoint_url.h"
#include "aws/https_client.h"
#include "aws/sigv4.h"
#include "base/time.h"

namespace dn::aws {

struct RetrySchedule {
  unsigned attempts = 5;
  std::chrono::milliseconds base{100}, cap = std::chrono::seconds(20);
};

// The longest wait before attempt `next`, which is at least 2.
std::chrono::milliseconds longest_wait(const RetrySchedule& schedule, unsigned next);

struct JsonService {
  EndpointUrl endpoint;
  std::string target_prefix;  // "Logs_20140328."
  SigningScope scope;
  std::optional<Credentials> credentials;  // none: not signed
  RetrySchedule retries;
};

// What a client knows of the world; a test gives its own.
struct JsonSurroundings {
  std::function<WallTime()> clock;
  std::function<std::uint64_t()> random;
  std::function<void(std::chrono::milliseconds)> sleep;
};

struct ServiceError {
  int status = 0;    // 0: no answer came
  std::string type;  // "ThrottlingException"; empty when the answer names none
  std::string message;
  std::string body = {};  // of the answer, for what it tells beyond these; at most 64 KiB
  bool may_come = false;  // without an answer: another attempt may bring one
};

// Not shared by threads.
class JsonClient {
 public:
  JsonClient(std::unique_ptr<HttpsClient> https, JsonService service,
             JsonSurroundings surroundings);

  // The answer's body; JSON, or empty.
  tl::expected<std::string, ServiceError> call(std::string_view operation, std::string_view body);

 private:
  tl::expected<HttpsAnswer, HttpsFailure> attempt(std::string_view operation,
                                                  std::string_view body);
  bool corrects_clock(const HttpsAnswer& answer, const ServiceError& error);

  std::unique_ptr<HttpsClient> https_;
  JsonService service_;
  JsonSurroundings surroundings_;
  std::chrono::milliseconds clock_offset_{0};  // of the service's clock from ours
};

// From an answer that is no success. `type` without what stands in front of '#' and behind ':'.
ServiceError parse_service_error(const HttpsAnswer& answer);
bool is_worth_a_retry(const ServiceError& error);
// "Sun, 06 Nov 1994 08:49:37 GMT"; nothing for other forms.
std::optional<WallTime> parse_http_date(std::string_view text);

}  // namespace dn::aws
