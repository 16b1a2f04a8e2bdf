// For tests: a policy of two groups and two clients, and lines of the flow log that fit it.
//
// 10.0.1.10 has sg-web (api.example.com, *.wild.example on 443), 10.0.1.11 has sg-learning (a
// see-thru that is far from over).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "console/console.h"

namespace dn::console::testing {

std::shared_ptr<const PolicyInForce> small_policy();

// Two allowed by sg-web, one refused, one let through by the see-thru; a minute each, from
// 2026-11-22T03:10:00Z.
std::vector<std::string> small_flow_log();

}  // namespace dn::console::testing
