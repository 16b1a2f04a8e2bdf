#include "aws/ssm.h"

#include <boost/json.hpp>

#include "aws/json_fields.h"

namespace dn::aws {

ServiceResult<Parameter> Ssm::get_parameter(const std::string& name) {
  const boost::json::object input = {{"Name", name}, {"WithDecryption", true}};
  const auto body = client_.call("GetParameter", boost::json::serialize(input));
  if (!body) return tl::unexpected(body.error());
  const auto answer = parse_object(*body);
  const auto* found = answer ? object_member(*answer, "Parameter") : nullptr;
  if (found == nullptr || !found->contains("Value")) {
    return odd_answer("the answer has no parameter; is this Systems Manager?");
  }
  return Parameter{text_member(*found, "Value"), number_member(*found, "Version").value_or(0)};
}

}  // namespace dn::aws
