// ConfigLog: writes the config stream: what the gateway took in, one line per change.
//
// Thread-safe. Equal problems are logged when they appear and when they go, not at every look.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policy/policy_snapshot.h"
#include "records/flow_record.h"
#include "store/log_store.h"

namespace dn::daemon {

class ConfigLog {
 public:
  ConfigLog(store::LogStore& store, std::string instance)
      : store_(store),
        instance_(std::move(instance)) {}

  // The lines that lead from the findings written before to these.
  void write_changes(const policy::Findings& before, const policy::Findings& after);
  // A line about the gateway itself; `outcome` is accepted, removed, rejected or warning.
  void write_self(std::string_view outcome, std::string_view reason);
  // The lines that lead from the problems told before to these, each once; both sorted.
  void write_problems(const std::vector<std::string>& before,
                      const std::vector<std::string>& after);
  // A line about a name, for example one that does not resolve.
  void write_name(std::string_view outcome, std::string_view name, std::string_view reason);

 private:
  void write(const records::ConfigRecord& record);

  store::LogStore& store_;
  std::string instance_;
};

}  // namespace dn::daemon
