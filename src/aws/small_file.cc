#include "aws/small_file.h"

#include <fmt/format.h>

#include <cerrno>
#include <fstream>
#include <system_error>

namespace dn::aws {

Result<std::string> read_small_file(const std::string& path) {
  if (path.empty()) return std::string();
  std::ifstream file(path, std::ios::binary);
  if (!file.is_open()) {
    if (errno == ENOENT || errno == ENOTDIR) return std::string();
    return fail(fmt::format("{}: {}", path, std::generic_category().message(errno)));
  }
  std::string text(kSmallFileBytesMax + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) return fail(fmt::format("{}: cannot be read", path));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > kSmallFileBytesMax) {
    return fail(fmt::format("{}: larger than {} bytes", path, kSmallFileBytesMax));
  }
  return text;
}

}  // namespace dn::aws
