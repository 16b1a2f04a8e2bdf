// The console's answers that look at the policy, at the flow log, or at both (review/).
//
// Each reads its JSON body strictly (logs/request_fields.h) and answers with what the command of
// the same name prints as JSON, so that both cannot differ. Bounds: review::kChosenNamesMax names,
// kPolicyTextMax bytes of policy in one answer, kUsageRowsMax rules in use; searches as
// log_search.h says, kSearchesMax at once. Covered by
// policy_answers_test.cc.
#pragma once

#include <atomic>
#include <string_view>

#include "console/console.h"
#include "logs/logs_service.h"

namespace dn::console {

inline constexpr std::size_t kPolicyTextMax = 8UL << 20U;
inline constexpr int kUsageRowsMax = 10'000;

// Borrowed for the call.
struct PolicyQuestion {
  const ConsoleSources& sources;
  logs::LogsService& logs;
  std::string_view group;
  std::function<Now()> clock;
  std::function<bool()> stopping;  // the program ends
  std::string_view query;          // of the target, behind '?'
  std::string_view body;
};

// `which` is the path behind /api/. `searches`: how many are under way.
logs::ServiceAnswer answer_policy_question(std::string_view which, const PolicyQuestion& question,
                                           std::atomic<int>& searches);

}  // namespace dn::console
