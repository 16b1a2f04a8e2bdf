// PolicyKeeper: the policy, from the local file or from the cloud, compiled off the packet path,
// published whole.
//
// The file is watched. One that cannot be read or has mistakes changes nothing: the previous good
// policy stays, and the config log says what is wrong, once. With another source the file holds
// settings only. Used by the main thread only, but for in_force().
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/config_file.h"
#include "console/console.h"
#include "daemon/config_log.h"
#include "net/guarded.h"
#include "policy/policy_snapshot.h"

namespace dn::daemon {

using Snapshot = std::shared_ptr<const policy::PolicySnapshot>;

// The whole text of a file, at most limits::kPolicyFileBytesMax.
Result<std::string> read_config_text(const std::string& path);

// The built-in list, or the one that the settings name.
Result<policy::PublicSuffixes> load_public_suffixes(const config::GatewaySettings& settings);

class PolicyKeeper {
 public:
  PolicyKeeper(std::string path, config::GatewaySettings settings, policy::PublicSuffixes suffixes,
               ConfigLog& log, std::function<void(const policy::CompiledPolicy&)> publish)
      : path_(std::move(path)),
        settings_(std::move(settings)),
        told_settings_(settings_),
        suffixes_(std::make_shared<const policy::PublicSuffixes>(std::move(suffixes))),
        log_(log),
        publish_(std::move(publish)) {}

  // Compiles and publishes what was loaded at the start.
  void start(policy::PolicyInput input, Date today);

  // With another source than the file: nothing is published before the first take().
  void start_without_policy(Date today);
  // Compiles and publishes what another source than the file has now.
  void take(policy::PolicyInput input, Date today) { compile(std::move(input), today); }

  // Looks whether the file has changed, or the day (a see-thru date may have passed).
  void look(Date today);

  // Compiles and publishes the same policy with these revocation lists, which stay for later ones.
  void set_crls(std::vector<policy::HostCrls> crls, Date today);

  // What was published last, for any thread; null before that.
  std::shared_ptr<const console::PolicyInForce> in_force() {
    return in_force_.with([](const auto& policy) { return policy; });
  }
  std::uint64_t revision() const { return revision_; }
  std::size_t findings() const { return findings_.size(); }
  std::size_t problems() const { return findings_.problems().size(); }
  bool file_broken() const { return !last_complaint_.empty(); }

 private:
  struct FileState {
    std::filesystem::file_time_type modified;
    std::uintmax_t size = 0;
    std::uint64_t inode = 0;
    bool operator==(const FileState&) const = default;
  };
  std::optional<FileState> file_state() const;
  bool from_file() const { return settings_.source == config::PolicySource::File; }
  // Of a file that ignores them none are known; the cloud's preferences may change.
  bool takes_crls(const policy::PolicyInput& input) const {
    return !from_file() || input.preferences.x509_crls != policy::X509Crls::Ignore;
  }
  void reload(Date today);
  void compile(policy::PolicyInput input, Date today);
  void publish(policy::PolicyInput input, Date today);
  void complain(const std::string& text);

  std::string path_;
  const config::GatewaySettings settings_;
  config::GatewaySettings told_settings_;  // of the file as it was read last
  std::shared_ptr<const policy::PublicSuffixes> suffixes_;
  ConfigLog& log_;
  std::function<void(const policy::CompiledPolicy&)> publish_;
  net::Guarded<std::shared_ptr<const console::PolicyInForce>> in_force_;
  std::vector<policy::HostCrls> crls_;
  policy::Findings findings_;
  std::optional<FileState> seen_;
  Date looked_on_{};
  std::string last_complaint_;
  std::uint64_t revision_ = 0;
};

}  // namespace dn::daemon
