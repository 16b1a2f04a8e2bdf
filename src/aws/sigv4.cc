#include "aws/sigv4.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

#include "aws/percent_encoding.h"
#include "base/ascii.h"
#include "base/check.h"
#include "base/secret.h"

namespace dn::aws {
namespace {

constexpr std::string_view kScheme = "AWS4-HMAC-SHA256";
constexpr std::string_view kTerminator = "aws4_request";
constexpr std::size_t kDateLength = 16;  // of X-Amz-Date; its first 8 are the scope's date
constexpr std::size_t kDayLength = 8;
constexpr std::size_t kSignatureLength = 64;
// Must be signed where they are present.
constexpr std::array<std::string_view, 4> kBinding = {"host", "x-amz-date", "x-amz-security-token",
                                                      "x-amz-target"};

using Digest = std::array<unsigned char, 32>;

// A key that is wiped when it goes.
struct Key {
  Digest bytes{};
  Key() = default;
  Key(const Key&) = delete;
  Key& operator=(const Key&) = delete;
  ~Key() { OPENSSL_cleanse(bytes.data(), bytes.size()); }
  std::string_view view() const {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
};

void hmac_into(Digest& into, std::string_view key, std::string_view text) {
  unsigned length = 0;
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  const auto* made = HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes,
                          text.size(), into.data(), &length);
  DN_CHECK(made != nullptr && length == into.size(), "SHA-256 is always there");
}

std::string to_hex(std::span<const unsigned char> bytes) {
  std::string text;
  text.reserve(2 * bytes.size());
  for (const unsigned char byte : bytes) fmt::format_to(std::back_inserter(text), "{:02x}", byte);
  return text;
}

std::string sha256_hex(std::string_view text) {
  Digest digest{};
  unsigned length = 0;
  const int done =
      EVP_Digest(text.data(), text.size(), digest.data(), &length, EVP_sha256(), nullptr);
  DN_CHECK(done == 1 && length == digest.size(), "SHA-256 is always there");
  return to_hex(digest);
}

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

// Trimmed, each run of blanks inside one space.
void append_value(std::string& out, std::string_view value) {
  const std::size_t start = out.size();
  bool pending = false;
  for (const char c : value) {
    if (is_blank(c)) {
      pending = out.size() > start;
      continue;
    }
    if (pending) out += ' ';
    pending = false;
    out += c;
  }
}

// Without dot segments and empty ones, and encoded once more: what is sent is encoded already.
std::string canonical_path(std::string_view path) {
  std::vector<std::string_view> kept;
  for (std::size_t at = 0; at <= path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    const std::string_view segment = path.substr(at, end - at);
    at = end + 1;
    if (segment == "..") {
      if (!kept.empty()) kept.pop_back();
    } else if (!segment.empty() && segment != ".") {
      kept.push_back(segment);
    }
  }
  std::string out = "/";
  for (const std::string_view segment : kept) {
    append_percent_encoded(out, segment);
    out += '/';
  }
  if (!kept.empty() && !path.ends_with('/')) out.pop_back();
  return out;
}

std::optional<unsigned> hex_value(char c) {
  if (is_digit(c)) return static_cast<unsigned>(c - '0');
  c = lower(c);
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  return {};
}

// One form for each text: decoded where it is encoded, then encoded where it must be.
std::string recoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%' && i + 2 < text.size()) {
      const auto high = hex_value(text[i + 1]);
      const auto low = hex_value(text[i + 2]);
      if (high && low) {
        c = static_cast<char>(*high * 16 + *low);
        i += 2;
      }
    }
    append_percent_encoded(out, {&c, 1});
  }
  return out;
}

// Sorted by name, then by value; a name alone gets its '='.
std::string canonical_query(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (std::size_t at = 0; at < query.size();) {
    const std::size_t end = std::min(query.find('&', at), query.size());
    const std::string_view pair = query.substr(at, end - at);
    at = end + 1;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const std::string_view value = equals == pair.size() ? "" : pair.substr(equals + 1);
    if (!pair.empty()) pairs.emplace_back(recoded(pair.substr(0, equals)), recoded(value));
  }
  std::ranges::sort(pairs);
  std::string out;
  for (const auto& [name, value] : pairs) {
    if (!out.empty()) out += '&';
    out += name;
    out += '=';
    out += value;
  }
  return out;
}

struct CanonicalHeaders {
  std::string lines;  // "name:value\n" each
  std::string names;  // joined by ';'
  bool complete = true;
};

// `names` are lower case and in order. Headers of one name become one, joined by commas.
CanonicalHeaders canonical_headers(const std::vector<Header>& headers,
                                   std::span<const std::string_view> names) {
  CanonicalHeaders out;
  for (const std::string_view name : names) {
    if (!out.names.empty()) out.names += ';';
    out.names += name;
    out.lines += name;
    char joint = ':';
    for (const Header& header : headers) {
      if (!equal_ignoring_case(header.first, name)) continue;
      out.lines += joint;
      std::string value;
      append_value(value, header.second);
      out.lines += value;
      joint = ',';
    }
    out.complete = out.complete && joint == ',';
    out.lines += '\n';
  }
  return out;
}

struct Scope {
  std::string_view date, region, service;
};

// The signature as hexadecimal digits.
std::string signature_of(const SignableRequest& request, const CanonicalHeaders& headers,
                         std::string_view time, const Scope& scope, std::string_view secret) {
  const std::string canonical = fmt::format(
      "{}\n{}\n{}\n{}\n{}\n{}", request.method, canonical_path(request.path),
      canonical_query(request.query), headers.lines, headers.names, sha256_hex(request.body));
  const std::string text =
      fmt::format("{}\n{}\n{}/{}/{}/{}\n{}", kScheme, time, scope.date, scope.region, scope.service,
                  kTerminator, sha256_hex(canonical));
  std::string first = "AWS4";
  first += secret;
  Key date, region, service, signing;
  hmac_into(date.bytes, first, scope.date);
  OPENSSL_cleanse(first.data(), first.size());
  hmac_into(region.bytes, date.view(), scope.region);
  hmac_into(service.bytes, region.view(), scope.service);
  hmac_into(signing.bytes, service.view(), kTerminator);
  Digest signature{};
  hmac_into(signature, signing.view(), text);
  return to_hex(signature);
}

// The value of a header that must occur at most once. Twice counts as unusable: nothing.
struct Single {
  std::string_view value;
  std::size_t count = 0;
};

Single find_single(const std::vector<Header>& headers, std::string_view name) {
  Single found;
  for (const Header& header : headers) {
    if (!equal_ignoring_case(header.first, name)) continue;
    found.value = header.second;
    ++found.count;
  }
  return found;
}

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

// "AKID/20261122/region/service/aws4_request"
bool parse_credential(std::string_view text, Authorization& into) {
  std::array<std::string_view, 5> parts;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::size_t end = text.find('/');
    const bool last = i + 1 == parts.size();
    if (last != (end == std::string_view::npos)) return false;
    parts[i] = text.substr(0, end);
    if (parts[i].empty()) return false;
    if (!last) text.remove_prefix(end + 1);
  }
  into.access_key_id = parts[0];
  into.date = parts[1];
  into.region = parts[2];
  into.service = parts[3];
  return into.date.size() == kDayLength && std::ranges::all_of(into.date, is_digit) &&
         parts[4] == kTerminator;
}

bool parse_signed_headers(std::string_view text, std::vector<std::string_view>& into) {
  for (;;) {
    const std::size_t end = std::min(text.find(';'), text.size());
    const std::string_view name = text.substr(0, end);
    if (name.empty() || into.size() == kSignedHeadersMax) return false;
    if (!into.empty() && into.back() >= name) return false;
    if (!std::ranges::all_of(name, [](char c) { return c > ' ' && c < 0x7f && lower(c) == c; })) {
      return false;
    }
    into.push_back(name);
    if (end == text.size()) return true;
    text.remove_prefix(end + 1);
  }
}

bool parse_signature(std::string_view text, std::string_view& into) {
  into = text;
  return text.size() == kSignatureLength &&
         std::ranges::all_of(text, [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); });
}

bool signs_what_binds(const SignableRequest& request, const Authorization& authorization) {
  return std::ranges::all_of(kBinding, [&](std::string_view name) {
    const std::size_t count = find_single(request.headers, name).count;
    if (count > 1) return false;
    return std::ranges::binary_search(authorization.signed_headers, name) ||
           (count == 0 && name != "host");
  });
}

// Any key whose id it is: a file may hold the old and the new secret of one id for a while.
SignatureFault verify_by_keys(const SignableRequest& request, const Authorization& authorization,
                              std::span<const Credentials> known, std::string_view time) {
  const auto headers = canonical_headers(request.headers, authorization.signed_headers);
  const std::string_view token = find_single(request.headers, "x-amz-security-token").value;
  const Scope scope{authorization.date, authorization.region, authorization.service};
  SignatureFault fault = SignatureFault::UnknownKey;
  for (const Credentials& credentials : known) {
    if (credentials.access_key_id != authorization.access_key_id) continue;
    if (!equal_secrets(credentials.session_token, token)) continue;
    fault = SignatureFault::WrongSignature;
    const std::string want =
        signature_of(request, headers, time, scope, credentials.secret_access_key);
    if (headers.complete && equal_secrets(want, authorization.signature))
      return SignatureFault::None;
  }
  return fault;
}

}  // namespace

std::vector<Header> sign(const SignableRequest& request, const Credentials& credentials,
                         const SigningScope& scope, WallTime now) {
  const std::string time = format_amz_date(now);
  std::vector<Header> added = {{"X-Amz-Date", time}};
  if (!credentials.session_token.empty()) {
    added.emplace_back("X-Amz-Security-Token", credentials.session_token);
  }
  std::vector<Header> headers = added;
  std::vector<std::string> lower_names = {"x-amz-date"};
  if (added.size() > 1) lower_names.emplace_back("x-amz-security-token");
  for (const Header& header : request.headers) {
    std::string name = lowered(header.first);
    if (name == "x-amz-date" || name == "x-amz-security-token" || name == "authorization") continue;
    headers.push_back(header);
    lower_names.push_back(std::move(name));
  }
  std::ranges::sort(lower_names);
  std::vector<std::string_view> names(lower_names.begin(), lower_names.end());
  names.erase(std::ranges::unique(names).begin(), names.end());
  const CanonicalHeaders canonical = canonical_headers(headers, names);
  const std::string_view day = std::string_view(time).substr(0, kDayLength);
  const std::string signature = signature_of(
      request, canonical, time, {day, scope.region, scope.service}, credentials.secret_access_key);
  added.emplace_back("Authorization",
                     fmt::format("{} Credential={}/{}/{}/{}/{}, SignedHeaders={}, Signature={}",
                                 kScheme, credentials.access_key_id, day, scope.region,
                                 scope.service, kTerminator, canonical.names, signature));
  return added;
}

std::optional<Authorization> parse_authorization(std::string_view text) {
  text = trimmed(text);
  if (!take_prefix(text, kScheme) || text.empty() || !is_blank(text.front())) return {};
  Authorization parsed;
  bool credential = false, headers = false, signature = false;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(','), text.size());
    std::string_view part = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    bool good = false;
    if (take_prefix(part, "Credential=")) {
      good = !std::exchange(credential, true) && parse_credential(part, parsed);
    } else if (take_prefix(part, "SignedHeaders=")) {
      good = !std::exchange(headers, true) && parse_signed_headers(part, parsed.signed_headers);
    } else if (take_prefix(part, "Signature=")) {
      good = !std::exchange(signature, true) && parse_signature(part, parsed.signature);
    }
    if (!good) return {};
  }
  if (!credential || !headers || !signature) return {};
  return parsed;
}

SignatureFault verify(const SignableRequest& request, std::span<const Credentials> known,
                      std::string_view service, WallTime now) {
  const Single header = find_single(request.headers, "authorization");
  if (header.count == 0) return SignatureFault::Missing;
  if (header.count > 1) return SignatureFault::Incomplete;
  const auto authorization = parse_authorization(header.value);
  if (!authorization) return SignatureFault::Incomplete;
  const std::string_view time = trimmed(find_single(request.headers, "x-amz-date").value);
  const auto when = parse_amz_date(time);
  if (!when || !signs_what_binds(request, *authorization)) return SignatureFault::Incomplete;
  const bool known_key = std::ranges::any_of(known, [&](const Credentials& credentials) {
    return credentials.access_key_id == authorization->access_key_id;
  });
  if (!known_key) return SignatureFault::UnknownKey;
  if (authorization->date != time.substr(0, kDayLength) || authorization->service != service) {
    return SignatureFault::WrongSignature;
  }
  // The difference in seconds: no date of four digits makes it overflow.
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now) -
                       std::chrono::floor<std::chrono::seconds>(*when);
  if (std::chrono::abs(seconds) > kClockSkewMax) return SignatureFault::Expired;
  return verify_by_keys(request, *authorization, known, time);
}

std::string format_amz_date(WallTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const Date date{day};
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
  return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

std::optional<WallTime> parse_amz_date(std::string_view text) {
  if (text.size() != kDateLength || text[8] != 'T' || text[15] != 'Z') return {};
  const auto number = [&](std::size_t at, std::size_t length) -> std::optional<int> {
    int value = 0;
    for (const char c : text.substr(at, length)) {
      if (!is_digit(c)) return {};
      value = value * 10 + (c - '0');
    }
    return value;
  };
  const auto year = number(0, 4), month = number(4, 2), day = number(6, 2);
  const auto hour = number(9, 2), minute = number(11, 2), second = number(13, 2);
  if (!year || !month || !day || !hour || !minute || !second) return {};
  const Date date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                  std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 59) return {};
  return std::chrono::sys_days(date) + std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
         std::chrono::seconds(*second);
}

}  // namespace dn::aws
