#include "policy/preferences.h"

#include <fmt/format.h>

#include <array>
#include <optional>
#include <utility>

#include "policy/quote.h"

namespace dn::policy {
namespace {

template <class Value, std::size_t kCount>
using Names = std::array<std::pair<std::string_view, Value>, kCount>;

constexpr Names<WildcardExposure, 4> kExposures{
    {{"none", WildcardExposure::None},
     {"prohibit_asterisk", WildcardExposure::ProhibitAsterisk},
     {"prohibit_public_suffix", WildcardExposure::ProhibitPublicSuffix},
     {"nuclear", WildcardExposure::Nuclear}}};
constexpr Names<FlowLogVerbosity, 3> kVerbosities{
    {{"full", FlowLogVerbosity::Full},
     {"only_disallowed", FlowLogVerbosity::OnlyDisallowed},
     {"none", FlowLogVerbosity::None}}};
constexpr Names<X509Crls, 2> kCrls{{{"ignore", X509Crls::Ignore}, {"allow", X509Crls::Allow}}};

template <class Value, std::size_t kCount>
Result<Value> find_value(const Names<Value, kCount>& names, std::string_view key,
                         std::string_view text) {
  std::string allowed;
  for (const auto& [name, value] : names) {
    if (name == text) return value;
    allowed += fmt::format("{}\"{}\"", allowed.empty() ? "" : ", ", name);
  }
  return fail(fmt::format("{}: not a value of {}; write one of {}", quote(text), key, allowed));
}

template <class Value, std::size_t kCount>
constexpr std::string_view find_name(const Names<Value, kCount>& names, Value wanted) {
  for (const auto& [name, value] : names) {
    if (value == wanted) return name;
  }
  return "";
}

// Takes `least` to `most` digits off the front of `text`.
std::optional<unsigned> take_digits(std::string_view& text, std::size_t least, std::size_t most) {
  std::size_t count = 0;
  unsigned value = 0;
  while (count < most && count < text.size() && text[count] >= '0' && text[count] <= '9') {
    value = value * 10 + static_cast<unsigned>(text[count++] - '0');
  }
  if (count < least) return {};
  text.remove_prefix(count);
  return value;
}

bool take_dash(std::string_view& text) {
  if (!text.starts_with('-')) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

Result<WildcardExposure> parse_wildcard_exposure(std::string_view text) {
  return find_value(kExposures, "wildcard_exposure", text);
}
Result<FlowLogVerbosity> parse_flow_log_verbosity(std::string_view text) {
  return find_value(kVerbosities, "flow_log_verbosity", text);
}
Result<X509Crls> parse_x509_crls(std::string_view text) {
  return find_value(kCrls, "x509_crls", text);
}

std::string_view to_text(WildcardExposure value) {
  return find_name(kExposures, value);
}
std::string_view to_text(FlowLogVerbosity value) {
  return find_name(kVerbosities, value);
}
std::string_view to_text(X509Crls value) {
  return find_name(kCrls, value);
}

Result<Date> parse_thru_date(std::string_view text) {
  std::string_view rest = text;
  const auto year = take_digits(rest, 4, 4);
  const bool first_dash = take_dash(rest);
  const auto month = take_digits(rest, 1, 2);
  const bool second_dash = take_dash(rest);
  const auto day = take_digits(rest, 1, 2);
  if (!year || !first_dash || !month || !second_dash || !day || !rest.empty()) {
    return fail(
        fmt::format("{}: not a date; write it as YYYY-mm-dd, such as \"2026-12-24\"", quote(text)));
  }
  const Date date{std::chrono::year(static_cast<int>(*year)), std::chrono::month(*month),
                  std::chrono::day(*day)};
  if (!date.ok()) {
    return fail(fmt::format("{}: the calendar has no such day; write an existing one as YYYY-mm-dd",
                            quote(text)));
  }
  return date;
}

std::string format_date(Date date) {
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

}  // namespace dn::policy
