#include "policy/annotation.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/ascii.h"
#include "base/limits.h"
#include "policy/quote.h"

namespace dn::policy {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";
constexpr std::string_view kPrefix = "discriminat:";
constexpr std::array<std::pair<std::string_view, Annotation::Kind>, 3> kKinds{
    {{"tls", Annotation::Kind::Tls},
     {"ssh", Annotation::Kind::Ssh},
     {"see-thru", Annotation::Kind::SeeThru}}};

std::string_view trim_front(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
  return text;
}

Result<Annotation> parse_body(std::string_view text) {
  const std::string_view after_prefix = text.substr(kPrefix.size());
  const std::size_t colon = after_prefix.find(':');
  const std::string_view name = after_prefix.substr(0, colon);
  const auto* kind = std::find_if(kKinds.begin(), kKinds.end(), [&](const auto& row) {
    return equal_ignoring_case(name, row.first);
  });
  if (kind == kKinds.end()) {
    return fail(
        fmt::format("{}: not a kind of annotation; write \"discriminat:tls:\", "
                    "\"discriminat:ssh:\" or \"discriminat:see-thru:\"",
                    quote(name)));
  }
  Annotation annotation;
  annotation.kind = kind->second;
  annotation.suspicious_case = !text.starts_with(kPrefix) || name != kind->first;
  const bool has_list = colon != std::string_view::npos;
  if (has_list) annotation.list = trim_front(after_prefix.substr(colon + 1));
  if (annotation.list.empty()) {
    const bool dated = annotation.kind == Annotation::Kind::SeeThru;
    return fail(fmt::format("{}: nothing follows; write \"discriminat:{}:{}\"", quote(text),
                            kind->first, dated ? "2026-12-24" : "api.example.com"));
  }
  if (annotation.kind == Annotation::Kind::SeeThru) {
    annotation.list = annotation.list.substr(0, annotation.list.find_first_of(kBlanks));
  }
  return annotation;
}

}  // namespace

Result<std::optional<Annotation>> parse_annotation(std::string_view description) {
  const std::string_view text = trim_front(description);
  if (!equal_ignoring_case(text.substr(0, kPrefix.size()), kPrefix)) return std::nullopt;
  if (text.size() > limits::kAnnotationBytesMax) {
    return fail(fmt::format("{}: more than {} characters; spread the members over several rules",
                            quote(text), limits::kAnnotationBytesMax));
  }
  const std::size_t end = text.find_last_not_of(kBlanks);
  return parse_body(text.substr(0, end + 1)).map([](Annotation annotation) {
    return std::optional(annotation);
  });
}

MemberReader::MemberReader(std::string_view list) : rest_(list), done_(list.empty()) {}

std::optional<std::string_view> MemberReader::next() {
  if (done_) return {};
  rest_ = trim_front(rest_);
  const std::size_t end = std::min(rest_.find_first_of(" \t\r\n,"), rest_.size());
  const std::string_view member = rest_.substr(0, end);
  rest_ = trim_front(rest_.substr(end));
  done_ = !rest_.starts_with(',');
  if (!done_) rest_.remove_prefix(1);
  return member;
}

}  // namespace dn::policy
