// Reading with a cap: the file may be a pipe, so that its size is known only by reading.
#include "cli/input.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "base/check.h"
#include "base/limits.h"
#include "base/readable.h"
#include "config/field_text.h"

namespace dn::cli {
namespace {

constexpr std::size_t kSuffixListBytesMax = 16UL << 20U;
constexpr std::size_t kChunkBytes = 1UL << 16U;

}  // namespace

std::string name_of_input(const std::string& path) {
  return path == "-" ? "standard input" : printable(path);
}

Result<std::istream*> open_input(const std::string& path, std::ifstream& file, World& world) {
  if (path == "-") return &world.in;
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    return fail(fmt::format("{}: this is a directory; name a file", name_of_input(path)));
  }
  file.open(path, std::ios::binary);
  if (!file) return fail(fmt::format("{}: {}", name_of_input(path), std::strerror(errno)));
  return &file;
}

Result<std::string> read_input(const std::string& path, std::size_t bytes_max, World& world) {
  std::ifstream file;
  const auto opened = open_input(path, file, world);
  if (!opened) return tl::unexpected(opened.error());
  std::istream& in = **opened;
  const std::string name = name_of_input(path);
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

Result<Document> read_document(std::string_view text, std::string name) {
  Document document;
  if (config::looks_like_json(text)) {
    auto cloud = config::parse_cloud_json(text, name);
    if (!cloud) return fail(fmt::format("{}: {}", name, cloud.error().message));
    document.kind = to_text(cloud->kind);
    document.from_cloud = true;
    document.policy.groups = std::move(cloud->groups);
    document.destinations = std::move(cloud->destinations);
    document.problems = std::move(cloud->problems);
  } else {
    auto loaded = config::load_config(text, name);
    document.kind = "configuration file";
    document.policy = std::move(loaded.policy);
    document.gateway = std::move(loaded.gateway);
    document.problems = std::move(loaded.problems);
  }
  document.name = std::move(name);
  return document;
}

std::optional<Document> load_document(const std::string& path, World& world) {
  auto document =
      read_input(path, limits::kPolicyFileBytesMax, world).and_then([&](const std::string& text) {
        return read_document(text, path == "-" ? "stdin" : printable(path));
      });
  if (document) return *std::move(document);
  world.err << "discriminat: " << document.error().message << "\n";
  return {};
}

std::optional<config::LoadedConfig> load_good_config(const std::string& path, World& world) {
  const auto text = read_input(path, limits::kPolicyFileBytesMax, world);
  if (!text) {
    world.err << "discriminat: " << text.error().message << "\n";
    return {};
  }
  auto loaded = config::load_config(*text, printable(path));
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
      text = fail(fmt::format("{}: {}", printable(path), suffixes.error().message));
    }
    world.err << "discriminat: " << text.error().message
              << "; the built-in public suffix list is used\n";
  }
  auto builtin = policy::PublicSuffixes::parse(policy::builtin_public_suffix_list());
  DN_CHECK(builtin.has_value(), "the built-in list is tested");
  return *std::move(builtin);
}

}  // namespace dn::cli
