// The verifier on arbitrary headers: no crash, no acceptance of what nobody signed, and parsed
// parts that are what the parser promises. The first line is the Authorization header, each further
// one a header "name:value", the rest behind an empty line the body.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "aws/sigv4.h"
#include "base/check.h"

namespace {

using dn::aws::SignatureFault;

// Noon of 22 November 2026, the time of the corpus.
constexpr dn::WallTime kNow{std::chrono::seconds(1'795'348'800)};

std::string_view next_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

void look_at(const dn::aws::Authorization& parsed) {
  DN_CHECK(!parsed.access_key_id.empty() && !parsed.region.empty() && !parsed.service.empty(),
           "parts are not empty");
  DN_CHECK(parsed.date.size() == 8 && parsed.signature.size() == 64, "sizes are fixed");
  DN_CHECK(
      !parsed.signed_headers.empty() && parsed.signed_headers.size() <= dn::aws::kSignedHeadersMax,
      "the list is bounded");
  DN_CHECK(std::ranges::is_sorted(parsed.signed_headers), "the list is in order");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string_view authorization = next_line(text);
  const auto parsed = dn::aws::parse_authorization(authorization);
  if (parsed) look_at(*parsed);
  dn::aws::SignableRequest request;
  request.headers.emplace_back("Authorization", authorization);
  for (std::string_view line = next_line(text); !line.empty(); line = next_line(text)) {
    const std::size_t colon = std::min(line.find(':'), line.size());
    request.headers.emplace_back(line.substr(0, colon),
                                 line.substr(std::min(colon + 1, line.size())));
  }
  request.body = text;
  // The secret is longer than anything the fuzzer could sign with by chance.
  const dn::aws::Credentials key{"AKIDEXAMPLE", "a secret that stands in no input", ""};
  const SignatureFault fault = dn::aws::verify(request, {&key, 1}, "logs", kNow);
  DN_CHECK(fault != SignatureFault::None, "nobody has signed this");
  DN_CHECK(parsed || fault == SignatureFault::Incomplete, "no verdict without its parts");
  // What is signed afterwards is good, whatever the other headers are.
  std::erase_if(request.headers, [](const dn::aws::Header& header) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    const auto is = [&](std::string_view name) {
      return std::ranges::equal(header.first, name, {}, lower);
    };
    return is("host") || is("x-amz-date") || is("x-amz-security-token") || is("x-amz-target") ||
           is("authorization") || header.first.empty() ||
           !std::ranges::all_of(header.first,
                                [](char c) { return c > ' ' && c < 0x7f && c != ';'; });
  });
  request.headers.resize(std::min<std::size_t>(request.headers.size(), 60));
  request.headers.emplace_back("host", "h");
  for (auto& header : dn::aws::sign(request, key, {"r", "logs"}, kNow)) {
    request.headers.push_back(std::move(header));
  }
  // A name with a comma would end the list early; no HTTP header has one.
  const bool odd = std::ranges::any_of(request.headers, [](const dn::aws::Header& header) {
    return header.first.find(',') != std::string::npos;
  });
  DN_CHECK(odd || dn::aws::verify(request, {&key, 1}, "logs", kNow) == SignatureFault::None,
           "the two halves agree");
  return 0;
}
