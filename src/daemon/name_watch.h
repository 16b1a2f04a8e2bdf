// NameWatch: tells the operator about names of rules that do not resolve.
//
// A warning when a name first fails to give a usable address, a removal when it recovers; nothing
// at every refresh. Names that were only asked on demand are none of its business. Called on the
// resolver's thread and, for a new policy, on the main thread.
#pragma once

#include <string>
#include <unordered_map>

#include "daemon/config_log.h"
#include "engine/effects.h"
#include "net/guarded.h"
#include "policy/policy_snapshot.h"

namespace dn::daemon {

class NameWatch {
 public:
  NameWatch(ConfigLog& log, bool allow_private) : log_(log), allow_private_(allow_private) {}

  void on_answer(const engine::DnsAnswer& answer);
  // Forgets the problems of names that no rule has any more.
  void on_policy(const policy::NameList& names);

  std::size_t problems() {
    return problems_.with([](const auto& problems) { return problems.size(); });
  }

 private:
  std::string problem_of(const engine::DnsAnswer& answer) const;

  ConfigLog& log_;
  bool allow_private_;
  net::Guarded<std::unordered_map<std::string, std::string>> problems_;  // by name
};

}  // namespace dn::daemon
