#include "base/http_uri.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/limits.h"
#include "base/listen_address.h"

namespace dn {
namespace {

constexpr std::string_view kScheme = "http://";
constexpr Port kHttpPort = 80;

// pchar, "/" and "?" of RFC 3986 section 3.3 and 3.4, without "%".
constexpr bool is_path_char(char c) {
  constexpr std::string_view kOthers = "-._~!$&'()*+,;=:@/?";
  return is_alphanumeric(c) || kOthers.find(c) != std::string_view::npos;
}

bool has_scheme(std::string_view text) {
  return text.size() > kScheme.size() &&
         equal_ignoring_case(text.substr(0, kScheme.size()), kScheme);
}

bool is_path(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_path_char(text[i])) continue;
    if (text[i] != '%' || text.size() - i < 3 || !is_hex_digit(text[i + 1]) ||
        !is_hex_digit(text[i + 2])) {
      return false;
    }
    i += 2;
  }
  return true;
}

}  // namespace

std::optional<HttpUri> parse_http_uri(std::string_view text) {
  if (!has_scheme(text)) return {};
  text.remove_prefix(kScheme.size());
  const std::size_t authority_end = std::min(text.find_first_of("/?"), text.size());
  const auto authority = split_authority(text.substr(0, authority_end));
  const std::string_view target = text.substr(authority_end);
  // One byte for the slash that an empty path gets.
  if (target.size() >= limits::kHttpUriPathBytesMax || !is_path(target)) return {};
  const auto host = authority ? DomainName::parse(authority->host) : std::nullopt;
  if (!host) return {};
  HttpUri uri{.host = *host, .port = kHttpPort, .path = {}};
  if (authority->port) {
    const auto port = parse_port(*authority->port);
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
