// Reading with a cap: the file may be a pipe, so that its size is known only by reading.
#include "cli/input.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <utility>

#include "base/check.h"
#include "base/limits.h"
#include "config/field_text.h"

namespace dn::cli {
namespace {

constexpr std::size_t kSuffixListBytesMax = 16UL << 20U;
constexpr std::size_t kChunkBytes = 1UL << 16U;

}  // namespace

Result<std::string> read_input(const std::string& path, std::size_t bytes_max, World& world) {
  std::ifstream file;
  const bool standard = path == "-";
  const std::string name = standard ? "standard input" : config::printable(path);
  if (!standard) {
    std::error_code error;
    if (std::filesystem::is_directory(path, error)) {
      return fail(fmt::format("{}: this is a directory; name a file", name));
    }
    file.open(path, std::ios::binary);
    if (!file) return fail(fmt::format("{}: {}", name, std::strerror(errno)));
  }
  std::istream& in = standard ? world.in : file;
  std::string text;
  while (in && text.size() <= bytes_max) {
    const std::size_t size = text.size();
    text.resize(size + kChunkBytes);
    in.read(text.data() + size, static_cast<std::streamsize>(kChunkBytes));
    text.resize(size + static_cast<std::size_t>(in.gcount()));
  }
  if (in.bad()) return fail(fmt::format("{}: reading failed", name));
  if (text.size() > bytes_max) {
    return fail(fmt::format("{}: longer than {} bytes, which is the most", name, bytes_max));
  }
  return text;
}

std::optional<config::LoadedConfig> load_good_config(const std::string& path, World& world) {
  const auto text = read_input(path, limits::kPolicyFileBytesMax, world);
  if (!text) {
    world.err << "discriminat: " << text.error().message << "\n";
    return {};
  }
  auto loaded = config::load_config(*text, config::printable(path));
  if (!loaded.has_errors()) return loaded;
  for (const auto& problem : loaded.problems) world.err << to_text(problem) << "\n";
  return {};
}

std::optional<std::string> find_state_dir(const std::string& config, World& world) {
  if (config.empty()) return config::GatewaySettings().state_dir;
  const auto text = read_input(config, limits::kPolicyFileBytesMax, world);
  if (!text) {
    world.err << "discriminat: " << text.error().message << "\n";
    return {};
  }
  // A gateway keeps running on its last good file, so errors elsewhere in this one do not matter.
  return config::load_config(*text, config).gateway.state_dir;
}

policy::PublicSuffixes load_suffixes(const std::string& path, World& world) {
  if (!path.empty()) {
    auto text = read_input(path, kSuffixListBytesMax, world);
    if (text) {
      auto suffixes = policy::PublicSuffixes::parse(*text);
      if (suffixes) return *std::move(suffixes);
      text = fail(fmt::format("{}: {}", config::printable(path), suffixes.error().message));
    }
    world.err << "discriminat: " << text.error().message
              << "; the built-in public suffix list is used\n";
  }
  auto builtin = policy::PublicSuffixes::parse(policy::builtin_public_suffix_list());
  DN_CHECK(builtin.has_value(), "the built-in list is tested");
  return *std::move(builtin);
}

}  // namespace dn::cli
