// One walk over the lines, front to back. Each line is judged by its own bytes only, so an answer
// never changes when more bytes come.
//
// Attacks considered: text before a client's banner, which servers refuse but a lax reader would
// skip; control bytes, NUL and escape sequences that end up in a log; a banner that never ends; an
// endless preamble. A TLS or HTTP answer to an SSH client is told apart at once (NUL bytes, a
// status line) instead of being waited out.
#include "wire/ssh.h"

#include <algorithm>

#include "base/limits.h"

namespace dn::wire {
namespace {

using Result = ParseResult<SshBanner>;

constexpr std::string_view kPrefix = "SSH-";

bool can_become(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix.substr(0, text.size());
}

bool is_printable(char c) {
  return c >= 0x20 && c <= 0x7e;
}

// "2.0", "1.99": digits around one dot.
bool is_version(std::string_view text) {
  const std::size_t dot = text.find('.');
  constexpr std::string_view kDigits = "0123456789";
  return dot != std::string_view::npos && dot > 0 && dot + 1 < text.size() &&
         text.find_first_not_of(kDigits) == dot &&
         text.find_first_not_of(kDigits, dot + 1) == std::string_view::npos;
}

// `text` starts with a banner (RFC 4253 section 4.2): "SSH-" version "-" software [SP comments].
// An empty software version passes, as some small implementations send none.
Result read_banner(std::string_view text, std::size_t before, Side side) {
  const std::string_view window = text.substr(0, limits::kSshBannerBytesMax);
  const std::size_t end = window.find('\n');
  std::string_view line = window.substr(0, end);
  // A CR is the line's end or nothing; as the last byte so far it may still become either.
  if (line.ends_with('\r')) line.remove_suffix(1);
  const std::size_t dash = line.find('-', kPrefix.size());
  const std::string_view version =
      line.substr(kPrefix.size(), std::min(dash, line.size()) - kPrefix.size());
  const bool has_version = dash != std::string_view::npos && is_version(version);
  const SshBanner banner{
      .version = has_version ? version : std::string_view(),
      .line = line,
      .acceptable = version == "2.0" || (side == Side::Server && version == "1.99")};
  if (!std::ranges::all_of(line, is_printable))
    return Result::malformed(Reason::SshBannerMalformed, banner);
  if (end == std::string_view::npos && text.size() < limits::kSshBannerBytesMax)
    return Result::need_more();
  if (end == std::string_view::npos || !has_version)
    return Result::malformed(Reason::SshBannerMalformed, banner);
  return Result::done(banner, before + end + 1);
}

}  // namespace

ParseResult<SshBanner> parse_ssh_banner(ByteSpan stream, Side side) {
  std::string_view rest = as_text(stream);
  if (side == Side::Client) {
    if (!can_become(rest, kPrefix)) return Result::not_this();
    return rest.size() < kPrefix.size() ? Result::need_more() : read_banner(rest, 0, side);
  }
  // Other lines of a server "MUST NOT begin with 'SSH-'", and one that answers HTTP never will.
  constexpr std::string_view kOtherProtocol = "HTTP/";
  if (rest.starts_with(kOtherProtocol)) return Result::not_this();
  std::size_t before = 0;
  for (std::size_t lines = 0;; ++lines) {
    if (rest.starts_with(kPrefix)) return read_banner(rest, before, side);
    if (rest.empty() || can_become(rest, kPrefix)) return Result::need_more();
    const std::size_t room = limits::kSshPreBannerBytesMax - before;
    const std::string_view window = rest.substr(0, room);
    const std::size_t end = window.find('\n');
    if (window.substr(0, end).find('\0') != std::string_view::npos) return Result::not_this();
    if (end == std::string_view::npos && rest.size() < room) return Result::need_more();
    if (end == std::string_view::npos || lines == limits::kSshPreBannerLinesMax)
      return Result::malformed(Reason::SshBannerMalformed);
    before += end + 1;
    rest.remove_prefix(end + 1);
  }
}

}  // namespace dn::wire
