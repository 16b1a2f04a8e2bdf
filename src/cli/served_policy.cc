#include "cli/served_policy.h"

#include <sstream>
#include <utility>

#include "cli/input.h"

namespace dn::cli {

std::unique_ptr<ServedPolicy> ServedPolicy::open(const std::string& path, World& world) {
  std::unique_ptr<ServedPolicy> served(new ServedPolicy(path));
  std::error_code error;
  served->read_ = std::filesystem::last_write_time(path, error);
  auto loaded = load_good_config(path, world);
  if (!loaded) return nullptr;
  if (loaded->gateway.source != config::PolicySource::File) {
    world.err << "discriminat: " << name_of_input(path)
              << ": its policy is in the cloud; name a file that holds one\n";
    return nullptr;
  }
  served->suffixes_ = std::make_shared<const policy::PublicSuffixes>(
      load_suffixes(loaded->gateway.public_suffix_list, world));
  served->day_ = world.today;
  served->compile(std::move(loaded->policy), world.today);
  return served;
}

std::shared_ptr<const console::PolicyInForce> ServedPolicy::get(Date today) {
  const std::lock_guard lock(mutex_);
  std::error_code error;
  const FileTime now = std::filesystem::last_write_time(path_, error);
  if (error || (now == read_ && today == day_)) return policy_;
  read_ = now;
  day_ = today;
  std::istringstream nothing;
  std::ostringstream unheard;
  World world{.in = nothing, .out = unheard, .err = unheard, .today = today, .now = {}};
  auto loaded = load_good_config(path_, world);
  const bool good = loaded && loaded->gateway.source == config::PolicySource::File;
  if (good) compile(std::move(loaded->policy), today);
  return policy_;
}

void ServedPolicy::compile(policy::PolicyInput input, Date today) {
  auto compiled = policy::compile_policy(input, *suffixes_, today);
  policy_ = std::make_shared<const console::PolicyInForce>(
      console::PolicyInForce{.input = std::move(input),
                             .snapshot = std::move(compiled.snapshot),
                             .suffixes = suffixes_,
                             .from_cloud = false,
                             .file = path_,
                             .revision = policy_ ? policy_->revision + 1 : 1});
}

}  // namespace dn::cli
