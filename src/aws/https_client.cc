// The only file that includes curl.
#include "aws/https_client.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/ascii.h"

namespace dn::aws {
namespace {

constexpr std::size_t kAnswerHeadersMax = 256;  // further ones are left out

struct FreeHandle {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

bool ends_a_line(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
}

// What curl sends as it is given.
bool is_path(std::string_view text) {
  return text.starts_with('/') &&
         std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f && c != '#'; });
}

// What comes back while curl works.
struct Receiving {
  HttpsAnswer answer;
  std::size_t bytes_max = 0;
  bool too_large = false;
};

std::size_t on_body(char* bytes, std::size_t, std::size_t count, void* user) {
  auto& receiving = *static_cast<Receiving*>(user);
  if (receiving.answer.body.size() + count > receiving.bytes_max) {
    receiving.too_large = true;
    return 0;
  }
  receiving.answer.body.append(bytes, count);
  return count;
}

std::size_t on_header(char* bytes, std::size_t, std::size_t count, void* user) {
  auto& answer = static_cast<Receiving*>(user)->answer;
  std::string_view line(bytes, count);
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  if (line.starts_with("HTTP/")) answer.headers.clear();  // after a 100 Continue
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || answer.headers.size() == kAnswerHeadersMax) return count;
  std::string_view value = line.substr(colon + 1);
  while (value.starts_with(' ') || value.starts_with('\t')) value.remove_prefix(1);
  answer.headers.emplace_back(line.substr(0, colon), value);
  return count;
}

// Of the table in signed_client.h: what may be over in a moment.
bool may_pass(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_PARTIAL_FILE: return true;
    default: return false;
  }
}

class CurlClient final : public HttpsClient {
 public:
  CurlClient(HttpsSettings settings, CURL* handle)
      : settings_(std::move(settings)),
        handle_(handle) {}
  tl::expected<HttpsAnswer, HttpsFailure> send(const HttpsRequest& request) override;

 private:
  template <class T>
  void set(CURLoption option, T value) {
    good_ = good_ && curl_easy_setopt(handle_.get(), option, value) == CURLE_OK;
  }
  void set_transport(const HttpsRequest& request);
  void set_method(const HttpsRequest& request);

  const HttpsSettings settings_;
  const std::unique_ptr<CURL, FreeHandle> handle_;
  bool good_ = true;
};

void CurlClient::set_transport(const HttpsRequest& request) {
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_PATH_AS_IS, 1L);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_SSL_VERIFYPEER, 1L);
  set(CURLOPT_SSL_VERIFYHOST, 2L);
  set(CURLOPT_SSLVERSION, long{CURL_SSLVERSION_TLSv1_2});
  set(CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_1_1});
  set(CURLOPT_CONNECTTIMEOUT_MS, long{settings_.connect.count()});
  set(CURLOPT_TIMEOUT_MS, long{settings_.whole.count()});
  if (!settings_.ca_file.empty()) set(CURLOPT_CAINFO, settings_.ca_file.c_str());
  if (settings_.direct || request.endpoint.is_loopback()) set(CURLOPT_PROXY, "");
}

void CurlClient::set_method(const HttpsRequest& request) {
  if (request.method == "GET") {
    set(CURLOPT_HTTPGET, 1L);
    return;
  }
  set(CURLOPT_POST, 1L);
  if (request.method != "POST") set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  set(CURLOPT_POSTFIELDS, request.body.empty() ? "" : request.body.data());
}

tl::expected<HttpsAnswer, HttpsFailure> CurlClient::send(const HttpsRequest& request) {
  const auto failed = [](bool passing, std::string message) {
    return tl::unexpected(HttpsFailure{passing, std::move(message)});
  };
  curl_easy_reset(handle_.get());  // options; connections stay
  good_ = true;
  if (!is_path(request.path)) return failed(false, "the path holds what a path cannot hold");
  std::unique_ptr<curl_slist, FreeList> headers;
  // curl would wait a second for permission to send a larger body.
  std::vector<std::string> lines = {"Expect:"};
  if (request.method == "PUT") lines.emplace_back("Content-Type:");  // curl would invent one
  for (const auto& [name, value] : request.headers) {
    if (ends_a_line(name) || ends_a_line(value)) {
      return failed(false, fmt::format("the header {} holds a line break", name.substr(0, 40)));
    }
    lines.push_back(value.empty() ? name + ";" : fmt::format("{}: {}", name, value));
  }
  for (const std::string& line : lines) {
    curl_slist* longer = curl_slist_append(headers.get(), line.c_str());
    if (longer == nullptr) return failed(false, "out of memory");
    static_cast<void>(headers.release());
    headers.reset(longer);
  }
  Receiving receiving;
  receiving.bytes_max = settings_.answer_bytes_max;
  std::array<char, CURL_ERROR_SIZE> reason{};
  const std::string place = request.endpoint.to_text();  // ends in '/'
  const std::string url = place + request.path.substr(1);
  set_transport(request);
  set(CURLOPT_URL, url.c_str());
  set(CURLOPT_USERAGENT, "discriminat/" DN_VERSION);
  set(CURLOPT_HTTPHEADER, headers.get());
  set_method(request);
  set(CURLOPT_WRITEFUNCTION, &on_body);
  set(CURLOPT_WRITEDATA, static_cast<void*>(&receiving));
  set(CURLOPT_HEADERFUNCTION, &on_header);
  set(CURLOPT_HEADERDATA, static_cast<void*>(&receiving));
  set(CURLOPT_ERRORBUFFER, reason.data());
  if (!good_) return failed(false, "this libcurl lacks an option that is needed");
  const CURLcode code = curl_easy_perform(handle_.get());
  if (receiving.too_large) {
    auto failure = failed(false, fmt::format("{}: the answer is larger than {} bytes", place,
                                             settings_.answer_bytes_max));
    failure.value().too_large = true;
    return failure;
  }
  if (code != CURLE_OK) {
    return failed(
        may_pass(code),
        fmt::format("{}: {}", place, reason[0] != '\0' ? reason.data() : curl_easy_strerror(code)));
  }
  long status = 0;
  curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &status);
  receiving.answer.status = static_cast<int>(status);
  return std::move(receiving.answer);
}

}  // namespace

std::string_view HttpsAnswer::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (equal_ignoring_case(key, name)) return value;
  }
  return {};
}

Result<std::unique_ptr<HttpsClient>> open_https_client(HttpsSettings settings) {
  static const bool kReady = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  CURL* handle = kReady ? curl_easy_init() : nullptr;
  if (handle == nullptr) return fail("libcurl cannot be started");
  return std::make_unique<CurlClient>(std::move(settings), handle);
}

}  // namespace dn::aws
