#include "daemon/api_keys.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "base/ascii.h"
#include "base/secret.h"
#include "net/file_descriptor.h"

namespace dn::daemon {
namespace {

constexpr std::size_t kKeyIdBytesMax = 128;
constexpr mode_t kOthersBits = S_IRWXG | S_IRWXO;

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

std::string_view take_word(std::string_view& line) {
  line.remove_prefix(
      std::min(static_cast<std::size_t>(std::ranges::find_if_not(line, is_blank) - line.begin()),
               line.size()));
  const auto end = static_cast<std::size_t>(std::ranges::find_if(line, is_blank) - line.begin());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(end);
  return word;
}

// What a signature's scope can carry.
bool is_key_id(std::string_view word) {
  return word.size() <= kKeyIdBytesMax && std::ranges::all_of(word, [](char c) {
           return is_digit(c) || is_letter(c) || c == '-' || c == '_' || c == '.';
         });
}

tl::unexpected<Error> file_error(const std::string& path) {
  return fail(fmt::format("{}: {}", path, std::generic_category().message(errno)));
}

}  // namespace

Result<std::vector<aws::Credentials>> parse_api_keys(std::string_view text, std::string_view name) {
  std::vector<aws::Credentials> keys;
  std::size_t number = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
    const std::string_view id = take_word(line);
    if (id.empty() || id.starts_with('#')) continue;
    const std::string_view secret = take_word(line);
    if (secret.empty() || !take_word(line).empty() || !is_key_id(id)) {
      return fail(fmt::format("{}:{}: write one key per line: ACCESS_KEY_ID SECRET", name, number));
    }
    if (keys.size() == kKeysMax) {
      return fail(fmt::format("{}:{}: write at most {} keys", name, number, kKeysMax));
    }
    keys.push_back({std::string(id), std::string(secret), ""});
  }
  if (keys.empty()) {
    return fail(fmt::format("{}: it holds no keys; write lines ACCESS_KEY_ID SECRET", name));
  }
  return keys;
}

Result<std::vector<aws::Credentials>> read_api_keys(const std::string& path) {
  const net::FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.is_open()) return file_error(path);
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return file_error(path);
  if (!S_ISREG(status.st_mode)) return fail(fmt::format("{}: this is no ordinary file", path));
  if ((status.st_mode & kOthersBits) != 0) {
    return fail(
        fmt::format("{}: its group or others may use it (mode {:04o}), so its keys are no secret; "
                    "`chmod 600 {}`",
                    path, status.st_mode & 07777U, path));
  }
  if (status.st_uid != ::geteuid() && status.st_uid != 0) {
    return fail(
        fmt::format("{}: it belongs to another user; `chown {} {}`", path, ::geteuid(), path));
  }
  std::string text(kKeysFileBytesMax + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = ::read(file.get(), text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return file_error(path);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  if (size > kKeysFileBytesMax) {
    return fail(fmt::format("{}: more than {} bytes are no list of keys", path, kKeysFileBytesMax));
  }
  return parse_api_keys(std::string_view(text).substr(0, size), path);
}

bool is_api_key(const std::vector<aws::Credentials>& keys, std::string_view id,
                std::string_view secret) {
  return std::ranges::any_of(keys, [&](const aws::Credentials& key) {
    return key.access_key_id == id && equal_secrets(key.secret_access_key, secret);
  });
}

}  // namespace dn::daemon
