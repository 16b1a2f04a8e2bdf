// FakeHttps: an HttpsClient that gives one prepared outcome after the other and keeps what was
// asked; and a world for clients in which every wait is recorded instead of waited.
#pragma once

#include <chrono>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "aws/https_client.h"
#include "aws/surroundings.h"

namespace dn::aws {

using Outcome = tl::expected<HttpsAnswer, HttpsFailure>;

struct SeenRequest {
  std::string method, path, url;
  std::vector<Header> headers;
  std::string body;
  std::string_view header(std::string_view name) const;  // "" when absent; exact
};

class FakeHttps final : public HttpsClient {
 public:
  // 200 with `afterwards` once the outcomes are spent. `seen` lives longer.
  FakeHttps(std::deque<Outcome> outcomes, std::vector<SeenRequest>& seen,
            std::string afterwards = "{}");
  Outcome send(const HttpsRequest& request) override;

 private:
  std::deque<Outcome> outcomes_;
  std::vector<SeenRequest>& seen_;
  const std::string afterwards_;
};

Outcome no_answer(bool may_pass);
Outcome answer_of(int status, std::string body, std::vector<Header> headers = {});

// Noon of 22 November 2026.
inline constexpr WallTime kNoon{std::chrono::seconds(1'795'348'800)};

struct FakeWorld {
  WallTime now = kNoon;
  std::uint64_t random = ~std::uint64_t{0};
  std::vector<std::chrono::milliseconds> waits;
  Surroundings surroundings();  // borrows this
};

}  // namespace dn::aws
