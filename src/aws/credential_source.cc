#include "aws/credential_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "aws/https_client.h"
#include "aws/imds.h"
#include "aws/small_file.h"

namespace dn::aws {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr minutes kRefreshBefore{10};
constexpr milliseconds kJitter = minutes(1);  // in both directions
constexpr minutes kRefreshPause{1};           // the same ones may come back for a while
constexpr seconds kPauseWhileHolding{30};     // after a failure
constexpr seconds kPauseWithNothing{5};
constexpr seconds kPauseWhenRefused{10};
constexpr std::string_view kContainerHost = "169.254.170.2";
constexpr std::size_t kDocumentBytesMax = 64UL << 10U;
constexpr int kTries = 2;

Result<ContainerPlace> parse_place(std::string_view text) {
  const std::size_t scheme_end = text.find("://");
  const std::size_t slash =
      scheme_end == std::string_view::npos ? scheme_end : text.find('/', scheme_end + 3);
  auto endpoint = parse_endpoint_url(text.substr(0, slash));
  if (!endpoint) {
    return fail("AWS_CONTAINER_CREDENTIALS_FULL_URI is no address of http or https");
  }
  const std::string_view path = slash == std::string_view::npos ? "/" : text.substr(slash);
  if (!endpoint->tls && !endpoint->is_loopback() && endpoint->host != kContainerHost) {
    return fail(
        fmt::format("AWS_CONTAINER_CREDENTIALS_FULL_URI: credentials come by https, from "
                    "this host or from {}, and from nowhere else",
                    kContainerHost));
  }
  return ContainerPlace{*std::move(endpoint), std::string(path)};
}

// For the Authorization header; "" where none is configured.
Result<std::string> read_container_token(const Environment& environment) {
  const auto file = environment("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
  if (!file) return environment("AWS_CONTAINER_AUTHORIZATION_TOKEN").value_or("");
  auto token = read_small_file(*file);
  if (!token) return token;
  while (token->ends_with('\n') || token->ends_with('\r')) token->pop_back();
  if (token->empty()) return fail(fmt::format("{}: there is no token in it", *file));
  return token;
}

Result<TemporaryCredentials> ask_container(const ContainerPlace& place,
                                           const Environment& environment) {
  auto token = read_container_token(environment);
  if (!token) return tl::unexpected(std::move(token.error()));
  auto https = open_https_client({.connect = seconds(1),
                                  .whole = seconds(5),
                                  .answer_bytes_max = kDocumentBytesMax,
                                  .ca_file = environment("AWS_CA_BUNDLE").value_or(""),
                                  .direct = true});
  if (!https) return tl::unexpected(std::move(https.error()));
  HttpsRequest request;
  request.endpoint = place.endpoint;
  request.method = "GET";
  request.path = place.path;
  request.headers = {{"Host", place.endpoint.host_header()}, {"Accept", "application/json"}};
  if (!token->empty()) request.headers.emplace_back("Authorization", *token);
  std::string why;
  for (int i = 0; i < kTries; ++i) {
    const auto answer = (*https)->send(request);
    if (answer && answer->status == 200) return parse_credentials_document(answer->body);
    why = answer ? fmt::format("HTTP status {}", answer->status) : answer.error().message;
    if (answer ? answer->status < 500 : !answer.error().may_pass) break;
  }
  return fail(fmt::format("the container's credentials: {}", why));
}

Result<TemporaryCredentials> ask_instance(Imds& imds) {
  auto found = imds.role_credentials();
  if (found) return *std::move(found);
  return fail(
      fmt::format("no credentials: give the instance a role, name a profile by "
                  "AWS_PROFILE, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY ({})",
                  found.error().message));
}

}  // namespace

RotatingCredentials::RotatingCredentials(CredentialFetch fetch, Surroundings surroundings)
    : fetch_(std::move(fetch)),
      surroundings_(std::move(surroundings)) {}

WallTime RotatingCredentials::next_after(const TemporaryCredentials& fetched, WallTime now) {
  if (!fetched.expiration) return WallTime::max();
  const auto width = static_cast<std::uint64_t>(2 * kJitter.count());
  const milliseconds jitter{static_cast<std::int64_t>(surroundings_.random() % (width + 1))};
  return std::max<WallTime>(*fetched.expiration - kRefreshBefore - kJitter + jitter,
                            now + kRefreshPause);
}

void RotatingCredentials::renew(WallTime now) {
  auto fetched = fetch_();
  asked_at_ = now;
  if (!fetched) {
    why_none_ = std::move(fetched.error().message);
    ask_next_ = now + (held_ ? kPauseWhileHolding : kPauseWithNothing);
    return;
  }
  why_none_.clear();
  ask_next_ = next_after(*fetched, now);
  held_ = *std::move(fetched);
}

Result<Credentials> RotatingCredentials::current() {
  const std::scoped_lock lock(mutex_);
  const WallTime now = surroundings_.clock();
  // A clock that was set back, as at a start before the first answer of a time server, must not
  // make a pause of seconds one of years.
  const bool due = !asked_at_ || now >= ask_next_ || now < *asked_at_;
  if (due) renew(now);
  if (!held_) return fail(why_none_);
  return held_->keys;
}

bool RotatingCredentials::replace(const Credentials& used) {
  const std::scoped_lock lock(mutex_);
  if (!held_) return false;
  if (held_->keys != used) return true;  // another thread was faster
  const WallTime now = surroundings_.clock();
  if (asked_at_ && now >= *asked_at_ && now < *asked_at_ + kPauseWhenRefused) return false;
  renew(now);
  const bool ended = held_->expiration && now >= *held_->expiration;
  if (!ended || why_none_.empty()) return held_->keys != used;
  held_.reset();
  return false;
}

CredentialFetch credential_chain(Environment environment, std::string profile,
                                 Surroundings surroundings) {
  // The client is kept for its session token.
  return [environment = std::move(environment), profile = std::move(profile),
          surroundings = std::move(surroundings),
          imds = std::shared_ptr<Imds>()]() mutable -> Result<TemporaryCredentials> {
    auto identity = find_identity(environment, profile);
    if (!identity) return tl::unexpected(std::move(identity.error()));
    if (identity->credentials) return TemporaryCredentials{*identity->credentials, {}};
    const auto container = find_container(environment);
    if (!container) return tl::unexpected(container.error());
    if (*container) return ask_container(**container, environment);
    if (imds == nullptr) {
      auto opened = Imds::open(environment, surroundings);
      if (!opened) return fail(std::move(opened.error().message));
      imds = *std::move(opened);
    }
    return ask_instance(*imds);
  };
}

Result<std::optional<ContainerPlace>> find_container(const Environment& environment) {
  if (const auto relative = environment("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")) {
    if (!relative->starts_with('/')) {
      return fail("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI must begin with \"/\"");
    }
    EndpointUrl endpoint;
    endpoint.tls = false;
    endpoint.host = kContainerHost;
    endpoint.port = 80;
    return ContainerPlace{std::move(endpoint), *relative};
  }
  const auto full = environment("AWS_CONTAINER_CREDENTIALS_FULL_URI");
  if (!full) return std::nullopt;
  auto place = parse_place(*full);
  if (!place) return tl::unexpected(std::move(place.error()));
  return *std::move(place);
}

}  // namespace dn::aws
