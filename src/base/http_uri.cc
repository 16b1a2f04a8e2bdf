#include "base/http_uri.h"

#include <algorithm>
#include <charconv>

#include "base/limits.h"

namespace dn {
namespace {

constexpr std::string_view kScheme = "http://";
constexpr Port kHttpPort = 80;

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
constexpr bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
// pchar, "/" and "?" of RFC 3986 section 3.3 and 3.4, without "%".
constexpr bool is_path_char(char c) {
  constexpr std::string_view kOthers = "-._~!$&'()*+,;=:@/?";
  return is_letter(c) || is_digit(c) || kOthers.find(c) != std::string_view::npos;
}

bool has_scheme(std::string_view text) {
  const auto lower = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  return text.size() > kScheme.size() &&
         std::ranges::equal(text.substr(0, kScheme.size()), kScheme, {}, lower);
}

bool is_path(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_path_char(text[i])) continue;
    if (text[i] != '%' || text.size() - i < 3 || !is_hex(text[i + 1]) || !is_hex(text[i + 2])) {
      return false;
    }
    i += 2;
  }
  return true;
}

std::optional<Port> parse_port(std::string_view text) {
  Port port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size() || port == 0) return {};
  return port;
}

}  // namespace

std::optional<HttpUri> parse_http_uri(std::string_view text) {
  if (!has_scheme(text)) return {};
  text.remove_prefix(kScheme.size());
  const std::size_t authority_end = std::min(text.find_first_of("/?"), text.size());
  const std::string_view authority = text.substr(0, authority_end);
  const std::string_view target = text.substr(authority_end);
  // One byte for the slash that an empty path gets.
  if (target.size() >= limits::kHttpUriPathBytesMax || !is_path(target)) return {};
  const std::size_t colon = std::min(authority.find(':'), authority.size());
  const auto host = DomainName::parse(authority.substr(0, colon));
  if (!host) return {};
  HttpUri uri{.host = *host, .port = kHttpPort, .path = {}};
  if (colon < authority.size()) {
    const auto port = parse_port(authority.substr(colon + 1));
    if (!port) return {};
    uri.port = *port;
  }
  if (!target.starts_with('/')) uri.path = "/";
  uri.path += target;
  return uri;
}

std::string to_text(const HttpUri& uri) {
  std::string text(kScheme);
  text += uri.host.text();
  if (uri.port != kHttpPort) text += ":" + std::to_string(uri.port);
  return text + uri.path;
}

}  // namespace dn
