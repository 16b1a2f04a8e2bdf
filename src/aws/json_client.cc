#include "aws/json_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <charconv>

namespace dn::aws {
namespace {

constexpr std::string_view kContentType = "application/x-amz-json-1.1";
constexpr std::size_t kErrorTextMax = 2000;  // of an answer that is no JSON; beyond: cut
constexpr std::size_t kErrorBodyMax = 1UL << 16U;
constexpr auto kWrongClock = std::chrono::minutes(4);  // less is no reason to refuse a signature

constexpr std::array<std::string_view, 12> kThrottling = {
    "BandwidthLimitExceeded", "PriorRequestNotComplete", "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",   "RequestThrottled",        "RequestThrottledException",
    "RequestTimeout",         "RequestTimeoutException", "Throttling",
    "ThrottledException",     "ThrottlingException",     "TooManyRequestsException",
};
constexpr std::array<std::string_view, 5> kClockFaults = {
    "InvalidSignatureException", "RequestExpired", "RequestInTheFuture", "RequestTimeTooSkewed",
    "SignatureDoesNotMatch"};

bool contains(std::span<const std::string_view> list, std::string_view text) {
  return std::ranges::find(list, text) != list.end();
}

// "com.amazonaws.logs#ThrottlingException:http://…" → "ThrottlingException"
std::string bare_type(std::string_view type) {
  const std::size_t hash = type.find('#');
  if (hash != std::string_view::npos) type.remove_prefix(hash + 1);
  return std::string(type.substr(0, type.find(':')));
}

std::string text_member(const boost::json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  const auto* text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string() : std::string(text->data(), text->size());
}

}  // namespace

std::chrono::milliseconds longest_wait(const RetrySchedule& schedule, unsigned next) {
  auto wait = schedule.base;
  for (unsigned i = 2; i < next && wait < schedule.cap; ++i) wait *= 2;
  return std::min(wait, schedule.cap);
}

ServiceError parse_service_error(const HttpsAnswer& answer) {
  ServiceError error;
  error.status = answer.status;
  if (answer.body.size() <= kErrorBodyMax) error.body = answer.body;
  boost::json::parse_options options;
  options.max_depth = 8;
  boost::system::error_code wrong;
  const auto body = boost::json::parse(answer.body, wrong, {}, options);
  if (const auto* object = wrong ? nullptr : body.if_object()) {
    error.type = bare_type(text_member(*object, "__type"));
    if (error.type.empty()) error.type = bare_type(text_member(*object, "code"));
    error.message = text_member(*object, "message");
    if (error.message.empty()) error.message = text_member(*object, "Message");
  } else {
    error.message = answer.body.substr(0, kErrorTextMax);
  }
  if (error.type.empty()) error.type = bare_type(answer.header("x-amzn-ErrorType"));
  if (error.message.empty()) error.message = fmt::format("HTTP status {}", answer.status);
  return error;
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

JsonClient::JsonClient(std::unique_ptr<HttpsClient> https, JsonService service,
                       JsonSurroundings surroundings)
    : https_(std::move(https)),
      service_(std::move(service)),
      surroundings_(std::move(surroundings)) {}

tl::expected<HttpsAnswer, HttpsFailure> JsonClient::attempt(std::string_view operation,
                                                            std::string_view body) {
  HttpsRequest request;
  request.endpoint = service_.endpoint;
  request.body = body;
  request.headers = {{"Host", service_.endpoint.host_header()},
                     {"Content-Type", std::string(kContentType)},
                     {"X-Amz-Target", service_.target_prefix + std::string(operation)}};
  if (service_.credentials) {
    SignableRequest signable;
    signable.headers = request.headers;
    signable.body = body;
    for (auto& header : sign(signable, *service_.credentials, service_.scope,
                             surroundings_.clock() + clock_offset_)) {
      request.headers.push_back(std::move(header));
    }
  }
  return https_->send(request);
}

// Whether the refusal is explained by our clock, which is corrected then.
bool JsonClient::corrects_clock(const HttpsAnswer& answer, const ServiceError& error) {
  if (!contains(kClockFaults, error.type)) return false;
  const auto theirs = parse_http_date(answer.header("Date"));
  if (!theirs) return false;
  const auto offset = *theirs - surroundings_.clock();
  if (std::chrono::abs(offset - clock_offset_) < kWrongClock) return false;
  clock_offset_ = offset;
  return true;
}

tl::expected<std::string, ServiceError> JsonClient::call(std::string_view operation,
                                                         std::string_view body) {
  ServiceError last;
  bool clock_corrected = false;
  for (unsigned number = 1; number <= service_.retries.attempts; ++number) {
    if (number > 1) {
      const auto most = longest_wait(service_.retries, number).count();
      const auto wait = surroundings_.random() % (static_cast<std::uint64_t>(most) + 1);
      surroundings_.sleep(std::chrono::milliseconds(wait));
    }
    auto answer = attempt(operation, body);
    if (!answer) {
      last = {0, "", std::move(answer.error().message), {}, answer.error().may_pass};
    } else if (answer->status == 200) {
      return std::move(answer->body);
    } else {
      last = parse_service_error(*answer);
      if (!clock_corrected && corrects_clock(*answer, last)) {
        clock_corrected = true;
        continue;
      }
    }
    if (!is_worth_a_retry(last)) break;
  }
  return tl::unexpected(std::move(last));
}

}  // namespace dn::aws
