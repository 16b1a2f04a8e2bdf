// What an InsightsQuery holds.
#pragma once

#include "query/insights.h"
#include "query/insights_plan.h"

namespace dn::query {

struct InsightsQuery::Plan : insights::Plan {};

}  // namespace dn::query
