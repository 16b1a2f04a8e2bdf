// Theory of operation
//
// A request is judged in three steps, each by bytes that later ones cannot change: the request line
// when its end has arrived; then the search for the end of the head, an empty line; then the fields
// of the complete head, front to back. So an answer is final, and a client that sends byte by byte
// costs two searches for a byte per segment until its head is complete.
//
//   method SP target SP HTTP/1.x CRLF     (RFC 9112 section 3)
//   name ":" OWS value OWS CRLF           (section 5)
//   CRLF
//
// Telling HTTP from other talk: many protocols begin with a word in capitals and a blank ("EHLO x",
// "PROXY TCP4 …"). A line without a version is therefore Malformed only after a method that RFC
// 9110 or RFC 5789 registers, and NotThis otherwise.
//
// Attacks considered: two Host fields, Host against target, userinfo, blanks and commas in Host,
// obs-fold, bare CR and bare LF, a blank before the colon, NUL: each of them read one way by one
// server and another way by the next (RFC 9112 section 11).
#include "wire/http.h"

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "base/limits.h"

namespace dn::wire {
namespace {

using Result = ParseResult<HttpRequest>;
constexpr auto npos = std::string_view::npos;

constexpr std::size_t kMethodBytesMax = 32;

constexpr bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
constexpr bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}
constexpr bool is_any_of(char c, std::string_view set) {
  return set.find(c) != npos;
}
constexpr bool is_token_char(char c) {  // tchar, RFC 9110 section 5.6.2
  return is_alphanumeric(c) || is_any_of(c, "!#$%&'*+-.^_`|~");
}
constexpr bool is_method_char(char c) {
  return is_upper(c) || c == '-' || c == '_';
}
constexpr bool is_target_char(
    char c) {  // Raw bytes of UTF-8 are common in paths; they mean one thing.
  return c != ' ' && !is_control(c);
}
constexpr bool is_value_char(char c) {
  return c == '\t' || !is_control(c);
}
// reg-name of RFC 3986 section 3.2.2 without the comma, which joined Host fields would show.
constexpr bool is_host_char(char c) {
  return is_alphanumeric(c) || is_any_of(c, "-._~%!$&'()*+;=");
}
constexpr bool is_ipv6_char(char c) {
  return is_alphanumeric(c) ? is_hex_digit(c) : c == ':' || c == '.';
}

std::string_view trim_blanks(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// A comma-separated list holds the word.
bool lists(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    if (equal_ignoring_case(trim_blanks(list.substr(0, comma)), word)) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

bool is_registered_method(std::string_view method) {
  constexpr std::array<std::string_view, 9> kMethods = {
      "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"};
  return std::ranges::find(kMethods, method) != kMethods.end();
}

// Takes one line without its line end; false when that is a bare LF.
bool take_line(std::string_view& rest, std::string_view& line) {
  const std::size_t end = std::min(rest.find('\n'), rest.size());
  line = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  if (!line.ends_with('\r')) return false;
  line.remove_suffix(1);
  return true;
}

// uri-host [":" port] (RFC 9110 section 7.2)
struct Authority {
  std::string_view host, port;
};

// False when the text is none. Userinfo fails.
bool read_authority(std::string_view text, Authority& authority) {
  std::size_t end = std::min(text.find(':'), text.size());
  if (text.starts_with('[')) {
    const std::size_t bracket = text.find(']');
    if (bracket == npos) return false;
    end = bracket + 1;
    const std::string_view inside = text.substr(1, bracket - 1);
    if (inside.empty() || !std::ranges::all_of(inside, is_ipv6_char)) return false;
  } else if (!std::ranges::all_of(text.substr(0, end), is_host_char)) {
    return false;
  }
  const std::string_view port = text.substr(end);
  if (!port.empty() && (port[0] != ':' || port.size() > 6)) return false;
  if (!port.empty() && !std::ranges::all_of(port.substr(1), is_digit)) return false;
  authority.host = text.substr(0, end);
  authority.port = port.empty() ? port : port.substr(1);
  return true;
}

std::string_view without_final_dot(std::string_view host) {
  return host.ends_with('.') ? host.substr(0, host.size() - 1) : host;
}

// -- the request line -----------------------------------------------------------------------------

// What the target says (RFC 9112 section 3.2).
struct Target {
  std::string_view path;
  std::optional<Authority> authority;  // of an absolute-form or authority-form target
};

bool read_target(const HttpRequest& request, Target& target) {
  const std::string_view text = request.target;
  Authority authority;
  if (request.is_connect) {  // authority-form; the port is required
    if (!read_authority(text, authority) || authority.host.empty() || authority.port.empty()) {
      return false;
    }
    target.authority = authority;
    return true;
  }
  target.path = text;
  if (text.starts_with('/')) return true;
  if (text == "*") return request.method == "OPTIONS";
  const std::size_t scheme = text.find("://");
  const auto is_scheme_char = [](char c) { return is_alphanumeric(c) || is_any_of(c, "+-."); };
  if (scheme == npos || scheme == 0 || !std::ranges::all_of(text.substr(0, scheme), is_scheme_char))
    return false;
  const std::string_view rest = text.substr(scheme + 3);
  const std::size_t end = std::min(rest.find_first_of("/?#"), rest.size());
  if (!read_authority(rest.substr(0, end), authority) || authority.host.empty()) return false;
  target.authority = authority;
  target.path = end < rest.size() ? rest.substr(end) : "/";
  return true;
}

// The bytes as far as they have come can begin a request: a method, then a blank.
bool can_be_request(std::string_view text) {
  const std::string_view window = text.substr(0, kMethodBytesMax + 1);
  const std::size_t end = std::min(
      static_cast<std::size_t>(std::ranges::find_if_not(window, is_method_char) - window.begin()),
      window.size());
  if (text.starts_with("SSH-")) return false;
  if (end == window.size()) return end <= kMethodBytesMax;
  return end > 0 && window[end] == ' ';
}

// `line` is the first line without its line end. Done: method, target and version are set.
Result read_request_line(std::string_view line) {
  HttpRequest request;
  const std::size_t blank = line.find(' ');
  request.method = line.substr(0, blank);
  request.is_connect = request.method == "CONNECT";
  const std::string_view rest = line.substr(blank + 1);
  const std::size_t second_blank = rest.find(' ');
  request.target = rest.substr(0, second_blank);
  const std::string_view version = second_blank == npos ? "" : rest.substr(second_blank + 1);
  const bool known = is_registered_method(request.method);
  if (!version.starts_with("HTTP/") && !known) return Result::not_this();
  if (request.method == "PRI" && version == "HTTP/2.0") return Result::not_this();
  if (!std::ranges::all_of(request.target, is_target_char) ||
      (version != "HTTP/1.1" && version != "HTTP/1.0"))
    return Result::malformed(Reason::HttpMalformed, request);
  request.version = version.substr(5);
  return Result::done(request, 0);
}

// -- the fields -----------------------------------------------------------------------------------

struct Fields {
  std::optional<Authority> host;
  bool has_user_agent = false;
};

Reason read_field(std::string_view line, HttpRequest& request, Fields& fields) {
  const std::size_t colon = line.find(':');
  // An empty name, a blank before the colon and a folded line all fail as no token.
  if (colon == npos || colon == 0 || !std::ranges::all_of(line.substr(0, colon), is_token_char))
    return Reason::HttpMalformed;
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = trim_blanks(line.substr(colon + 1));
  if (!std::ranges::all_of(value, is_value_char)) return Reason::HttpMalformed;
  if (equal_ignoring_case(name, "host")) {
    Authority authority;
    if (fields.host || !read_authority(value, authority)) return Reason::HttpMalformed;
    fields.host = authority;
  } else if (equal_ignoring_case(name, "user-agent") && !fields.has_user_agent) {
    fields.has_user_agent = true;
    request.user_agent = value;
  } else if (equal_ignoring_case(name, "upgrade")) {
    request.asks_upgrade = true;
  } else if (equal_ignoring_case(name, "connection") && lists(value, "upgrade")) {
    request.asks_upgrade = true;
  } else if (equal_ignoring_case(name, "transfer-encoding") ||
             (equal_ignoring_case(name, "content-length") && value != "0")) {
    request.has_body = true;
  }
  return Reason::None;
}

void set_host(HttpRequest& request, const Authority& authority) {
  request.host = authority.host;
  request.port = authority.port;
  request.host_name = DomainName::parse(authority.host);
}

// `head` is all lines behind the request line, with the empty one. None when valid. The fields are
// read to the end in any case, so that the log can name the host of a refused request.
Reason read_fields(std::string_view head, HttpRequest& request) {
  Fields fields;
  Reason first = Reason::None;
  const auto note = [&first](Reason reason) { first = first == Reason::None ? reason : first; };
  for (std::size_t count = 0; !head.empty(); ++count) {
    std::string_view line;
    if (!take_line(head, line)) note(Reason::HttpMalformed);
    if (line.empty()) break;
    if (count == limits::kHttpFieldsMax) note(Reason::HttpTooLarge);
    note(read_field(line, request, fields));
  }
  if (fields.host) set_host(request, *fields.host);
  Target target;
  if (!read_target(request, target)) note(Reason::HttpMalformed);
  request.path = target.path;
  // RFC 9112 section 3.2.2: the target wins.
  if (target.authority) set_host(request, *target.authority);
  if (!fields.host && request.version != "1.0") note(Reason::HttpMalformed);
  if (fields.host && target.authority &&
      !equal_ignoring_case(without_final_dot(target.authority->host),
                           without_final_dot(fields.host->host)))
    note(Reason::HttpHostMismatch);
  return first;
}

// Bytes up to behind the empty line that ends the head, whatever its line ends; npos when there is
// none.
std::size_t find_head_end(std::string_view text) {
  for (std::size_t at = text.find('\n'); at != npos; at = text.find('\n', at + 1)) {
    if (text.substr(at + 1, 1) == "\n") return at + 2;
    if (text.substr(at + 1, 2) == "\r\n") return at + 3;
  }
  return npos;
}

}  // namespace

ParseResult<HttpRequest> parse_http_request(ByteSpan stream) {
  std::string_view text = as_text(stream);
  // One empty line in front is tolerated (RFC 9112 section 2.2).
  constexpr std::string_view kEmptyLine = "\r\n";
  if (text == "\r") return Result::need_more();
  if (text.starts_with(kEmptyLine)) text.remove_prefix(kEmptyLine.size());
  const std::size_t skipped = stream.size() - text.size();
  if (!can_be_request(text)) return Result::not_this();

  const std::string_view window = text.substr(0, limits::kHttpHeadBytesMax);
  const bool is_full = window.size() == limits::kHttpHeadBytesMax;
  const std::size_t line_end = window.find('\n');
  std::string_view first = window.substr(0, line_end);
  if (first.ends_with('\r')) first.remove_suffix(1);
  // Other protocols show themselves by bytes that no request line has.
  if (std::ranges::any_of(first, is_control)) {
    return is_registered_method(first.substr(0, first.find(' ')))
               ? Result::malformed(Reason::HttpMalformed)
               : Result::not_this();
  }
  if (line_end == npos)
    return is_full ? Result::malformed(Reason::HttpTooLarge) : Result::need_more();
  Result result = read_request_line(first);
  if (result.status == ParseStatus::NotThis) return result;
  Reason reason = result.reason;
  if (reason == Reason::None && line_end == first.size())
    reason = Reason::HttpMalformed;  // bare LF

  const std::size_t head_end = find_head_end(window);
  if (head_end == npos && reason == Reason::None && !is_full) return Result::need_more();
  if (head_end == npos && reason == Reason::None) reason = Reason::HttpTooLarge;
  if (head_end != npos) {
    const std::string_view head = window.substr(line_end + 1, head_end - line_end - 1);
    const Reason in_fields = read_fields(head, result.value);
    if (reason == Reason::None) reason = in_fields;
  }
  if (reason != Reason::None) return Result::malformed(reason, result.value);
  return Result::done(result.value, skipped + head_end);
}

ParseResult<HttpResponse> parse_http_response(ByteSpan stream) {
  using Response = ParseResult<HttpResponse>;
  constexpr std::string_view kPrefix = "HTTP/";
  const std::string_view text = as_text(stream).substr(0, limits::kHttpHeadBytesMax);
  if (text.substr(0, kPrefix.size()) != kPrefix.substr(0, text.size())) return Response::not_this();
  const std::size_t end = text.find('\n');
  if (end == npos) {
    return text.size() < limits::kHttpHeadBytesMax ? Response::need_more()
                                                   : Response::malformed(Reason::HttpTooLarge);
  }
  std::string_view line = text.substr(0, end);
  if (line.ends_with('\r')) line.remove_suffix(1);
  HttpResponse response;
  // HTTP/1.x SP three digits [SP text]: many servers leave the last blank out.
  const std::string_view version = line.substr(kPrefix.size(), 3);
  if (version == "1.0" || version == "1.1") response.version = version;
  const std::string_view rest = line.substr(std::min(line.size(), kPrefix.size() + 3));
  if (response.version.empty() || rest.size() < 4 || rest[0] != ' ' ||
      !std::ranges::all_of(rest.substr(1, 3), is_digit) || (rest.size() > 4 && rest[4] != ' '))
    return Response::malformed(Reason::HttpMalformed, response);
  const int code = (rest[1] - '0') * 100 + (rest[2] - '0') * 10 + (rest[3] - '0');
  if (code < 100 || code > 599) return Response::malformed(Reason::HttpMalformed, response);
  response.code = code;
  return Response::done(response, end + 1);
}

}  // namespace dn::wire
