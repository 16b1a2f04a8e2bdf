#include "aws/secrets.h"

#include <boost/json.hpp>

#include "aws/json_fields.h"

namespace dn::aws {

ServiceResult<Secret> Secrets::get_secret_value(const std::string& id) {
  const boost::json::object input = {{"SecretId", id}};
  const auto body = client_.call("GetSecretValue", boost::json::serialize(input));
  if (!body) return tl::unexpected(body.error());
  const auto answer = parse_object(*body);
  if (!answer || !answer->contains("SecretString")) {
    return odd_answer("the secret is no text; store it as a string");
  }
  return Secret{text_member(*answer, "SecretString"), text_member(*answer, "VersionId")};
}

}  // namespace dn::aws
