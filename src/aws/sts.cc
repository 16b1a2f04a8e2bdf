#include "aws/sts.h"

#include <fmt/format.h>

#include "aws/xml.h"

namespace dn::aws {

ServiceResult<TemporaryCredentials> Sts::assume_role(const AssumedRole& role) {
  QueryParameters parameters = {{"RoleArn", role.role_arn},
                                {"RoleSessionName", role.session_name},
                                {"DurationSeconds", fmt::to_string(role.duration.count())}};
  if (!role.external_id.empty()) parameters.emplace_back("ExternalId", role.external_id);
  const auto body = client_.call("AssumeRole", parameters);
  if (!body) return tl::unexpected(body.error());
  const auto document = XmlDocument::parse(*body);
  if (!document) return odd_answer(document.error().message);
  const XmlElement given = document->root().child("AssumeRoleResult").child("Credentials");
  TemporaryCredentials found;
  found.keys.access_key_id = given.text_of("AccessKeyId");
  found.keys.secret_access_key = given.text_of("SecretAccessKey");
  found.keys.session_token = given.text_of("SessionToken");
  found.expiration = parse_iso_time(given.text_of("Expiration"));
  if (found.keys.access_key_id.empty() || found.keys.secret_access_key.empty() ||
      found.keys.session_token.empty() || !found.expiration) {
    return odd_answer("the answer has no complete credentials; is this STS?");
  }
  return found;
}

}  // namespace dn::aws
