#include "http/response_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/ascii.h"

namespace dn::http {
namespace {

constexpr std::array<std::pair<int, std::string_view>, 25> kPhrases = {{
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {503, "Service Unavailable"},
    {505, "HTTP Version Not Supported"},
}};

constexpr std::array<std::string_view, 4> kOwnFields = {"connection", "content-length", "date",
                                                        "transfer-encoding"};

bool is_token(char c) {
  return is_digit(c) || is_letter(c) || std::string_view("!#$%&'*+-.^_`|~").contains(c);
}

bool is_field_text(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return c == '\t' || (byte >= 0x20 && byte != 0x7f);
}

bool may_be_sent(std::string_view name, std::string_view value) {
  const bool own = std::ranges::any_of(
      kOwnFields, [&](std::string_view field) { return equal_ignoring_case(field, name); });
  return !own && !name.empty() && std::ranges::all_of(name, is_token) &&
         std::ranges::all_of(value, is_field_text);
}

}  // namespace

std::string_view Request::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (equal_ignoring_case(key, name)) return value;
  }
  return {};
}

std::size_t Request::count(std::string_view name) const {
  return static_cast<std::size_t>(std::ranges::count_if(
      headers, [&](const auto& field) { return equal_ignoring_case(field.first, name); }));
}

std::string_view Request::path() const {
  return std::string_view(target).substr(0, target.find('?'));
}

std::string_view Request::query() const {
  const std::size_t mark = target.find('?');
  return mark == std::string::npos ? "" : std::string_view(target).substr(mark + 1);
}

bool may_have_body(int status) {
  return status >= 200 && status != 204 && status != 304;
}

std::string format_http_date(WallTime time) {
  constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed",
                                                     "Thu", "Fri", "Sat"};
  constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const Date date{day};
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
  return fmt::format(
      "{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", kDays[std::chrono::weekday(day).c_encoding()],
      static_cast<unsigned>(date.day()), kMonths[static_cast<unsigned>(date.month()) - 1],
      static_cast<int>(date.year()), clock.hours().count(), clock.minutes().count(),
      clock.seconds().count());
}

std::string format_head(const Response& response, const HeadSettings& settings, WallTime now) {
  const int status = response.status >= 200 && response.status <= 599 ? response.status : 500;
  const auto* row = std::ranges::find(kPhrases, status, &std::pair<int, std::string_view>::first);
  std::string text = fmt::format("HTTP/1.1 {} {}\r\nDate: {}\r\n", status,
                                 row == kPhrases.end() ? "" : row->second, format_http_date(now));
  for (const auto& [name, value] : response.headers) {
    if (may_be_sent(name, value)) text += fmt::format("{}: {}\r\n", name, value);
  }
  if (settings.framing == Framing::Chunked) text += "Transfer-Encoding: chunked\r\n";
  if (settings.framing == Framing::Length && may_have_body(status)) {
    text += fmt::format("Content-Length: {}\r\n", settings.length);
  }
  if (settings.close || settings.framing == Framing::Close) text += "Connection: close\r\n";
  return text + "\r\n";
}

std::string format_chunk(std::string_view piece) {
  return piece.empty() ? std::string() : fmt::format("{:x}\r\n{}\r\n", piece.size(), piece);
}

}  // namespace dn::http
