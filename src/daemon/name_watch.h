// NameWatch: tells the operator about names of rules that do not resolve, and what the others
// resolved to.
//
// A warning when a name first fails to give a usable address, a removal when it recovers; nothing
// at every refresh. Names that were only asked on demand are none of its business. Called on the
// resolver's thread and, for a new policy, on the main thread. Of the answers kNamesShownMax names
// are kept, in the order in which they came; any thread may read them. Covered by
// name_watch_test.cc.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "console/console.h"
#include "daemon/config_log.h"
#include "engine/effects.h"
#include "net/guarded.h"
#include "policy/policy_snapshot.h"

namespace dn::daemon {

class NameWatch {
 public:
  static constexpr std::size_t kNamesShownMax = 10'000;

  NameWatch(ConfigLog& log, bool allow_private) : log_(log), allow_private_(allow_private) {}

  void on_answer(const engine::DnsAnswer& answer);
  // Forgets the problems of names that no rule has any more.
  void on_policy(const policy::NameList& names);

  std::size_t problems() {
    return names_.with([](const Names& names) { return names.problems.size(); });
  }
  // Those that are kept, sorted.
  std::vector<console::ResolvedName> resolved();

 private:
  using Shown = std::shared_ptr<const console::ResolvedName>;
  // Both by name. on_answer() shall not wait: other threads only copy under the lock.
  struct Names {
    std::unordered_map<std::string, std::string> problems;
    std::unordered_map<std::string, Shown> shown;  // with their usable addresses
  };
  std::string problem_of(const engine::DnsAnswer& answer) const;
  void keep(const engine::DnsAnswer& answer, const std::string& problem, Names& names) const;

  ConfigLog& log_;
  bool allow_private_;
  net::Guarded<Names> names_;
};

}  // namespace dn::daemon
