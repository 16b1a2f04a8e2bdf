#include "aws/testing/fake_https.h"

#include <utility>

namespace dn::aws {

std::string_view SeenRequest::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return {};
}

FakeHttps::FakeHttps(std::deque<Outcome> outcomes, std::vector<SeenRequest>& seen,
                     std::string afterwards)
    : outcomes_(std::move(outcomes)),
      seen_(seen),
      afterwards_(std::move(afterwards)) {}

Outcome FakeHttps::send(const HttpsRequest& request) {
  seen_.push_back({request.method, request.path, request.endpoint.to_text(), request.headers,
                   std::string(request.body)});
  if (outcomes_.empty()) return HttpsAnswer{200, {}, afterwards_};
  Outcome next = std::move(outcomes_.front());
  outcomes_.pop_front();
  return next;
}

Outcome no_answer(bool may_pass) {
  return tl::unexpected(HttpsFailure{may_pass, "no answer"});
}

Outcome answer_of(int status, std::string body, std::vector<Header> headers) {
  return HttpsAnswer{status, std::move(headers), std::move(body)};
}

Surroundings FakeWorld::surroundings() {
  return {.clock = [this] { return now; },
          .random = [this] { return random; },
          .sleep = [this](std::chrono::milliseconds wait) { waits.push_back(wait); }};
}

}  // namespace dn::aws
