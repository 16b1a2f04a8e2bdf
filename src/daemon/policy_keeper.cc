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
    if (const auto policy = in_force()) publish(policy->input, today);
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
  if (takes_crls(input)) input.crls = crls_;
  publish(std::move(input), today);
}

void PolicyKeeper::set_crls(std::vector<policy::HostCrls> crls, Date today) {
  crls_ = std::move(crls);
  const auto policy = in_force();
  if (policy && takes_crls(policy->input)) compile(policy->input, today);
}

void PolicyKeeper::publish(policy::PolicyInput input, Date today) {
  policy::CompiledPolicy compiled = policy::compile_policy(input, *suffixes_, today);
  ++revision_;
  auto policy = std::make_shared<const console::PolicyInForce>(
      console::PolicyInForce{.input = std::move(input),
                             .snapshot = compiled.snapshot,
                             .suffixes = suffixes_,
                             .from_cloud = !from_file(),
                             .file = path_,
                             .revision = revision_});
  // The old one is freed at the end: that may take a while, and others wait for the new one.
  in_force_.with([&](auto& published) { published.swap(policy); });
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
