// What a message must contain to pass the filters of a plan.
//
// A comparison `field = "text"` needs the text as a JSON string value when nothing else is equal to
// it: the field is discovered, and the text has not the shape of a number (numbers and booleans
// compare by value). Everything that is not such an equality asks for nothing. Too weak is fine,
// too strong would lose events: covered by insights_compile_test.cc, and with generated queries by
// insights_property_test.cc.
#pragma once

#include <set>

#include "query/insights_plan.h"

namespace dn::query::insights {

// `discovered`: the slots of fields that come from the message.
records::RequiredValues required_values(const std::vector<RowStep>& before,
                                        const std::set<std::uint32_t>& discovered);

}  // namespace dn::query::insights
