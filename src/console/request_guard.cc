#include "console/request_guard.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "base/listen_address.h"

namespace dn::console {
namespace {

constexpr std::string_view kBasic = "Basic ";
constexpr std::size_t kBasicBytesMax = 8192;  // as text; beyond: none
constexpr std::array<std::string_view, 6> kAtMostOnce = {
    "host", "origin", "sec-fetch-site", "authorization", "content-type", "cookie"};

std::string_view take_until(std::string_view& text, char separator) {
  const std::size_t end = std::min(text.find(separator), text.size());
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return trimmed(part);
}

// "https://host:port" of this very address. The scheme does not matter: one port speaks one.
bool is_own_origin(std::string_view origin, std::string_view host) {
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (origin.starts_with(scheme)) {
      return equal_ignoring_case(origin.substr(scheme.size()), host);
    }
  }
  return false;
}

// Strict RFC 4648, with padding; nothing for anything else.
std::optional<std::string> decode_base64(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0 || text.size() > kBasicBytesMax) return {};
  const auto padding = static_cast<std::size_t>(text.ends_with("==") ? 2 : text.ends_with('='));
  const auto is_digit_of_64 = [](char c) { return is_alphanumeric(c) || c == '+' || c == '/'; };
  // EVP_DecodeBlock() takes blanks too.
  if (!std::ranges::all_of(text.substr(0, text.size() - padding), is_digit_of_64)) return {};
  std::string bytes(text.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  if (size != static_cast<int>(bytes.size())) return {};
  bytes.resize(bytes.size() - padding);
  return bytes;
}

}  // namespace

std::string_view refuse_origin(const http::Request& request, bool any_host) {
  for (const std::string_view name : kAtMostOnce) {
    const auto count = std::ranges::count_if(
        request.headers, [&](const auto& field) { return equal_ignoring_case(field.first, name); });
    if (count > 1) return "A field of the request stands twice.";
  }
  const std::string_view host = request.header("Host");
  if (!any_host && !names_this_host(host)) {
    return "Without keys this endpoint answers to the names localhost, 127.0.0.1 and [::1] only; "
           "use one of them, or configure a credentials_file.";
  }
  if (request.count("Origin") > 0 && !is_own_origin(request.header("Origin"), host)) {
    return "Requests of other web pages are not answered.";
  }
  const std::string_view site = request.header("Sec-Fetch-Site");
  if (!site.empty() && site != "same-origin" && site != "none") {
    return "Requests of other web pages are not answered.";
  }
  return {};
}

std::optional<std::string_view> find_cookie(const http::Request& request, std::string_view name) {
  std::string_view rest = request.header("Cookie");
  std::optional<std::string_view> found;
  while (!rest.empty()) {
    std::string_view pair = take_until(rest, ';');
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos || pair.substr(0, equals) != name) continue;
    if (found) return {};
    found = pair.substr(equals + 1);
  }
  return found;
}

std::optional<BasicAuth> parse_basic(std::string_view field) {
  if (!equal_ignoring_case(field.substr(0, kBasic.size()), kBasic)) return {};
  const auto pair = decode_base64(field.substr(kBasic.size()));
  const std::size_t colon = pair ? pair->find(':') : std::string::npos;
  if (colon == std::string::npos) return {};
  return BasicAuth{pair->substr(0, colon), pair->substr(colon + 1)};
}

bool accepts_coding(const http::Request& request, std::string_view coding) {
  std::string_view rest = request.header("Accept-Encoding");
  while (!rest.empty()) {
    std::string_view one = take_until(rest, ',');
    if (!equal_ignoring_case(take_until(one, ';'), coding)) continue;
    const std::string_view weight = take_until(one, '=') == "q" ? trimmed(one) : "1";
    return weight.find_first_not_of("0.") != std::string_view::npos;
  }
  return false;
}

bool has_json_body(const http::Request& request) {
  std::string_view type = request.header("Content-Type");
  return equal_ignoring_case(take_until(type, ';'), "application/json");
}

}  // namespace dn::console
