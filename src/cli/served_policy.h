// The policy file that `discriminat serve --policy` shows in the console.
//
// Read again when the file has changed; one that cannot be read, or has mistakes, changes nothing.
// Any number of threads. Covered by served_policy_test.cc.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>

#include "cli/world.h"
#include "console/console.h"

namespace dn::cli {

class ServedPolicy {
 public:
  // Null where there is no good policy file: why is then on `world.err`.
  static std::unique_ptr<ServedPolicy> open(const std::string& path, World& world);
  std::shared_ptr<const console::PolicyInForce> get(Date today);

 private:
  using FileTime = std::filesystem::file_time_type;
  explicit ServedPolicy(std::string path) : path_(std::move(path)) {}
  void compile(policy::PolicyInput input, Date today);

  const std::string path_;
  std::shared_ptr<const policy::PublicSuffixes> suffixes_;
  std::mutex mutex_;
  FileTime read_;
  Date day_;
  std::shared_ptr<const console::PolicyInForce> policy_;
};

}  // namespace dn::cli
