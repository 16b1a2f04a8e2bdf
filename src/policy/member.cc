#include "policy/member.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/arn.h"
#include "base/ascii.h"
#include "base/domain_name.h"
#include "base/utf8.h"
#include "policy/idna.h"
#include "policy/pattern.h"
#include "policy/quote.h"

namespace dn::policy {
namespace {

bool consists_of(std::string_view text, std::string_view allowed) {
  return text.find_first_not_of(allowed) == std::string_view::npos;
}

tl::unexpected<Error> reject(std::string_view text, std::string_view why) {
  return fail(fmt::format("{}: {}", quote(text), why));
}

// Rejects with an example of what to write: the given text where it is a member, else in words.
tl::unexpected<Error> reject(std::string_view text, std::string_view why, std::string_view better,
                             std::string_view otherwise) {
  const std::string_view shown =
      better.ends_with('.') ? better.substr(0, better.size() - 1) : better;
  const bool good = shown.contains('.') && DomainName::parse(shown).has_value();
  if (good || parse_ipv4(shown)) {
    return fail(fmt::format("{}: {}; write {}", quote(text), why, quote(shown)));
  }
  return fail(fmt::format("{}: {}; {}", quote(text), why, otherwise));
}

// The host part of a URL or of "user@host:port/path".
std::string_view find_host(std::string_view text) {
  if (const auto scheme = text.find("://"); scheme != std::string_view::npos) {
    text.remove_prefix(scheme + 3);
  }
  text = text.substr(0, text.find_first_of("/?#"));
  if (const auto user = text.rfind('@'); user != std::string_view::npos) {
    text.remove_prefix(user + 1);
  }
  return text.substr(0, text.find(':'));
}

bool looks_like_ipv6(std::string_view text) {
  if (text.starts_with('[')) return true;
  const std::string_view address = text.substr(0, text.find_first_of("/%"));
  return std::count(address.begin(), address.end(), ':') >= 2 &&
         consists_of(address, "0123456789abcdefABCDEF:.");
}

// Things that people write and that are no host name. Nothing when it is none of them.
std::optional<Error> find_other_notation(std::string_view text) {
  constexpr std::string_view kNameOnly = "write the host name only";
  const auto as_error = [](const tl::unexpected<Error>& error) { return error.value(); };
  const std::string_view host = find_host(text);
  if (text.contains("://")) return as_error(reject(text, "a URL", host, kNameOnly));
  if (looks_like_ipv6(text)) {
    return as_error(reject(text,
                           "an IPv6 address, and only IPv4 is forwarded; write the host name or "
                           "its IPv4 address"));
  }
  if (const auto slash = text.find('/'); slash != std::string_view::npos) {
    if (!parse_ipv4(text.substr(0, slash))) {
      return as_error(reject(text, "a path", host, kNameOnly));
    }
    if (text.substr(slash) == "/32") return as_error(reject(text, "a block", host, kNameOnly));
    return as_error(
        reject(text, "a block of addresses; list single addresses, or better the host names"));
  }
  if (text.contains('@')) return as_error(reject(text, "a user name", host, kNameOnly));
  if (text.contains(':')) {
    return as_error(reject(text, "a port; ports are those of the rule", host, kNameOnly));
  }
  return {};
}

// "arn:aws:ssm:region:account:parameter/name", "arn:aws:secretsmanager:region:account:secret:name"
// in any partition ("aws", "aws-cn", "aws-us-gov").
Result<void> check_arn(std::string_view text) {
  constexpr std::string_view kForms =
      "write the ARN of a parameter, \"arn:aws:ssm:REGION:ACCOUNT:parameter/NAME\", or of a "
      "secret, "
      "\"arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME\"";
  if (text.size() > kArnBytesMax) return reject(text, "an ARN of more than 2048 characters");
  const auto arn = parse_arn(text);
  if (!arn || arn->region.empty() || arn->account.empty()) {
    return reject(text, fmt::format("not a complete ARN; {}", kForms));
  }
  const auto names = [&](std::string_view service, std::string_view kind) {
    return arn->service == service && arn->resource.starts_with(kind) &&
           arn->resource.size() > kind.size();
  };
  const bool known_partition = arn->partition == "aws" || arn->partition.starts_with("aws-");
  if (!known_partition || (!names("ssm", "parameter/") && !names("secretsmanager", "secret:"))) {
    return reject(text, fmt::format("not the ARN of a list; {}", kForms));
  }
  return {};
}

Result<void> check_address(std::string_view text, Ipv4Address address) {
  if (const SpecialPrefix* special = find_special(address)) {
    return reject(text, fmt::format("a special address ({}), never reachable through the gateway; "
                                    "write a public address or a host name",
                                    special->what));
  }
  return {};
}

bool is_name_byte(char c) {
  return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-' || c == '_' || c == '.';
}

// What keeps the (folded) text from being a name or pattern.
Result<void> check_labels(std::string_view text, std::string_view shown) {
  for (const char c : text) {
    if (is_name_byte(c) || is_wildcard(c)) continue;
    return reject(shown, fmt::format("{} cannot stand in a host name; use letters, digits, \"-\", "
                                     "\"_\" and dots",
                                     quote({&c, 1})));
  }
  if (text.starts_with('.') && text.size() > 1) {
    return reject(shown, fmt::format("a dot at the beginning; write \"{}\" for the name itself or "
                                     "\"*{}\" for the names below it",
                                     cut_utf8(text.substr(1), 80), cut_utf8(text, 80)));
  }
  if (text.contains("..") || text.ends_with('.')) {
    return reject(shown, "an empty label; write one dot between two labels");
  }
  if (text.size() > DomainName::kBytesMax) {
    return reject(shown, "more than 253 characters; no host name is that long");
  }
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t end = std::min(rest.find('.'), rest.size());
    if (!is_satisfiable_label(rest.substr(0, end))) {
      return reject(shown, "a label of more than 63 characters; no host name has such a label");
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return {};
}

// Consecutive asterisks match what one matches.
std::string merge_asterisks(std::string text) {
  const auto both = [](char a, char b) { return a == '*' && b == '*'; };
  text.erase(std::unique(text.begin(), text.end(), both), text.end());
  return text;
}

// The A-labels of a name; a label with wildcards is left alone, so it has to be ASCII.
Result<std::string> convert_labels(std::string_view text) {
  if (is_ascii(text)) return *to_a_labels(text);
  if (!has_wildcard(text)) {
    // A compatibility mapping must not smuggle in a wildcard.
    if (auto ascii = to_a_labels(text); ascii && !has_wildcard(*ascii)) return *std::move(ascii);
    return reject(text, "not a valid internationalised name; write its A-labels (\"xn--…\")");
  }
  std::string converted;
  std::string_view rest = text;
  while (true) {
    const std::size_t dot = rest.find('.');
    const std::string_view label = rest.substr(0, dot);
    const bool free = has_wildcard(label);
    if (free && !is_ascii(label)) {
      return reject(text, "a label with a wildcard must be ASCII; write the rest as A-labels");
    }
    const auto ascii = to_a_labels(label);
    if (!ascii || (!free && ascii->find_first_of("*?.") != std::string::npos)) {
      return reject(text, "not a valid internationalised name; write its A-labels (\"xn--…\")");
    }
    converted += *ascii;
    if (dot == std::string_view::npos) return converted;
    converted += '.';
    rest.remove_prefix(dot + 1);
  }
}

}  // namespace

class MemberParser {
 public:
  static Result<Member> parse(std::string_view text) {
    if (text.empty()) return fail("an empty member; remove the extra comma");
    if (text.starts_with("arn:")) return parse_list(text);
    if (const auto address = parse_ipv4(text)) {
      return check_address(text, *address).map([&] { return make(MemberKind::Address, text); });
    }
    // The usual case first: a million of these must not cost more than reading them.
    if (const auto name = DomainName::parse(text)) return check_name(name->text(), text);
    if (auto error = find_other_notation(text)) return tl::unexpected<Error>(*std::move(error));
    auto folded = convert_labels(text);
    if (!folded) return tl::unexpected<Error>(std::move(folded.error()));
    return parse_folded(merge_asterisks(*std::move(folded)), text);
  }

 private:
  static Member make(MemberKind kind, std::string_view text) {
    Member member;
    member.kind_ = kind;
    std::copy(text.begin(), text.end(), member.bytes_.begin());
    member.size_ = static_cast<std::uint8_t>(text.size());
    return member;
  }

  static Result<Member> parse_list(std::string_view text) {
    return check_arn(text).map([&] {
      Member member;
      member.kind_ = MemberKind::List;
      member.list_ = text;
      return member;
    });
  }

  static Result<Member> check_name(std::string_view name, std::string_view shown) {
    const std::size_t dot = name.rfind('.');
    if (dot == std::string_view::npos) {
      return reject(shown, fmt::format("not a fully qualified name; write all of it, such as "
                                       "\"{}.example.com\"",
                                       name));
    }
    if (consists_of(name.substr(dot + 1), "0123456789")) {
      return reject(shown,
                    "not an IPv4 address; write four numbers from 0 to 255 without leading zeros");
    }
    return make(MemberKind::Name, name);
  }

  static Result<Member> parse_folded(std::string_view folded, std::string_view shown) {
    if (folded.size() > 1 && folded.ends_with('.')) folded.remove_suffix(1);
    if (auto checked = check_labels(folded, shown); !checked) {
      return tl::unexpected<Error>(std::move(checked.error()));
    }
    if (has_wildcard(folded)) {
      if (consists_of(folded, "0123456789.*?") &&
          folded.find_first_of("0123456789") != std::string_view::npos) {
        return reject(shown, "wildcards cover names, not addresses; list single addresses");
      }
      return make(MemberKind::Pattern, folded);
    }
    if (const auto name = DomainName::parse(folded)) return check_name(name->text(), shown);
    return reject(shown, "not a host name; write it as \"api.example.com\"");
  }
};

Result<Member> parse_member(std::string_view text) {
  return MemberParser::parse(text);
}

}  // namespace dn::policy
