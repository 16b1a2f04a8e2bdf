#include "daemon/policy_keeper.h"

#include <sys/stat.h>

#include <fstream>
#include <sstream>

#include "base/limits.h"

namespace dn::daemon {

Result<std::string> read_config_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(path + ": cannot be opened; check the path and its permissions");
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  if (!error && size > limits::kPolicyFileBytesMax) return fail(path + ": larger than 256 MiB");
  std::ostringstream text;
  text << file.rdbuf();
  if (file.bad()) return fail(path + ": cannot be read to its end");
  return std::move(text).str();
}

Result<policy::PublicSuffixes> load_public_suffixes(const config::GatewaySettings& settings) {
  if (settings.public_suffix_list.empty()) {
    return policy::PublicSuffixes::parse(policy::builtin_public_suffix_list());
  }
  auto text = read_config_text(settings.public_suffix_list);
  if (!text) return tl::unexpected(text.error());
  return policy::PublicSuffixes::parse(*text);
}

std::optional<PolicyKeeper::FileState> PolicyKeeper::file_state() const {
  struct stat status{};
  if (stat(path_.c_str(), &status) != 0) return {};
  FileState state;
  std::error_code error;
  state.modified = std::filesystem::last_write_time(path_, error);
  state.size = static_cast<std::uintmax_t>(status.st_size);
  state.inode = status.st_ino;
  return state;
}

void PolicyKeeper::start(policy::PolicyInput input, Date today) {
  seen_ = file_state();
  looked_on_ = today;
  compile(std::move(input), today);
}

void PolicyKeeper::start_without_policy(Date today) {
  seen_ = file_state();
  looked_on_ = today;
}

void PolicyKeeper::look(Date today) {
  if (!from_file() && today != looked_on_) {
    looked_on_ = today;
    if (input_) publish(*input_, today);
  }
  const auto state = file_state();
  if (!state) {
    if (seen_) complain(path_ + ": is gone; the previous policy stays in force");
    seen_.reset();
    return;
  }
  if (state == seen_ && today == looked_on_) return;
  seen_ = state;
  looked_on_ = today;  // a broken file is read once, not in every round of the new day
  reload(today);
}

void PolicyKeeper::reload(Date today) {
  const auto text = read_config_text(path_);
  if (!text) {
    complain(text.error().message);
    return;
  }
  config::LoadedConfig loaded = config::load_config(*text, path_);
  if (loaded.has_errors()) {
    std::string all;
    for (const auto& problem : loaded.problems) {
      if (problem.severity != config::ConfigProblem::Severity::Error) continue;
      if (!all.empty()) all += " | ";
      all += config::to_text(problem);
    }
    complain(all + " | the previous policy stays in force");
    return;
  }
  for (const auto& problem : loaded.problems) log_.write_self("warning", to_text(problem));
  if (!last_complaint_.empty()) {
    log_.write_self("accepted", path_ + ": readable and without mistakes again");
    last_complaint_.clear();
  }
  if (!(loaded.gateway == told_settings_)) {
    log_.write_self(
        "warning", "[gateway], [dns], [api] or [aws] settings have changed; restart to apply them");
    told_settings_ = loaded.gateway;
  }
  // A file that names another source now has no policy for this one.
  if (from_file() && loaded.gateway.source == settings_.source) {
    compile(std::move(loaded.policy), today);
  }
}

void PolicyKeeper::compile(policy::PolicyInput input, Date today) {
  if (from_file() && input.preferences.x509_crls == policy::X509Crls::Ignore) {
    input_.reset();
    publish(input, today);
    return;
  }
  input.crls = crls_;
  input_ = std::move(input);
  publish(*input_, today);
}

void PolicyKeeper::set_crls(std::vector<policy::HostCrls> crls, Date today) {
  crls_ = std::move(crls);
  if (!input_) return;
  input_->crls = crls_;
  publish(*input_, today);
}

void PolicyKeeper::publish(const policy::PolicyInput& input, Date today) {
  policy::CompiledPolicy compiled = policy::compile_policy(input, suffixes_, today);
  ++revision_;
  clients_ = input.clients.size();
  groups_ = input.groups.size();
  publish_(compiled);
  log_.write_changes(findings_, compiled.findings);
  findings_ = std::move(compiled.findings);
}

void PolicyKeeper::complain(const std::string& text) {
  if (text == last_complaint_) return;
  last_complaint_ = text;
  log_.write_self("warning", text);
}

}  // namespace dn::daemon
