#include "aws/signed_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <span>
#include <utility>

#include "base/utf8.h"

namespace dn::aws {
namespace {

constexpr auto kWrongClock = std::chrono::minutes(4);  // less is no reason to refuse a signature
constexpr std::size_t kSecretBytesMin = 16;            // shorter ones are nobody's secret

constexpr std::array<std::string_view, 15> kThrottling = {
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "RequestTimeout",
    "RequestTimeoutException",
    "SlowDown",
    "Throttling",
    "ThrottledException",
    "ThrottlingException",
    "TooManyRequestsException",
    "TransactionInProgressException",
};
constexpr std::array<std::string_view, 6> kClockFaults = {
    "AuthFailure",        "InvalidSignatureException", "RequestExpired",
    "RequestInTheFuture", "RequestTimeTooSkewed",      "SignatureDoesNotMatch"};
// EC2 says RequestExpired of a session token as well.
constexpr std::array<std::string_view, 3> kExpired = {"ExpiredToken", "ExpiredTokenException",
                                                      "RequestExpired"};
constexpr std::array<std::string_view, 4> kDenied = {"AccessDenied", "AccessDeniedException",
                                                     "UnauthorizedOperation", "OptInRequired"};

bool contains(std::span<const std::string_view> list, std::string_view text) {
  return std::ranges::find(list, text) != list.end();
}

void take_out(std::string& text, std::string_view secret) {
  if (secret.size() < kSecretBytesMin) return;
  for (std::size_t at = text.find(secret); at != std::string::npos; at = text.find(secret, at)) {
    text.replace(at, secret.size(), "***");
  }
}

void take_out(ServiceError& error, const Credentials& credentials) {
  // Its form of the secrets may be another one; nobody reads more of a refused signature.
  if (contains(kClockFaults, error.type)) error.body.clear();
  for (std::string* text : {&error.message, &error.body}) {
    for (const std::string* secret :
         {&credentials.session_token, &credentials.secret_access_key, &credentials.access_key_id}) {
      take_out(*text, *secret);
    }
  }
}

}  // namespace

std::chrono::milliseconds longest_wait(const RetrySchedule& schedule, unsigned next) {
  auto wait = schedule.base;
  for (unsigned i = 2; i < next && wait < schedule.cap; ++i) wait *= 2;
  return std::min(wait, schedule.cap);
}

tl::unexpected<ServiceError> odd_answer(std::string message) {
  return tl::unexpected(ServiceError{200, "", std::move(message)});
}

std::string to_text(const ServiceError& error) {
  return error.type.empty() ? error.message : fmt::format("{}: {}", error.type, error.message);
}

bool is_denied(const ServiceError& error) {
  return contains(kDenied, error.type);
}

bool is_worth_a_retry(const ServiceError& error) {
  if (error.status == 0) return error.may_come;
  constexpr std::array<int, 5> kStatuses = {429, 500, 502, 503, 504};
  return std::ranges::find(kStatuses, error.status) != kStatuses.end() ||
         contains(kThrottling, error.type);
}

std::optional<WallTime> parse_http_date(std::string_view text) {
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  if (text.size() != 29 || text.substr(3, 2) != ", " || !text.ends_with(" GMT")) return {};
  const auto number = [&](std::size_t at, std::size_t length) {
    int value = -1;
    const char* end = text.data() + at + length;
    const auto [stop, error] = std::from_chars(text.data() + at, end, value);
    return error == std::errc() && stop == end ? value : -1;
  };
  const std::size_t month = kMonths.find(text.substr(8, 3));
  const int day = number(5, 2), year = number(12, 4);
  const int hour = number(17, 2), minute = number(20, 2), second = number(23, 2);
  if (month == std::string_view::npos || month % 3 != 0 || day < 0 || year < 0) return {};
  const Date date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month / 3 + 1)),
                  std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok() || hour < 0 || minute < 0 || second < 0) return {};
  return std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
         std::chrono::seconds(second);
}

SignedClient::SignedClient(std::unique_ptr<HttpsClient> https, SignedService service,
                           Surroundings surroundings, ErrorReader read_error)
    : https_(std::move(https)),
      service_(std::move(service)),
      surroundings_(std::move(surroundings)),
      read_error_(read_error) {}

tl::expected<HttpsAnswer, HttpsFailure> SignedClient::attempt(
    const std::vector<Header>& headers, std::string_view body,
    const std::optional<Credentials>& credentials) {
  HttpsRequest request;
  request.endpoint = service_.endpoint;
  request.body = body;
  request.headers = {{"Host", service_.endpoint.host_header()}};
  request.headers.insert(request.headers.end(), headers.begin(), headers.end());
  if (credentials) {
    SignableRequest signable;
    signable.headers = request.headers;
    signable.body = body;
    for (auto& header :
         sign(signable, *credentials, service_.scope, surroundings_.clock() + clock_offset_)) {
      request.headers.push_back(std::move(header));
    }
  }
  return https_->send(request);
}

// Whether a refusal is explained by our clock, which is corrected then.
bool SignedClient::corrects_clock(const HttpsAnswer& answer) {
  const auto theirs = parse_http_date(answer.header("Date"));
  if (!theirs) return false;
  const auto offset = *theirs - surroundings_.clock();
  if (std::chrono::abs(offset - clock_offset_) < kWrongClock) return false;
  clock_offset_ = offset;
  return true;
}

// Whether what was refused can be said better; each remedy once.
bool SignedClient::mend(const HttpsAnswer& answer, const ServiceError& error,
                        const std::optional<Credentials>& used, Mended& mended) {
  if (!mended.clock && contains(kClockFaults, error.type) && corrects_clock(answer)) {
    mended.clock = true;
    return true;
  }
  if (!mended.credentials && used && contains(kExpired, error.type)) {
    mended.credentials = true;
    return service_.credentials->replace(*used);
  }
  return false;
}

void SignedClient::wait_before(unsigned attempt) {
  const auto most = longest_wait(service_.retries, attempt).count();
  const auto wait = surroundings_.random() % (static_cast<std::uint64_t>(most) + 1);
  surroundings_.sleep(std::chrono::milliseconds(wait));
}

ServiceResult<std::string> SignedClient::post(const std::vector<Header>& headers,
                                              std::string_view body) {
  ServiceError last;
  Mended mended;
  for (unsigned number = 1; number <= service_.retries.attempts; ++number) {
    if (number > 1) wait_before(number);
    std::optional<Credentials> credentials;
    if (service_.credentials) {
      auto current = service_.credentials->current();
      if (!current) return tl::unexpected(ServiceError{0, "", current.error().message, {}, true});
      credentials = *std::move(current);
    }
    auto answer = attempt(headers, body, credentials);
    if (!answer) {
      last = {0, "", std::move(answer.error().message), {}, answer.error().may_pass};
      if (answer.error().too_large) last.type = kAnswerTooLarge;
      if (!is_worth_a_retry(last)) break;
      continue;
    }
    if (answer->status == 200) return std::move(answer->body);
    last = read_error_(*answer);
    if (credentials) take_out(last, *credentials);
    last.message.resize(cut_utf8(last.message, kErrorTextMax).size());
    if (!mend(*answer, last, credentials, mended) && !is_worth_a_retry(last)) break;
  }
  return tl::unexpected(std::move(last));
}

}  // namespace dn::aws
