#include "aws/credentials.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "aws/small_file.h"
#include "base/ascii.h"

namespace dn::aws {
namespace {

// What makes a profile one whose credentials are elsewhere.
constexpr std::array<std::string_view, 6> kElsewhere = {
    "credential_process", "credential_source", "role_arn",
    "sso_session",        "sso_start_url",     "web_identity_token_file"};

constexpr std::string_view kBlanks = " \t\r";

std::string profile_of(std::string_view header) {
  header = trimmed(header.substr(1, header.find(']') - 1), kBlanks);
  if (header.starts_with("profile ") || header.starts_with("profile\t")) {
    header = trimmed(header.substr(8), kBlanks);
  }
  if (header.size() > 1 && header.starts_with('"') && header.ends_with('"')) {
    header = header.substr(1, header.size() - 2);
  }
  return std::string(header);
}

// Where a file is: the variable, or a path below the home directory. Empty: nowhere.
std::string file_path(const Environment& environment, const char* variable, const char* below) {
  if (const auto named = environment(variable)) return *named;
  const auto home = environment("HOME");
  return home ? *home + below : std::string();
}

using Profile = std::map<std::string, std::string>;

std::string value_of(const Profile& profile, const std::string& key) {
  const auto found = profile.find(key);
  return found == profile.end() ? std::string() : found->second;
}

Result<std::optional<Credentials>> pair_up(const std::string& id, const std::string& secret,
                                           const std::string& token, std::string_view where) {
  if (id.empty() && secret.empty()) return std::nullopt;
  if (id.empty() || secret.empty()) {
    return fail(fmt::format(
        "{} has an access key id or a secret access key alone; set both, or none", where));
  }
  return Credentials{id, secret, token};
}

struct SharedFiles {
  std::string credentials_path, config_path;
  Profiles credentials, config;

  static Result<SharedFiles> read(const Environment& environment) {
    SharedFiles files;
    files.credentials_path =
        file_path(environment, "AWS_SHARED_CREDENTIALS_FILE", "/.aws/credentials");
    files.config_path = file_path(environment, "AWS_CONFIG_FILE", "/.aws/config");
    const auto credentials = read_small_file(files.credentials_path);
    if (!credentials) return tl::unexpected(credentials.error());
    const auto config = read_small_file(files.config_path);
    if (!config) return tl::unexpected(config.error());
    files.credentials = parse_profiles(*credentials);
    files.config = parse_profiles(*config);
    return files;
  }
};

Result<std::optional<Credentials>> credentials_of(const SharedFiles& files,
                                                  const std::string& name) {
  for (const auto* file : {&files.credentials, &files.config}) {
    const auto found = file->find(name);
    if (found == file->end()) continue;
    auto pair = pair_up(value_of(found->second, "aws_access_key_id"),
                        value_of(found->second, "aws_secret_access_key"),
                        value_of(found->second, "aws_session_token"),
                        fmt::format("the profile \"{}\"", name));
    if (!pair || *pair) return pair;
  }
  for (const auto* file : {&files.credentials, &files.config}) {
    const auto found = file->find(name);
    if (found == file->end()) continue;
    for (const std::string_view key : kElsewhere) {
      if (!found->second.contains(std::string(key))) continue;
      return fail(fmt::format(
          "the profile \"{}\" gets its credentials by {}, which is not done here; put temporary "
          "ones "
          "into the environment, as `aws configure export-credentials --profile {} --format env` "
          "prints them",
          name, key, name));
    }
  }
  return std::nullopt;
}

}  // namespace

Environment process_environment() {
  return [](const char* name) -> std::optional<std::string> {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') return {};
    return value;
  };
}

Profiles parse_profiles(std::string_view text) {
  Profiles profiles;
  Profile* current = nullptr;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.starts_with('#') || line.starts_with(';')) continue;
    if (line.starts_with('[')) {
      const bool closed = line.contains(']');
      const std::string name = closed ? profile_of(line) : "";
      const bool other = name.starts_with("sso-session ") || name.starts_with("services ");
      current = name.empty() || other ? nullptr : &profiles[name];
      continue;
    }
    // An indented line belongs to a nested setting.
    const std::size_t equals = line.find('=');
    if (current == nullptr || equals == std::string_view::npos || trimmed(line, kBlanks).empty() ||
        line.front() == ' ' || line.front() == '\t') {
      continue;
    }
    (*current)[lowered(trimmed(line.substr(0, equals), kBlanks))] =
        trimmed(line.substr(equals + 1), kBlanks);
  }
  return profiles;
}

Result<Identity> find_identity(const Environment& environment, const std::string& profile) {
  const auto variable = [&](const char* name) { return environment(name).value_or(""); };
  const std::string by_variable = variable("AWS_PROFILE");
  const std::string name = !profile.empty()       ? profile
                           : !by_variable.empty() ? by_variable
                                                  : "default";
  const auto files = SharedFiles::read(environment);
  if (!files) return tl::unexpected(files.error());
  const bool known = files->credentials.contains(name) || files->config.contains(name);
  if (!known && (!profile.empty() || !by_variable.empty())) {
    return fail(fmt::format("the profile \"{}\" is neither in {} nor in {}", name,
                            files->credentials_path, files->config_path));
  }
  Identity identity;
  if (profile.empty()) {
    auto found = pair_up(variable("AWS_ACCESS_KEY_ID"), variable("AWS_SECRET_ACCESS_KEY"),
                         variable("AWS_SESSION_TOKEN"), "the environment");
    if (!found) return tl::unexpected(found.error());
    identity.credentials = *std::move(found);
  }
  if (!identity.credentials) {
    auto found = credentials_of(*files, name);
    if (!found) return tl::unexpected(found.error());
    identity.credentials = *std::move(found);
  }
  identity.region = variable("AWS_REGION");
  if (identity.region.empty()) identity.region = variable("AWS_DEFAULT_REGION");
  for (const auto* file : {&files->config, &files->credentials}) {
    const auto found = file->find(name);
    if (identity.region.empty() && found != file->end()) {
      identity.region = value_of(found->second, "region");
    }
  }
  return identity;
}

}  // namespace dn::aws
