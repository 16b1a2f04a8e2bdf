// SignedClient: requests to one service of the cloud, signed, with retries; the part that services
// with JSON and with XML have in common.
//
// | what came back | what then |
// |---|---|
// | no connection, no answer, an answer cut short | again |
// | HTTP 429, 500, 502, 503, 504 | again |
// | throttling: ThrottlingException, RequestLimitExceeded and their kin, in any 4xx | again |
// | RequestTimeout, RequestTimeoutException | again |
// | a signature refused, the answer's Date minutes away from our clock | once, by its clock |
// | ExpiredToken and its kin | once, with new credentials, where there are others |
// | any other 4xx, TLS that cannot be trusted, an answer that is too large | the error, at once |
//
// Before attempt n + 1 it waits a random time up to `base` doubled n - 1 times, at most `cap` (full
// jitter), so that clients that failed together do not come back together. A service that refuses a
// signature repeats in its message what it was to sign, the session token included: what was signed
// with is taken out of every error. Covered by json_client_test.cc and query_client_test.cc.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "aws/credential_provider.h"
#include "aws/endpoint_url.h"
#include "aws/https_client.h"
#include "aws/sigv4.h"
#include "aws/surroundings.h"

namespace dn::aws {

struct RetrySchedule {
  unsigned attempts = 5;
  std::chrono::milliseconds base{100}, cap = std::chrono::seconds(20);
};

// The longest wait before attempt `next`, which is at least 2.
std::chrono::milliseconds longest_wait(const RetrySchedule& schedule, unsigned next);

inline constexpr std::size_t kErrorTextMax = 2000;        // of a message; beyond: cut
inline constexpr std::size_t kErrorBodyMax = 1UL << 16U;  // larger ones are left out

struct ServiceError {
  int status = 0;    // 0: no answer came
  std::string type;  // "ThrottlingException"; empty when the answer names none
  std::string message;
  std::string body = {};   // of an answer of JSON, for what it tells beyond these
  bool may_come = false;   // without an answer: another attempt may bring one
  bool of_a_part = false;  // of several accounts: all were asked, and others may have answered
};
template <class T>
using ServiceResult = tl::expected<T, ServiceError>;

// The type of an error of our own: the answer is larger than xml.h reads. A smaller page may do.
inline constexpr std::string_view kAnswerTooLarge = "AnswerTooLarge";

// The answer was a success that says something else than its service's. Not worth a retry.
tl::unexpected<ServiceError> odd_answer(std::string message);

// "type: message", or the message alone.
std::string to_text(const ServiceError& error);
// Whether the caller may not do this, now and again: UnauthorizedOperation and its kin.
bool is_denied(const ServiceError& error);

struct SignedService {
  EndpointUrl endpoint;
  SigningScope scope;
  std::shared_ptr<CredentialProvider> credentials;  // none: not signed
  RetrySchedule retries;
};

// Not shared by threads.
class SignedClient {
 public:
  // Reads an answer that is no success.
  using ErrorReader = ServiceError (*)(const HttpsAnswer& answer);

  SignedClient(std::unique_ptr<HttpsClient> https, SignedService service, Surroundings surroundings,
               ErrorReader read_error);

  // The body of the answer to a POST of `body` to "/". `headers` without Host.
  ServiceResult<std::string> post(const std::vector<Header>& headers, std::string_view body);

 private:
  struct Mended {
    bool clock = false, credentials = false;
  };

  tl::expected<HttpsAnswer, HttpsFailure> attempt(const std::vector<Header>& headers,
                                                  std::string_view body,
                                                  const std::optional<Credentials>& credentials);
  bool mend(const HttpsAnswer& answer, const ServiceError& error,
            const std::optional<Credentials>& used, Mended& mended);
  bool corrects_clock(const HttpsAnswer& answer);
  void wait_before(unsigned attempt);

  std::unique_ptr<HttpsClient> https_;
  SignedService service_;
  Surroundings surroundings_;
  ErrorReader read_error_;
  std::chrono::milliseconds clock_offset_{0};  // of the service's clock from ours
};

bool is_worth_a_retry(const ServiceError& error);
// "Sun, 06 Nov 1994 08:49:37 GMT"; nothing for other forms.
std::optional<WallTime> parse_http_date(std::string_view text);

}  // namespace dn::aws
